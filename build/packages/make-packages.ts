/**
 * `make packages`: deb and rpm of the program for both Linux architectures, and of its services, into dist/packages. They are
 * signed (rpm) when LEAFWARD_SIGNING_KEY names the file of an OpenPGP key; the same sources and key give the same debs.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { orReport } from '../or-report.ts';
import { dist } from '../paths.ts';
import { type PackageTarget, writePackage } from './nfpm.ts';
import { type PackageFacts, packageFacts } from './package-facts.ts';
import { plansOf } from './plans.ts';

if (import.meta.main) await orReport(main());

async function main(): Promise<void> {
  const keyFile = process.env['LEAFWARD_SIGNING_KEY'];
  const passphraseFile = process.env['LEAFWARD_SIGNING_PASSPHRASE_FILE'];
  await makePackages(packageFacts(), { folder: join(dist, 'packages'), keyFile, passphraseFile });
}

/** Makes every package in `folder`/deb and `folder`/rpm, which begin empty. */
export async function makePackages(facts: PackageFacts, target: Omit<PackageTarget, 'scratch'>): Promise<void> {
  rmSync(target.folder, { recursive: true, force: true });
  const scratch = mkdtempSync(join(tmpdir(), 'leafward-packages-'));
  try {
    for (const kind of ['deb', 'rpm'] as const) {
      for (const plan of await plansOf(kind, facts, target.archs)) {
        const path = writePackage(plan, facts, { ...target, folder: join(target.folder, kind), scratch });
        console.log(`${basename(path)} ${(statSync(path).size / 1e6).toFixed(2)} MB`);
      }
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
