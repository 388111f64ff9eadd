import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** A test file that never ran here takes about as long as others of its folder. */
const usualMs: Readonly<Record<string, number>> = { app: 20_000, pages: 20_000, integration: 15_000, contract: 3000 };

/** How long each test file took when it ran last, in milliseconds. Only the order of the files depends on it. */
export function readRunTimes(path: string): Map<string, number> {
  try {
    const entries = Object.entries(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>);
    return new Map(entries.flatMap(([name, ms]) => (typeof ms === 'number' ? [[name, ms] as const] : [])));
  } catch {
    return new Map();
  }
}

/** Keeps what is known of files that did not run now. */
export function saveRunTimes(path: string, times: ReadonlyMap<string, number>): void {
  const all = new Map([...readRunTimes(path), ...times]);
  mkdirSync(dirname(path), { recursive: true });
  const scratch = `${path}.${process.pid}`;
  writeFileSync(
    scratch,
    JSON.stringify(Object.fromEntries([...all].toSorted(([a], [b]) => a.localeCompare(b))), null, 1),
  );
  renameSync(scratch, path);
}

/** The longest first, so that none is left over when the others have ended. */
export function longestFirst<T>(
  files: readonly T[],
  nameOf: (file: T) => string,
  known: ReadonlyMap<string, number>,
): T[] {
  const expectedMs = (file: T): number => {
    const name = nameOf(file);
    return known.get(name) ?? usualMs[name.split('/', 1)[0] ?? ''] ?? 1000;
  };
  return files.toSorted((a, b) => expectedMs(b) - expectedMs(a));
}
