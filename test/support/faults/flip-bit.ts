import { closeSync, fstatSync, openSync, readdirSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RandomSource } from '../workload/random-source.ts';

/** Files of a store with this ending, `.pack` or `.segment`. */
export function storeFiles(folder: string, ending: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .toSorted();
}

/** Turns one bit of a file around, at a place at random; gives back which byte it is in. */
export function flipBit(path: string, random: RandomSource): number {
  const file = openSync(path, 'r+');
  try {
    const at = random.below(fstatSync(file).size);
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ (1 << random.below(8));
    writeSync(file, byte, 0, 1, at);
    return at;
  } finally {
    closeSync(file);
  }
}
