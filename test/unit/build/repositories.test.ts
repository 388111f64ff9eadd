import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { updateAptRepository } from '../../../build/repositories/apt-repository.ts';
import { controlField, debControl } from '../../../build/repositories/deb-control.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

async function control(text: string): Promise<Buffer> {
  const archive = pack();
  archive.entry({ name: './md5sums' }, 'x'.repeat(700));
  archive.entry({ name: './control' }, text);
  archive.finalize();
  const parts: Uint8Array[] = [];
  for await (const part of archive as AsyncIterable<Uint8Array>) parts.push(part);
  return gzipSync(Buffer.concat(parts));
}

function member(name: string, bytes: Uint8Array): Buffer {
  const head = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(bytes.length).padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(head), bytes, Buffer.alloc(bytes.length % 2, '\n')]);
}

async function deb(folder: TempDir, name: string, arch: string): Promise<string> {
  const text = `Package: ${name}\nVersion: 0.1.0-1\nArchitecture: ${arch}\nDescription: one\n two\n`;
  const parts = [
    member('debian-binary', Buffer.from('2.0\n')),
    member('control.tar.gz', await control(text)),
    member('data.tar.xz', Buffer.from('odd')),
  ];
  const path = folder.file(`${name}_0.1.0-1_${arch}.deb`);
  writeFileSync(path, Buffer.concat([Buffer.from('!<arch>\n'), ...parts]));
  return path;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const signer = {
  fingerprint: '',
  publicKey: '',
  clearSign: (text: string) => `signed\n${text}`,
  detachedSign: () => 'signature',
  [Symbol.dispose]: () => undefined,
};

test('the fields of a package are read from its archives', async () => {
  await using folder = tempDir();
  const read = debControl(await deb(folder, 'leafward', 'amd64'));
  assert.equal(controlField(read, 'Package'), 'leafward');
  assert.match(read, /Description: one\n two$/);
  writeFileSync(folder.file('no.deb'), 'no archive');
  assert.throws(() => debControl(folder.file('no.deb')), /no\.deb has no control\.tar\.gz/);
});

test('an index lists what its architecture installs, and Release its bytes, by name and by hash', async () => {
  await using folder = tempDir();
  const debs = [
    await deb(folder, 'leafward', 'amd64'),
    await deb(folder, 'leafward', 'arm64'),
    await deb(folder, 'leafward-server', 'all'),
  ];
  const repository = folder.file('apt');
  updateAptRepository(repository, debs, signer, new Date(0));
  const dists = `${repository}/dists/stable`;
  const packages = readFileSync(`${dists}/main/binary-arm64/Packages`, 'utf8');
  assert.deepEqual(packages.match(/^Filename: .*$/gm), [
    'Filename: pool/main/l/leafward/leafward-server_0.1.0-1_all.deb',
    'Filename: pool/main/l/leafward/leafward_0.1.0-1_arm64.deb',
  ]);
  assert.ok(packages.includes(`SHA256: ${sha256(readFileSync(debs[1] ?? ''))}`));
  assert.equal(gunzipSync(readFileSync(`${dists}/main/binary-arm64/Packages.gz`)).toString(), packages);
  const release = readFileSync(`${dists}/Release`, 'utf8');
  assert.match(release, /^Acquire-By-Hash: yes$/m);
  for (const [, hash = '', bytes, name] of release.matchAll(/^ ([0-9a-f]{64}) (\d+) (\S+)$/gm)) {
    const content = readFileSync(`${dists}/${name}`);
    assert.deepEqual([sha256(content), String(content.length)], [hash, bytes]);
    assert.deepEqual(readFileSync(`${dists}/${name?.replace(/[^/]+$/, '')}by-hash/SHA256/${hash}`), content);
  }
  assert.equal(readFileSync(`${dists}/InRelease`, 'utf8'), `signed\n${release}`);
});

test('who read the index before an update still finds its parts, and who read the one before that does not', async () => {
  await using folder = tempDir();
  const repository = folder.file('apt');
  const hashes: string[] = [];
  for (const name of ['first', 'second', 'third']) {
    updateAptRepository(repository, [await deb(folder, name, 'amd64')], signer, new Date(0));
    hashes.push(sha256(readFileSync(`${repository}/dists/stable/main/binary-amd64/Packages`)));
  }
  const there = hashes.map((hash) => existsSync(`${repository}/dists/stable/main/binary-amd64/by-hash/SHA256/${hash}`));
  assert.deepEqual(there, [false, true, true]);
});
