import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { test } from 'node:test';
import { startServer } from '../../../src/cli/start-server.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

const deb = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 251));

async function serverWith(folder: TempDir, fill: (repositories: string) => void) {
  const repositories = folder.file('data/repositories');
  mkdirSync(folder.file('data'), { mode: 0o700 });
  fill(repositories);
  const options = {
    dataDir: folder.file('data'),
    listen: '127.0.0.1:0',
    log: silentLog,
    publicUrl: 'https://lw.example',
  };
  const server = await startServer(options);
  return {
    url: server.url,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function fillIn(repositories: string): void {
  mkdirSync(`${repositories}/apt/pool`, { recursive: true });
  writeFileSync(`${repositories}/apt/pool/a.deb`, deb);
  writeFileSync(`${repositories}/apt/empty`, '');
  writeFileSync(`${repositories}/apt/.hidden`, 'hidden');
  writeFileSync(`${repositories}/secret`, 'outside apt and yum');
  symlinkSync(`${repositories}/../metadata.sqlite`, `${repositories}/apt/out`);
  symlinkSync('a.deb', `${repositories}/apt/pool/same.deb`);
  writeFileSync(
    `${repositories}/leafward.asc`,
    '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabc\n-----END PGP PUBLIC KEY BLOCK-----\n',
  );
}

/** As it stands: fetch would tidy the path up. */
function statusOf(url: string, path: string): Promise<number> {
  const { port } = new URL(url);
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on('error', reject)
      .end();
  });
}

test('a package is sent whole, in part, by its head alone, and not at all when it is known', async () => {
  await using folder = tempDir();
  await using server = await serverWith(folder, fillIn);
  const address = `${server.url}/repo/apt/pool/a.deb`;
  const whole = await fetch(address);
  assert.equal(whole.headers.get('content-type'), 'application/vnd.debian.binary-package');
  assert.deepEqual(Buffer.from(await whole.arrayBuffer()), deb);
  const etag = whole.headers.get('etag') ?? '';
  const part = async (headers: Record<string, string>) => {
    const answer = await fetch(address, { headers });
    return {
      status: answer.status,
      range: answer.headers.get('content-range'),
      body: Buffer.from(await answer.arrayBuffer()),
    };
  };
  assert.deepEqual(await part({ range: 'bytes=990-' }), {
    status: 206,
    range: 'bytes 990-999/1000',
    body: deb.subarray(990),
  });
  assert.deepEqual(await part({ range: 'bytes=-3' }), {
    status: 206,
    range: 'bytes 997-999/1000',
    body: deb.subarray(997),
  });
  const resumed = await part({ range: 'bytes=10-19', 'if-range': etag });
  assert.deepEqual(resumed, { status: 206, range: 'bytes 10-19/1000', body: deb.subarray(10, 20) });
  assert.equal((await part({ range: 'bytes=10-19', 'if-range': '"other"' })).status, 200, 'another file begins anew');
  assert.equal((await part({ range: 'bytes=0-1,5-6' })).status, 200, 'several ranges: the whole file');
  const behind = await part({ range: 'bytes=1000-' });
  assert.deepEqual([behind.status, behind.range], [416, 'bytes */1000']);
  assert.equal((await part({ 'if-none-match': etag })).status, 304);
  assert.equal((await part({ 'if-modified-since': whole.headers.get('last-modified') ?? '' })).status, 304);
  const head = await fetch(address, { method: 'HEAD' });
  assert.deepEqual([head.status, head.headers.get('content-length')], [200, '1000']);
  assert.equal(head.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(
    (await fetch(`${server.url}/repo/apt/pool/same.deb`)).status,
    200,
    'a link inside the folder is followed',
  );
  const empty = await fetch(`${server.url}/repo/apt/empty`);
  assert.deepEqual([empty.status, await empty.text()], [200, '']);
});

test('nothing outside the two folders is served, however the path is written', async () => {
  await using folder = tempDir();
  await using server = await serverWith(folder, fillIn);
  const outside = [
    '/repo/apt/../secret',
    '/repo/apt/..%2fsecret',
    '/repo/apt/%2e%2e/secret',
    '/repo/apt/%2e%2e%2f%2e%2e%2fmetadata.sqlite',
    '/repo/apt/pool/..%5c..%5csecret',
    '/repo/apt/pool//a.deb',
    '/repo/apt//etc/passwd',
    '/repo/apt/%2fetc%2fpasswd',
    '/repo/apt/a%00.deb',
    '/repo/apt/.hidden',
    '/repo/apt/out',
    '/repo/apt/pool',
    '/repo/apt/',
    '/repo/secret',
    '/repo/yum/repodata/repomd.xml',
  ];
  const answers = await Promise.all(outside.map(async (path) => [path, await statusOf(server.url, path)] as const));
  for (const [path, status] of answers) assert.ok([400, 404].includes(status), `${path}: ${status}`);
});

test('the files for sources.list.d and yum.repos.d name this server and carry its key', async () => {
  await using folder = tempDir();
  await using server = await serverWith(folder, fillIn);
  const apt = await (await fetch(`${server.url}/repo/leafward.sources`)).text();
  assert.match(apt, /^URIs: https:\/\/lw\.example\/repo\/apt$/m);
  assert.match(apt, /^Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n \.\n abc\n/m);
  const yum = await (await fetch(`${server.url}/repo/leafward.repo`)).text();
  assert.match(yum, /^baseurl=https:\/\/lw\.example\/repo\/yum\nenabled=1\ngpgcheck=1\nrepo_gpgcheck=1$/m);
  const head = await fetch(`${server.url}/repo/leafward.sources`, { method: 'HEAD' });
  assert.equal(head.headers.get('content-length'), String(Buffer.byteLength(apt)));
});

test('a server without repositories says what to do', async () => {
  await using folder = tempDir();
  await using server = await serverWith(folder, () => undefined);
  const answer = await fetch(`${server.url}/repo/leafward.sources`);
  assert.equal(answer.status, 404);
  assert.match(await answer.text(), /make repositories/);
});
