import { existsSync, readdirSync } from 'node:fs';
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

/** The `.artifact` files of a version (docs/formats/artifacts.md), for all platforms that were built. */
export function artifactFiles(version: string): string[] {
  const folder = join(dist, 'executables');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(`leafward-${version}-`) && name.endsWith('.artifact'))
    .toSorted()
    .map((name) => join(folder, name));
}
