import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ArtifactTarget } from '../src/wire/artifact.ts';
import bases from './node-bases.json' with { type: 'json' };
import { root } from './paths.ts';

/** Node's own program for one platform, as a package of the npm registry carries it. */
export interface NodeBase extends ArtifactTarget {
  readonly package: string;
  readonly version: string;
  /** Of the package's archive, as registries and lock files state it: `sha512-` and base64. */
  readonly integrity: string;
}

/** Every platform that is built for; the archives' hashes are part of the sources. */
export const nodeBases = bases as readonly NodeBase[];

export interface FetchedBase {
  readonly program: Buffer;
  /** Node's licences, where the package has them. */
  readonly licence: string | undefined;
}

/**
 * The base of a platform. Its archive is kept in `.cache/bases`, fetched with npm when it is not there, and compared with the
 * hash in build/node-bases.json every time. @throws Error when it cannot be fetched or is another one
 */
export function fetchBase(base: NodeBase): FetchedBase {
  const archive = join(root, '.cache', 'bases', `${base.package}-${base.version}.tgz`);
  if (!existsSync(archive)) download(base, archive);
  checkIntegrity(base, archive);
  const scratch = mkdtempSync(join(root, '.cache', 'bases', 'unpacked-'));
  try {
    execFileSync('tar', ['-xzf', archive, '-C', scratch, 'package']);
    const program = readFileSync(join(scratch, 'package', 'bin', base.os === 'win' ? 'node.exe' : 'node'));
    const licence = join(scratch, 'package', 'LICENSE');
    return { program, licence: existsSync(licence) ? readFileSync(licence, 'utf8') : undefined };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function download(base: NodeBase, archive: string): void {
  const folder = join(root, '.cache', 'bases');
  mkdirSync(folder, { recursive: true });
  const scratch = mkdtempSync(join(folder, 'download-'));
  try {
    const name = `${base.package}@${base.version}`;
    const args = ['pack', name, '--silent', '--pack-destination', scratch];
    execFileSync('npm', args, { cwd: scratch, stdio: ['ignore', 'ignore', 'inherit'], timeout: 600_000 });
    const packed = join(scratch, `${base.package}-${base.version}.tgz`);
    checkIntegrity(base, packed);
    renameSync(packed, archive);
    console.log(`fetched ${name}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function checkIntegrity(base: NodeBase, archive: string): void {
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found === base.integrity) return;
  throw new Error(
    `${archive} is not the ${base.package} ${base.version} of build/node-bases.json (${found}): remove it and try again`,
  );
}
