import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { NewRestoreLinkAnswer } from '../../../../src/wire/api/backup-reading.ts';
import type { NewDownloadAnswer } from '../../../../src/wire/api/downloads.ts';
import { type BackupFixture, setId, startBackupFixture } from '../../../support/backup-fixture.ts';
import { eventually } from '../../../support/eventually.ts';
import { addPerson, type TestPerson } from '../../../support/people.ts';
import { api } from '../../../support/server-fixture.ts';

let fixture: BackupFixture;
let port: number;
let person: TestPerson;

before(async () => {
  fixture = await startBackupFixture(['rs0'], {
    trustProxy: ['loopback'],
    stream: async function* stream() {
      yield Buffer.alloc(1000);
    },
  });
  const { server, vault, group } = fixture;
  vault.view = { optime: { ts: 1_763_719_200n << 32n, term: 1 }, featureVersion: null, collections: [] };
  await api(server, group, 'POST', `/groups/${group.id}/backups/${setId('rs0')}/start`);
  person = await addPerson(server, 'kim@example.net', { roles: { [group.id]: ['owner'] }, administrator: true });
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  const repository = join(server.dataDir, 'repositories', 'apt', 'dists', 'Release');
  mkdirSync(dirname(repository), { recursive: true });
  writeFileSync(repository, 'Suite: stable\n');
});
after(() => fixture[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** The head of an answer; its body is not waited for. */
async function head(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const { method = 'GET', headers = {}, body } = options;
  const request = httpRequest({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
    resolve({ status: response.statusCode ?? 0, headers: response.headers });
    response.destroy();
  });
  request.on('error', reject);
  request.end(body);
  return promise;
}

const group = () => `/api/v1/groups/${fixture.group.id}`;
const bearer = () => ({ authorization: `Bearer ${fixture.group.token}` });

/** One of each kind of answer, with the status that it has. */
async function kinds(): Promise<
  readonly (readonly [name: string, status: number, path: string, options?: Parameters<typeof head>[1]])[]
> {
  const { server, group: of } = fixture;
  const links = await api(server, of, 'POST', `/groups/${of.id}/backups/${setId('rs0')}/restore-links`, {
    snapshotId: 's1',
    format: 'archive',
  });
  const restore = new URL(links.json<NewRestoreLinkAnswer>().url).pathname;
  const download = await api(server, of, 'POST', `/groups/${of.id}/downloads`, { expiresInDays: 1 });
  const settings = new URL(download.json<NewDownloadAnswer>().settingsUrl).pathname;
  return [
    ['a page', 200, '/g/x'],
    ['a page that is not there', 404, '/nothing'],
    ['an answer of the API', 200, group(), { headers: bearer() }],
    ['an answer to a person', 200, '/api/v1/session', { headers: { ...person.headers } }],
    ['a problem', 404, `${group()}/hosts/none`, { headers: bearer() }],
    ['nobody signed in', 401, group()],
    [
      'input that is not valid',
      400,
      '/api/v1/session',
      { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{' },
    ],
    [
      'a body of another kind',
      400,
      '/api/v1/session',
      { method: 'POST', headers: { 'content-type': 'application/xml' }, body: '<a/>' },
    ],
    ['a method that is not there', 404, '/api/v1/session', { method: 'PUT' }],
    ['the description of the API', 200, '/api/v1/openapi.json'],
    ['live events', 200, `${group()}/stream`, { headers: bearer() }],
    ['an export of the audit log', 200, `${group()}/audit.jsonl`, { headers: bearer() }],
    ['the settings behind a link', 200, `${settings}/monitoring-agent.config`],
    ['a link that is no link', 404, '/settings/agents/none/x.tar.gz'],
    ['a restore link', 200, restore],
    ['a restore link that is used up', 410, restore],
    ['a file of a repository', 200, '/repo/apt/dists/Release'],
    ['a file that no repository has', 404, '/repo/apt/none'],
    ['health', 200, '/health/live'],
    ['an agent without a key', 401, '/agent/v1/hello', { method: 'POST', body: '{}' }],
  ];
}

test('every kind of answer has the same set of headers, names no software, and is not kept by caches', async () => {
  for (const [name, status, path, options] of await kinds()) {
    const { headers, status: found } = await eventually(async () => {
      const answer = await head(path, options);
      // A link is used up a moment after its last byte has gone out.
      return answer.status !== 409 && answer;
    });
    assert.equal(found, status, name);
    checkSet(headers, name);
    assert.equal(headers['strict-transport-security'], undefined, `${name}: it did not come by TLS`);
    const mayBeKept = name === 'a page' || name === 'a file of a repository' ? 'no-cache' : 'no-store';
    assert.equal(headers['cache-control'], mayBeKept, name);
  }
});

function checkSet(headers: IncomingHttpHeaders, name: string): void {
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /^default-src 'none'; /, name);
  assert.match(policy, /script-src 'self'; style-src 'self'; /, name);
  assert.match(policy, /base-uri 'none'; frame-ancestors 'none'/, name);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/, name);
  assert.equal(headers['x-content-type-options'], 'nosniff', name);
  assert.equal(headers['x-frame-options'], 'DENY', name);
  assert.equal(headers['cross-origin-opener-policy'], 'same-origin', name);
  assert.equal(headers['cross-origin-resource-policy'], 'same-origin', name);
  for (const told of [
    'server',
    'x-powered-by',
    'access-control-allow-origin',
    'access-control-allow-credentials',
    'via',
  ]) {
    assert.equal(headers[told], undefined, `${name}: ${told}`);
  }
}

test('by TLS, of this server or of a proxy that is believed, browsers are told to come by TLS alone', async () => {
  for (const [name, path, options] of [
    ['a page', '/g/x', {}],
    ['a problem', '/nothing', {}],
    ['live events', `${group()}/stream`, { headers: bearer() }],
    ['a file of a repository', '/repo/apt/dists/Release', {}],
  ] as const) {
    const given: { headers?: Record<string, string> } = options;
    const { headers } = await head(path, { headers: { ...given.headers, 'x-forwarded-proto': 'https' } });
    assert.equal(headers['strict-transport-security'], 'max-age=31536000', name);
  }
});

test('what never became a request is answered with the set too', async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('close', () => resolve(text));
  socket.on('error', () => resolve(text));
  socket.write('GET / HTTP/9.9\r\n\r\n');
  const [first = '', ...lines] = (await promise).split('\r\n\r\n')[0]?.split('\r\n') ?? [];
  assert.match(first, / 400 /);
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
  );
  checkSet(headers, 'no request');
  assert.equal(headers['cache-control'], 'no-store');
});

