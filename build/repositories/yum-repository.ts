import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { needTools } from '../platform-tools.ts';
import type { Signer } from './signer.ts';

/**
 * Adds packages to the yum repository in `folder` (one for all architectures) and signs its index anew.
 * @throws Error for a package that the key did not sign: clients with gpgcheck=1 would refuse it
 */
export function updateYumRepository(folder: string, rpms: readonly string[], signer: Signer): void {
  needTools(['createrepo_c', 'rpm']);
  checkSignatures(rpms, signer);
  mkdirSync(join(folder, 'packages'), { recursive: true });
  for (const rpm of rpms) copyFileSync(rpm, join(folder, 'packages', basename(rpm)));
  const options = ['--quiet', '--update', '--checksum', 'sha256', '--general-compress-type', 'gz', '--no-database'];
  execFileSync('createrepo_c', [...options, '--retain-old-md', '1', folder], { stdio: ['ignore', 2, 2] });
  const index = join(folder, 'repodata', 'repomd.xml');
  writeFileSync(`${index}.asc`, signer.detachedSign(readFileSync(index)));
}

function checkSignatures(rpms: readonly string[], signer: Signer): void {
  const database = mkdtempSync(join(tmpdir(), 'lw-rpm-'));
  try {
    const key = join(database, 'key.asc');
    writeFileSync(key, signer.publicKey);
    // Of what it does not like it says so by its status as well.
    const rpmkeys = (args: readonly string[]): string =>
      spawnSync('rpmkeys', ['--dbpath', join(database, 'db'), ...args], { encoding: 'utf8' }).stdout;
    rpmkeys(['--import', key]);
    for (const rpm of rpms) {
      const said = rpmkeys(['--checksig', '--verbose', rpm]);
      if (!/^ +Header .*Signature.*: OK$/m.test(said) || /: (BAD|NOKEY|NOTFOUND|NOT OK)/.test(said)) {
        throw new Error(
          `${basename(rpm)} is not signed by ${signer.fingerprint}: run "make packages" with LEAFWARD_SIGNING_KEY`,
        );
      }
    }
  } finally {
    rmSync(database, { recursive: true, force: true });
  }
}

/** Names of the packages in a folder, with their paths. */
export function packagesIn(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => join(folder, name));
}
