import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { LightMyRequestResponse } from 'fastify';
import { type BackupFixture, setId, startBackupFixture } from '../../../support/backup-fixture.ts';
import { addPerson, type TestPerson } from '../../../support/people.ts';
import { agentHeadersOf, api, hello, newAgent } from '../../../support/server-fixture.ts';

let fixture: BackupFixture;
let person: TestPerson;
let group: string;
let bearer: Record<string, string>;

before(async () => {
  fixture = await startBackupFixture(['rs0']);
  const { server, group: of, vault } = fixture;
  vault.view = { optime: { ts: 1_763_719_200n << 32n, term: 1 }, featureVersion: null, collections: [] };
  await api(server, of, 'POST', `/groups/${of.id}/backups/${setId('rs0')}/start`);
  person = await addPerson(server, 'kim@example.net', { roles: { [of.id]: ['owner'] }, administrator: true });
  group = `/api/v1/groups/${of.id}`;
  bearer = { authorization: `Bearer ${of.token}` };
  writeFileSync(join(server.dataDir, 'secret'), 'what nobody may read');
});
after(() => fixture[Symbol.asyncDispose]());

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'PUT';

function send(
  method: Method,
  url: string,
  headers: Record<string, string> = {},
  payload?: string | Buffer | object,
): Promise<LightMyRequestResponse> {
  return fixture.server.app.inject({ method, url, headers, ...(payload === undefined ? {} : { payload }) });
}
const json = { 'content-type': 'application/json' };

test('no address leads out of the folders that are served', async () => {
  for (const path of [
    '/repo/apt/../../secret',
    '/repo/apt/%2e%2e/%2e%2e/secret',
    '/repo/apt/..%2f..%2fsecret',
    '/repo/apt/..%5c..%5csecret',
    '/repo/apt/%00',
    '/repo/apt//etc/passwd',
    '/repo/apt/.git/config',
    '/settings/agents/..%2f..%2fsecret/x.tar.gz',
    '/restore/..%2f..%2fsecret',
    '/restore/%00/secret',
    '/web/../package.json',
    '/%2e%2e/package.json',
    '/assets/../../secret',
    '//evil.example.net/%2f..',
  ]) {
    const reply = await send('GET', path);
    assert.equal(reply.statusCode, 404, path);
    assert.equal(reply.json<{ code: string }>().code, 'NOT_FOUND', path);
    assert.equal(reply.headers['location'], undefined, path);
  }
});

test('an address that is none is refused as a problem, with the headers of every answer', async () => {
  for (const path of ['/%ff%fe', '/%c0%ae%c0%ae/secret', '/g/%E0%A4%A']) {
    const reply = await send('GET', path);
    assert.equal(reply.statusCode, 400, path);
    assert.equal(reply.json<{ code: string }>().code, 'BODY_UNREADABLE');
    assert.match(String(reply.headers['content-security-policy']), /default-src 'none'/);
    assert.equal(reply.headers['cache-control'], 'no-store');
  }
});

test('a body changes no prototype, neither by __proto__ nor by constructor', async () => {
  for (const body of [
    '{"__proto__":{"administrator":true},"name":"x"}',
    '{"constructor":{"prototype":{"administrator":true}},"name":"x"}',
    '{"name":"x","retention":{"__proto__":{"administrator":true}}}',
  ]) {
    assert.equal((await send('PATCH', group, { ...bearer, ...json }, body)).statusCode, 400, body);
  }
  assert.equal(Reflect.get({}, 'administrator'), undefined);
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.equal((await send('GET', `/api/v1/groups/${name}/hosts`, bearer)).statusCode, 404, name);
    assert.equal((await send('GET', `${group}/hosts/${name}`, bearer)).statusCode, 404, name);
  }
});

test('JSON that is nested ten thousand levels deep is refused, not a failure of the server', async () => {
  const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;
  const set = `${group}/backups/${setId('rs0')}`;
  for (const [path, body] of [
    [`${set}/find`, `{"namespace":"a.b","snapshotId":"s1","filter":${deep}}`],
    [`${set}/history`, `{"namespace":"a.b","id":${deep}}`],
    [`${set}/views`, `{"snapshotId":"s1","selection":{"namespace":"a.b","filter":${deep}}}`],
    [`${set}/restore-links`, `{"snapshotId":"s1","format":"tar","selection":{"namespace":"a.b","ids":[${deep}]}}`],
    [`${group}/hosts`, `{"host":${deep}}`],
    [`${group}/alert-rules`, `{"name":"x","condition":${deep}}`],
  ] as const) {
    assert.equal((await send('POST', path, { ...bearer, ...json }, body)).statusCode, 400, path);
  }
});

