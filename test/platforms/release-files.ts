import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildFacts } from '../../build/build-facts.ts';
import { dist } from '../../build/paths.ts';

export const releaseFolder = join(dist, 'executables');
export const { version } = buildFacts();

/** Bytes of a file that `make executables` made: `releaseFile('linux-arm64')`, `releaseFile('win-x64.exe')`. */
export function releaseFile(target: string, product = 'leafward'): Buffer {
  const path = join(releaseFolder, `${product}-${version}-${target}`);
  if (!existsSync(path)) throw new Error(`there is no ${path}: run "make executables"`);
  return readFileSync(path);
}