test('the cookie of a session: HttpOnly, SameSite, and over TLS Secure with the prefix that nobody can plant', async () => {
  const { server } = fixture;
  const { hashPassword } = await import('../../../../src/server/access/password-hash.ts');
  await addPerson(server, 'lee@example.net', { passwordHash: await hashPassword('correct horse') });
  const signIn = async (headers: Record<string, string>) => {
    const payload = { email: 'lee@example.net', password: 'correct horse' };
    const reply = await server.app.inject({ method: 'POST', url: '/api/v1/session', headers, payload });
    assert.equal(reply.statusCode, 200, reply.body);
    return String(reply.headers['set-cookie']);
  };
  const plain = await signIn({});
  assert.match(plain, /^leafward_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/);
  const encrypted = await signIn({ 'x-forwarded-proto': 'https' });
  assert.match(encrypted, /^__Host-leafward_session=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/);
  const [pair = ''] = encrypted.split(';');
  const read = (cookie: string, proto: string) =>
    server.app.inject({ url: '/api/v1/session', headers: { cookie, 'x-forwarded-proto': proto } });
  assert.equal((await read(pair, 'https')).statusCode, 200);
  const planted = pair.replace('__Host-', '');
  assert.equal(
    (await read(planted, 'https')).statusCode,
    401,
    'a cookie that others could have planted does not count',
  );
  const { csrf } = (await read(pair, 'https')).json<{ csrf: string }>();
  const out = await server.app.inject({
    method: 'DELETE',
    url: '/api/v1/session',
    headers: { cookie: pair, 'leafward-csrf': csrf, 'x-forwarded-proto': 'https' },
  });
  assert.match(String(out.headers['set-cookie']), /^__Host-leafward_session=; .*Secure/);
  assert.equal((await read(pair, 'https')).statusCode, 401, 'the session has ended on the server too');
});
