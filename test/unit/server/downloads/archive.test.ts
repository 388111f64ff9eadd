import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import type { ArchiveContent, ArchiveParts } from '../../../../src/server/downloads/archive-entry.ts';
import { deflateOnce } from '../../../../src/server/downloads/deflated-file.ts';
import { ArchiveSender } from '../../../../src/server/downloads/send-archive.ts';
import { tarGzParts } from '../../../../src/server/downloads/tar-gz.ts';
import { zipParts } from '../../../../src/server/downloads/zip.ts';
import { eventually } from '../../../support/eventually.ts';
import { type TempDir, tempDir } from '../../../support/temp-dir.ts';

const signal = new AbortController().signal;
const small = Buffer.from('serverUrl = https://ünïcode.example\n');

async function contentOf(folder: TempDir, executable: Uint8Array): Promise<ArchiveContent> {
  writeFileSync(folder.file('program'), executable);
  const file = await deflateOnce(folder.file('program'), folder.file('cache'), signal);
  return {
    folder: 'top',
    programs: [
      { name: 'program', file },
      { name: 'second', file },
    ],
    common: [{ name: 'empty', mode: 0o644, body: new Uint8Array() }],
    own: [{ name: 'settings.config', mode: 0o600, body: small }],
    modifiedMs: Date.UTC(2026, 10, 21, 10, 20, 30),
  };
}

async function write(parts: ArchiveParts, path: string): Promise<void> {
  await using server = await archiveServer(new ArchiveSender(), parts);
  const response = await fetch(server.url);
  writeFileSync(path, await response.bytes());
  assert.equal(statSync(path).size, parts.totalBytes);
}

interface ArchiveServer extends AsyncDisposable {
  readonly url: string;
  /** Responses that have ended, by whichever side. */
  sent(): number;
}

async function archiveServer(sender: ArchiveSender, parts: ArchiveParts): Promise<ArchiveServer> {
  let sent = 0;
  const server = createServer(async (_request, response) => {
    response.writeHead(200, { 'content-length': parts.totalBytes });
    await sender.send(response, parts);
    sent++;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `http://127.0.0.1:${address.port}/`,
    sent: () => sent,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function bytesOf(segment: ArchiveParts['segments'][number]): Uint8Array {
  if (segment instanceof Uint8Array) return segment;
  return readFileSync(segment.path).subarray(segment.offset, segment.offset + segment.length);
}

function checkUnpacked(folder: string, executable: Uint8Array): void {
  assert.deepEqual(readdirSync(folder), ['top']);
  assert.deepEqual(readdirSync(`${folder}/top`).sort(), ['empty', 'program', 'second', 'settings.config']);
  for (const name of ['program', 'second']) {
    assert.ok(readFileSync(`${folder}/top/${name}`).equals(executable));
    assert.equal(statSync(`${folder}/top/${name}`).mode & 0o777, 0o755);
  }
  assert.ok(readFileSync(`${folder}/top/settings.config`).equals(small));
  assert.equal(readFileSync(`${folder}/top/empty`).length, 0);
  assert.equal(statSync(`${folder}/top/settings.config`).mode & 0o777, 0o600);
}

// Around the block sizes of tar and deflate, and neither compressible nor not.
const programs = {
  'one byte': Buffer.of(7),
  'a whole tar block': Buffer.alloc(512, 'x'),
  'one byte more': Buffer.alloc(513, 'x'),
  'noise and zeros': Buffer.concat([randomBytes(300_000), Buffer.alloc(400_000), randomBytes(1)]),
};

for (const [name, program] of Object.entries(programs)) {
  test(`tar, gzip and unzip read the archives of ${name}`, async () => {
    await using folder = tempDir();
    const content = await contentOf(folder, program);
    await write(await tarGzParts(content), folder.file('a.tar.gz'));
    await write(zipParts(content), folder.file('a.zip'));
    for (const out of ['tar', 'zip', 'python']) mkdirSync(folder.file(out));
    execFileSync('gzip', ['-t', folder.file('a.tar.gz')]);
    execFileSync('tar', ['-xzpf', folder.file('a.tar.gz'), '-C', folder.file('tar')]);
    checkUnpacked(folder.file('tar'), program);
    execFileSync('unzip', ['-q', folder.file('a.zip'), '-d', folder.file('zip')]);
    checkUnpacked(folder.file('zip'), program);
    const script =
      'import sys,tarfile,zipfile\nassert zipfile.ZipFile(sys.argv[2]).testzip() is None\n' +
      'assert len(tarfile.open(sys.argv[1]).getmembers()) == 5';
    execFileSync('python3', ['-c', script, folder.file('a.tar.gz'), folder.file('a.zip')]);
  });
}

test('what is deflated once is found again, made again when damaged, and replaced by the next program', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('program'), randomBytes(50_000));
  const deflate = () => deflateOnce(folder.file('program'), folder.file('cache'), signal);
  const first = await deflate();
  const madeAt = statSync(first.path).mtimeMs;
  assert.deepEqual(await deflate(), first);
  assert.equal(statSync(first.path).mtimeMs, madeAt);
  const bytes = readFileSync(first.path);
  writeFileSync(first.path, Buffer.from(bytes).fill(0, 100, 110));
  assert.deepEqual(await deflate(), first);
  assert.ok(readFileSync(first.path).equals(bytes));
  writeFileSync(folder.file('program'), randomBytes(60_000));
  const second = await deflate();
  assert.notEqual(second.path, first.path);
  assert.equal(readdirSync(folder.file('cache')).length, 2);
});

test('a preparation that is cut off leaves no half file', async () => {
  await using folder = tempDir();
  writeFileSync(folder.file('program'), randomBytes(2_000_000));
  const abort = new AbortController();
  const work = deflateOnce(folder.file('program'), folder.file('cache'), abort.signal);
  abort.abort();
  await assert.rejects(work);
  assert.deepEqual(readdirSync(folder.file('cache')), []);
});

test('a reader that takes nothing is let go, and one that goes away ends its download', async () => {
  await using folder = tempDir();
  const parts = await tarGzParts(await contentOf(folder, randomBytes(20_000_000)));
  await using server = await archiveServer(new ArchiveSender({ stalledMs: 300 }), parts);
  const { port } = new URL(server.url);
  const stalled = connect(Number(port), '127.0.0.1').on('error', () => {});
  stalled.pause();
  stalled.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await eventually(() => server.sent() === 1, { what: 'the end of the stalled download' });
  stalled.destroy();

  const leaving = await fetch(server.url);
  await leaving.body?.cancel();
  await eventually(() => server.sent() === 2, { what: 'the end of the download that was left' });
});

test('downloads that run at once give each reader its own bytes', async () => {
  await using folder = tempDir();
  const parts = await tarGzParts(await contentOf(folder, randomBytes(3_000_000)));
  await using server = await archiveServer(new ArchiveSender(), parts);
  const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  const whole = sha256(Buffer.concat(parts.segments.map(bytesOf)));
  const read = async (): Promise<string> => sha256(await (await fetch(server.url)).bytes());
  assert.deepEqual(new Set(await Promise.all(Array.from({ length: 12 }, read))), new Set([whole]));
});
