import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from '../paths.ts';
import type { PackageArch } from './package-facts.ts';

export interface LinuxExecutable {
  readonly arch: PackageArch;
  readonly path: string;
}

/** The executables for Linux that `make executables` made. @throws Error when there is none */
export function executables(version: string, archs: readonly PackageArch[]): LinuxExecutable[] {
  const found = archs
    .map((arch) => ({ arch, path: join(dist, 'executables', `leafward-${version}-linux-${arch}`) }))
    .filter(({ path }) => existsSync(path));
  if (found.length === 0)
    throw new Error(`dist/executables has no leafward-${version}-linux-x64: run "make executables"`);
  return found;
}
