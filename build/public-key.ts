/** `node build/public-key.ts release.key`: prints the public line of an Ed25519 private key, for packaging/release-keys.pub. */
import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { encodePublicKey, publicKeyOf } from '../src/wire/minisign.ts';

const [path] = process.argv.slice(2);
if (path === undefined) {
  console.error('usage: node build/public-key.ts PRIVATE-KEY.pem');
  process.exitCode = 64;
} else {
  const publicKey = publicKeyOf(createPrivateKey(readFileSync(path)));
  console.log(`untrusted comment: minisign public key ${publicKey.id}\n${encodePublicKey(publicKey)}`);
}
