/**
 * `make repositories`: a signed apt repository and a signed yum repository of what `make packages` made, in dist/repositories,
 * ready to be served as files (a Leafward server does, from the folder `repositories` of its data directory). Packages of
 * earlier runs stay in them. LEAFWARD_SIGNING_KEY names the file of the OpenPGP key, LEAFWARD_SIGNING_PASSPHRASE_FILE a file
 * with its passphrase when it has one.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { orReport } from '../or-report.ts';
import { dist } from '../paths.ts';
import { updateAptRepository } from './apt-repository.ts';
import { openSigner } from './signer.ts';
import { packagesIn, updateYumRepository } from './yum-repository.ts';

if (import.meta.main) await orReport(main());

async function main(): Promise<void> {
  const keyFile = process.env['LEAFWARD_SIGNING_KEY'];
  if (keyFile === undefined) {
    throw new Error('LEAFWARD_SIGNING_KEY is not set: name the file of the OpenPGP key that signs the repositories');
  }
  makeRepositories({
    keyFile,
    passphraseFile: process.env['LEAFWARD_SIGNING_PASSPHRASE_FILE'],
    packages: join(dist, 'packages'),
    folder: join(dist, 'repositories'),
  });
}

/** Adds the packages of `packages`/deb and `packages`/rpm to the repositories in `folder`; gives back the key's fingerprint. */
export function makeRepositories(paths: {
  readonly keyFile: string;
  readonly passphraseFile: string | undefined;
  readonly packages: string;
  readonly folder: string;
}): string {
  const { keyFile, passphraseFile, packages, folder } = paths;
  using signer = openSigner(keyFile, passphraseFile);
  mkdirSync(folder, { recursive: true });
  updateAptRepository(join(folder, 'apt'), packagesIn(join(packages, 'deb'), '.deb'), signer, new Date());
  updateYumRepository(join(folder, 'yum'), packagesIn(join(packages, 'rpm'), '.rpm'), signer);
  writeFileSync(join(folder, 'leafward.asc'), signer.publicKey);
  console.log(`apt and yum repositories in ${folder}, signed by ${signer.fingerprint}`);
  return signer.fingerprint;
}
