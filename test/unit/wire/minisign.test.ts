import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import {
  encodePublicKey,
  parsePublicKeys,
  publicKeyOf,
  signDetached,
  verifyDetached,
} from '../../../src/wire/minisign.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const publicKey = publicKeyOf(privateKey);
const keys = parsePublicKeys(
  `untrusted comment: ours\n# another remark\n\n${encodePublicKey(publicKey)}\n`,
  'keys.pub',
);
const sums = Buffer.from(`${'0'.repeat(64)}  leafward-0.1.0-linux-x64\n`);

test('a signature is verified with the key of a file, and gives the trusted comment', () => {
  assert.equal(verifyDetached(sums, signDetached(sums, privateKey, 'version:0.1.0'), keys), 'version:0.1.0');
});

test('other content, another comment, another key or a broken file are no signature', () => {
  const signature = signDetached(sums, privateKey, 'version:0.1.0');
  const stranger = generateKeyPairSync('ed25519').privateKey;
  assert.equal(verifyDetached(Buffer.concat([sums, sums]), signature, keys), undefined);
  assert.equal(verifyDetached(sums, signature.replace('version:0.1.0', 'version:9.9.9'), keys), undefined);
  assert.equal(verifyDetached(sums, signDetached(sums, stranger, 'version:0.1.0'), keys), undefined);
  assert.equal(verifyDetached(sums, signature, new Map()), undefined);
  for (const broken of ['', 'untrusted comment: x\nAAAA\n', signature.split('\n').slice(0, 3).join('\n')]) {
    assert.equal(verifyDetached(sums, broken, keys), undefined);
  }
});

test('a public key begins with RW, as those of minisign do', () => {
  assert.match(encodePublicKey(publicKey), /^RW/);
});

test('a line that is no key is named', () => {
  assert.throws(() => parsePublicKeys('# keys\nRWhello', 'keys.pub'), /keys\.pub, line 2: this is not a public key/);
});

test('a key of another kind is refused with the way to make the right one', () => {
  const { privateKey: wrong } = generateKeyPairSync('x25519');
  const pem = wrong.export({ format: 'pem', type: 'pkcs8' });
  assert.throws(() => publicKeyOf(createPrivateKey(pem)), { code: 'SETTINGS_INVALID' });
});
