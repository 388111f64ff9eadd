import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { crc32, inflateRawSync } from 'node:zlib';
import { iconPictures } from '../../../build/pe/icon.ts';
import { makeArtifact } from '../../../build/release/artifact-file.ts';
import { judgeSizes } from '../../../build/release/budgets.ts';
import { writeChecksums } from '../../../build/release/checksums.ts';
import { makeSbom } from '../../../build/release/sbom.ts';
import { decodeArtifactHead, maxArtifactHeadBytes, verifyArtifactHead } from '../../../src/wire/artifact.ts';
import { publicKeyOf, verifyDetached } from '../../../src/wire/minisign.ts';
import { tempDir } from '../../support/temp-dir.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const { id, key } = publicKeyOf(privateKey);
const trusted = new Map([[id, key]]);

test('each stream of an artifact inflates to its file, alone and between others', async () => {
  await using folder = tempDir();
  const contents = [Buffer.alloc(300_000, 'leafward '), Buffer.from('service')];
  const files = ['leafward.exe', 'leafward-service.exe'].map((name, index) => {
    writeFileSync(folder.file(name), contents[index] ?? '');
    return { name, path: folder.file(name) };
  });
  const facts = { version: '0.1.0', commit: 'abc', os: 'win', arch: 'x64', experimental: false } as const;
  const header = { name: 'leafward-0.1.0-win-x64', ...facts, modifiedAtSeconds: 1 };
  const artifact = await makeArtifact({ header, files, scratch: folder.file('scratch'), privateKey });
  const head = decodeArtifactHead(artifact.subarray(0, maxArtifactHeadBytes));
  assert.equal(head.totalBytes, artifact.length);
  assert.ok(verifyArtifactHead(head, trusted));
  for (const [index, file] of head.header.files.entries()) {
    const at = head.offsets[index] ?? 0;
    const stream = artifact.subarray(at, at + file.deflatedBytes);
    assert.equal(createHash('sha256').update(stream).digest('hex'), file.deflatedSha256);
    // Stored blocks before and behind; the last one is final.
    const between = Buffer.concat([
      Buffer.from('0001 00fe ff21'.replaceAll(' ', ''), 'hex'),
      stream,
      Buffer.from('0300', 'hex'),
    ]);
    const whole = inflateRawSync(between);
    assert.ok(whole.subarray(1).equals(contents[index] ?? Buffer.alloc(0)));
    assert.equal(crc32(whole.subarray(1)), file.crc32);
    assert.equal(whole.length - 1, file.sizeBytes);
  }
});

test('SHA256SUMS names every file and is signed; without a key an old signature goes', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('b'), 'two');
  writeFileSync(folder.file('a'), 'one');
  writeChecksums(folder.path, '0.1.0', privateKey);
  const sums = readFileSync(folder.file('SHA256SUMS'));
  const one = createHash('sha256').update('one').digest('hex');
  assert.match(sums.toString(), new RegExp(`^${one}  a\\n[0-9a-f]{64}  b\\n$`));
  assert.equal(
    verifyDetached(sums, readFileSync(folder.file('SHA256SUMS.minisig'), 'utf8'), trusted),
    'leafward 0.1.0',
  );
  writeChecksums(folder.path, '0.1.0', undefined);
  assert.throws(() => readFileSync(folder.file('SHA256SUMS.minisig')), { code: 'ENOENT' });
});

const sbomInput = {
  version: '0.1.0',
  commit: 'abc',
  seconds: 1_795_284_000,
  inputs: [
    'src/main.ts',
    'node_modules/zod/index.js',
    'node_modules/@fastify/cookie/plugin.js',
    'node_modules/zod/v4/z.js',
  ],
  packages: {
    'node_modules/zod': {
      version: '4.6.7',
      integrity: `sha512-${Buffer.alloc(64, 1).toString('base64')}`,
      license: 'MIT',
    },
    'node_modules/@fastify/cookie': { version: '11.1.5', license: 'MIT' },
    'node_modules/never-bundled': { version: '1.0.0' },
  },
  nodeVersions: { node: '26.10.0', openssl: '3.5.1', modules: '147' },
};

test('the SBOM has what is in the bundle, Node and its parts, and nothing else', () => {
  const sbom = JSON.parse(makeSbom(sbomInput));
  const names = sbom.components.map(({ name }: { name: string }) => name);
  assert.deepEqual(names, ['node', '@fastify/cookie', 'zod']);
  const [node, cookie, zod] = sbom.components;
  assert.deepEqual(
    node.components.map(({ name, version }: Record<string, string>) => `${name} ${version}`),
    ['openssl 3.5.1'],
  );
  assert.equal(cookie.purl, 'pkg:npm/%40fastify/cookie@11.1.5');
  assert.deepEqual(zod.hashes, [{ alg: 'SHA-512', content: '01'.repeat(64) }]);
  assert.equal(sbom.metadata.timestamp, '2026-11-21T18:00:00Z');
  assert.match(sbom.serialNumber, /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(makeSbom(sbomInput), makeSbom(sbomInput));
});

test('a package that the lock file does not know stops the SBOM', () => {
  const inputs = ['node_modules/stranger/index.js'];
  assert.throws(() => makeSbom({ ...sbomInput, inputs }), /stranger is in the bundle but not in package-lock/);
});

test('a size over the budget is told', () => {
  assert.equal(judgeSizes('x', 'linux', { programBytes: 121.9e6, compressedBytes: 43e6 }).over, false);
  assert.equal(judgeSizes('x', 'linux', { programBytes: 122.1e6, compressedBytes: 43e6 }).over, true);
  assert.match(judgeSizes('x', 'linux', { programBytes: 1e6, compressedBytes: 44.1e6 }).line, /OVER BUDGET/);
});

test('the icon is a filled shape with empty corners, in every size', () => {
  for (const { size, bytes } of iconPictures().filter((picture) => picture.size < 256)) {
    const alpha = (x: number, y: number): number => bytes[40 + (y * size + x) * 4 + 3] ?? 0;
    assert.equal(alpha(Math.floor(size / 2), Math.floor(size / 2)), 255);
    for (const [x, y] of [
      [0, 0],
      [size - 1, 0],
      [0, size - 1],
      [size - 1, size - 1],
    ] as const)
      assert.equal(alpha(x, y), 0);
  }
});