test('another site can do nothing with the cookie of a browser', async () => {
  const cookie = { cookie: person.headers['cookie'] ?? '' };
  const session = '/api/v1/session';
  const who = { email: 'kim@example.net', password: 'x' };
  for (const [what, status, method, path, headers, body] of [
    ['no token of the page', 403, 'PATCH', group, { ...cookie, ...json }, { name: 'evil' }],
    [
      'a token of another session',
      403,
      'PATCH',
      group,
      { ...cookie, ...json, 'leafward-csrf': 'x'.repeat(43) },
      { name: 'evil' },
    ],
    ['another site', 403, 'PATCH', group, { ...person.headers, origin: 'https://evil.example.net' }, { name: 'evil' }],
    [
      'a body as text',
      400,
      'POST',
      `${group}/hosts`,
      { ...person.headers, 'content-type': 'text/plain' },
      '{"host":"a:1"}',
    ],
    [
      'a body of a form',
      400,
      'POST',
      `${group}/hosts`,
      { ...person.headers, 'content-type': 'application/x-www-form-urlencoded' },
      'host=a',
    ],
    ['a sign-in of another site', 403, 'POST', session, { origin: 'https://evil.example.net' }, who],
    ['a sign-in of a sandbox', 403, 'POST', session, { origin: 'null' }, who],
    ['a sign-in that hides its site', 403, 'POST', session, { 'sec-fetch-site': 'cross-site' }, who],
    ['a sign-in as text', 400, 'POST', session, { 'content-type': 'text/plain' }, JSON.stringify(who)],
    ['another method in a header', 404, 'POST', group, { ...person.headers, 'x-http-method-override': 'DELETE' }, {}],
    [
      'a question of CORS',
      404,
      'OPTIONS',
      group,
      { origin: 'https://evil.example.net', 'access-control-request-method': 'PATCH' },
      undefined,
    ],
  ] as const) {
    const reply = await send(method, path, headers, body);
    assert.equal(reply.statusCode, status, `${what}: ${reply.body}`);
    assert.equal(reply.headers['access-control-allow-origin'], undefined, what);
  }
  const { name } = (await send('GET', group, bearer)).json<{ name: string }>();
  assert.equal(name, 'one', 'nothing has changed');
});

test('a session that a browser brought along is not the one that it gets', async () => {
  const { server } = fixture;
  const { hashPassword } = await import('../../../../src/server/access/password-hash.ts');
  await addPerson(server, 'lee@example.net', { passwordHash: await hashPassword('correct horse') });
  const planted = `leafward_session=${'p'.repeat(43)}`;
  const body = { email: 'lee@example.net', password: 'correct horse' };
  const reply = await send('POST', '/api/v1/session', { cookie: planted }, body);
  assert.equal(reply.statusCode, 200);
  assert.doesNotMatch(String(reply.headers['set-cookie']), /=p{43}/);
  assert.equal((await send('GET', '/api/v1/session', { cookie: planted })).statusCode, 401);
});

test('a gigabyte in thirty kilobytes is refused before it takes memory', async () => {
  const agent = newAgent(fixture.group);
  await hello(fixture.server, agent);
  const bomb = zstdCompressSync(Buffer.alloc(256 * 2 ** 20));
  const headers = { ...agentHeadersOf(agent), ...json, 'content-encoding': 'zstd' };
  assert.equal((await send('POST', '/agent/v1/report', headers, bomb)).statusCode, 413);
  const unpacked = await send(
    'POST',
    `${group}/hosts`,
    { ...bearer, ...json, 'content-encoding': 'gzip' },
    gzipSync('{"host":"a:1"}'),
  );
  assert.equal(unpacked.statusCode, 400, 'bodies of people are never unpacked');
});

test('names with control characters, and addresses that mean something to a shell, are refused', async () => {
  for (const name of ['x\r\nBcc: a@example.net', 'x\u0000', '\u001b[2J', '\u202egnp.exe', 'a\u2028b']) {
    assert.equal((await send('PATCH', group, bearer, { name })).statusCode, 400, JSON.stringify(name));
  }
  for (const publicUrl of [
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://user:password@example.net',
    "https://a'b.example.net",
    'https://example.net/$(id)',
    'https://example.net/?a',
    'https://example.net/#a',
    'https://example.net/`id`',
  ]) {
    assert.equal(
      (await send('PATCH', '/api/v1/server', { ...person.headers }, { publicUrl })).statusCode,
      400,
      publicUrl,
    );
  }
  for (const publicUrl of [
    'https://leafward.example.net',
    'http://127.0.0.1:8080/',
    'https://[2001:db8::1]:8443/leafward',
  ]) {
    assert.equal(
      (await send('PATCH', '/api/v1/server', { ...person.headers }, { publicUrl })).statusCode,
      200,
      publicUrl,
    );
  }
});

test('patterns that take a regular expression years are decided while one waits', async () => {
  const stars = `${'*a'.repeat(40)}*b`;
  const begun = process.cpuUsage();
  const target = { hostPattern: stars, hostTypes: [], sets: [], clusters: [], tags: [] };
  const rule = { name: 'slow', condition: { kind: 'hostDown' }, severity: 'warn', target };
  assert.equal((await send('POST', `${group}/alert-rules`, bearer, rule)).statusCode, 201);
  await api(fixture.server, fixture.group, 'POST', `/groups/${fixture.group.id}/hosts`, {
    host: `${'a'.repeat(200)}:27017`,
  });
  await fixture.server.look();
  assert.ok(process.cpuUsage(begun).user < 30e6, 'it took its time');
});
