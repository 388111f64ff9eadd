import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { AppError } from '../../../src/runtime/errors.ts';
import {
  type ArtifactHeader,
  decodeArtifactHead,
  encodeArtifactHead,
  verifyArtifactHead,
} from '../../../src/wire/artifact.ts';
import { publicKeyOf } from '../../../src/wire/minisign.ts';
import { fc } from '../../support/properties.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const { id, key } = publicKeyOf(privateKey);
const trusted = new Map([[id, key]]);
const file = {
  sizeBytes: 10,
  crc32: 0xffff_fff0,
  sha256: 'ab'.repeat(32),
  deflatedBytes: 7,
  deflatedSha256: 'cd'.repeat(32),
};

function header(changes: Partial<ArtifactHeader> = {}): ArtifactHeader {
  return {
    name: 'leafward-0.1.0-win-x64',
    version: '0.1.0',
    commit: '8fdc823a1b2c',
    os: 'win',
    arch: 'x64',
    experimental: false,
    modifiedAtSeconds: 1_795_284_000,
    keyId: id,
    files: [
      { name: 'leafward.exe', ...file },
      { name: 'leafward-service.exe', ...file, deflatedBytes: 5 },
    ],
    ...changes,
  };
}

test('a head comes back as it was, and says where the streams are', () => {
  const head = encodeArtifactHead(header(), privateKey);
  const read = decodeArtifactHead(Buffer.concat([head, Buffer.alloc(12)]));
  assert.deepEqual(read.header, header());
  assert.deepEqual(read.offsets, [head.length, head.length + 7]);
  assert.equal(read.totalBytes, head.length + 12);
  assert.equal(verifyArtifactHead(read, trusted), true);
});

test('only the signature of a trusted key counts', () => {
  const signed = decodeArtifactHead(encodeArtifactHead(header(), privateKey));
  const stranger = generateKeyPairSync('ed25519').privateKey;
  assert.equal(verifyArtifactHead(signed, new Map()), false);
  assert.equal(verifyArtifactHead(decodeArtifactHead(encodeArtifactHead(header(), stranger)), trusted), false);
  assert.equal(
    verifyArtifactHead(decodeArtifactHead(encodeArtifactHead(header({ keyId: null }), undefined)), trusted),
    false,
  );
});

test('one bit that changes anywhere in the head is an error or a wrong signature', () => {
  const head = encodeArtifactHead(header(), privateKey);
  fc.assert(
    fc.property(fc.nat(head.length * 8 - 1), (bit) => {
      const changed = Buffer.from(head);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      try {
        return !verifyArtifactHead(decodeArtifactHead(changed), trusted);
      } catch (thrown) {
        return thrown instanceof AppError && thrown.code === 'INPUT_INVALID';
      }
    }),
  );
});

test('a head that is cut off, or is another file, is refused', () => {
  const head = encodeArtifactHead(header(), privateKey);
  for (const length of [0, 7, 8, 100, head.length - 1]) {
    assert.throws(() => decodeArtifactHead(head.subarray(0, length)), { code: 'INPUT_INVALID' });
  }
  assert.throws(() => decodeArtifactHead(Buffer.from('\x7fELF and more than eight bytes')), /not an artifact/);
});

test('names that would leave a folder, or are not those of the target, are refused', () => {
  const bad = [
    header({ name: 'leafward-0.1.0-linux-x64' }),
    header({ version: '../x', name: 'leafward-../x-win-x64' }),
    header({ files: [{ name: '../leafward.exe', ...file }] }),
    header({ files: [{ name: 'leafward', ...file }] }),
  ];
  for (const one of bad) assert.throws(() => encodeArtifactHead(one, privateKey));
});
