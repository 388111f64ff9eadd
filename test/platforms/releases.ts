import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makePackages } from '../../build/packages/make-packages.ts';
import { packageFacts } from '../../build/packages/package-facts.ts';
import { needTools } from '../../build/platform-tools.ts';
import { makeRepositories } from '../../build/repositories/make-repositories.ts';
import type { TempDir } from '../support/temp-dir.ts';

/** The file of an OpenPGP key that was made for one test. */
export function throwAwayKey(folder: TempDir, name: string): string {
  needTools(['gpg']);
  const home = mkdtempSync(join(tmpdir(), 'lw-key-'));
  const gpg = (args: readonly string[]): string =>
    execFileSync('gpg', ['--homedir', home, '--batch', '--quiet', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  try {
    gpg(['--passphrase', '', '--quick-generate-key', `${name} <${name}@leafward.example>`, 'rsa3072', 'sign', 'never']);
    const file = folder.file(`${name}.key`);
    writeFileSync(file, gpg(['--armor', '--export-secret-keys']), { mode: 0o600 });
    return file;
  } finally {
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
    rmSync(home, { recursive: true, force: true });
  }
}

/**
 * Adds packages of this version (and of the given release of it: 0.1.0-1, 0.1.0-2) to the repositories in `repositories`. They
 * hold the executable of `make executables`; only their compression is another, for speed.
 */
export async function publish(
  folder: TempDir,
  { release, keyFile, repositories }: { release: string; keyFile: string; repositories: string },
): Promise<void> {
  const packages = folder.file(`packages-${release}`);
  mkdirSync(repositories, { recursive: true });
  await makePackages({ ...packageFacts(), release }, { folder: packages, keyFile, quick: true, archs: ['x64'] });
  makeRepositories({ keyFile, passphraseFile: undefined, packages, folder: repositories });
}
