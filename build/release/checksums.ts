import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publicKeyOf, signDetached } from '../../src/wire/minisign.ts';

const sums = 'SHA256SUMS';

/** The private key (PKCS#8 PEM, Ed25519) that LEAFWARD_ARTIFACT_KEY_FILE names, if it does. @throws Error when it is another kind */
export function signingKey(): KeyObject | undefined {
  const path = process.env['LEAFWARD_ARTIFACT_KEY_FILE'];
  if (path === undefined || path === '') return undefined;
  const key = createPrivateKey(readFileSync(path));
  publicKeyOf(key);
  return key;
}

/** Writes SHA256SUMS of all files of the folder, and its signature when there is a key. */
export function writeChecksums(folder: string, version: string, privateKey: KeyObject | undefined): void {
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith(sums))
    .map(({ name }) => name)
    .sort();
  const lines = names.map((name) => `${sha256(readFileSync(join(folder, name)))}  ${name}\n`);
  const content = Buffer.from(lines.join(''));
  writeFileSync(join(folder, sums), content);
  const signature = join(folder, `${sums}.minisig`);
  // One of other content is worse than none.
  rmSync(signature, { force: true });
  if (privateKey === undefined) return;
  writeFileSync(signature, signDetached(content, privateKey, `leafward ${version}`));
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
