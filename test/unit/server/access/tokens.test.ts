import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { checkAddresses, isInAddresses } from '../../../../src/server/access/address-list.ts';
import type { ApiToken } from '../../../../src/wire/api/access.ts';
import { startBackupFixture } from '../../../support/backup-fixture.ts';
import { addPerson, as, type TestPerson } from '../../../support/people.ts';
import { addGroup, api, type ServerFixture, startFixture, type TestGroup } from '../../../support/server-fixture.ts';

async function started(): Promise<{ server: ServerFixture; group: TestGroup; ann: TestPerson; path: string }> {
  const server = await startFixture();
  const group = await addGroup(server, 'Shop');
  const ann = await addPerson(server, 'ann@example.net', { roles: { [group.id]: ['owner'] } });
  return { server, group, ann, path: `/groups/${group.id}/tokens` };
}

test('addresses and networks of both kinds; what is neither is named', () => {
  const rows = [
    ['192.0.2.7', '192.0.2.7', true],
    ['192.0.2.7', '192.0.2.8', false],
    ['10.0.0.0/8', '10.255.0.1', true],
    ['10.0.0.0/8', '::ffff:10.1.2.3', true],
    ['::ffff:10.1.2.3', '10.1.2.3', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['2001:db8::/32', '2001:db8:1::1', true],
    ['2001:db8::/32', '2001:db9::1', false],
    ['2001:db8::/32', '', false],
    ['10.0.0.0/8', 'unknown', false],
  ] as const;
  for (const [entry, address, expected] of rows) {
    assert.equal(isInAddresses([entry], address), expected, `${address} in ${entry}`);
  }
  for (const wrong of [
    '10.0.0.0/33',
    '10.0.0',
    'host.example.net',
    '10.0.0.0/8/8',
    '2001:db8::/129',
    '/8',
    '10.0.0.0/',
    '10.0.0.0/-1',
  ]) {
    assert.throws(() => checkAddresses([wrong]), /neither an address nor a network/, wrong);
  }
});

test('a token works until it expires, from its addresses, with its roles; each refusal says why', async () => {
  const { server, group, ann, path } = await started();
  await using _ = server;
  const expiresAtMs = server.clock.ms + 10 * 86_400_000;
  const body = { name: 'nightly', roles: ['backupAdmin'], expiresAtMs, addresses: ['192.0.2.0/24'] };
  const made = await as(server, ann, 'POST', path, body);
  assert.equal(made.statusCode, 201, made.body);
  const { secret, token } = made.json<{ secret: string; token: ApiToken }>();
  assert.deepEqual([token.madeBy, token.state, token.roles], ['ann@example.net', 'active', ['backupAdmin']]);
  const call = (remoteAddress: string, more: Partial<InjectOptions> = {}) =>
    server.app.inject({
      url: `/api/v1/groups/${group.id}/hosts`,
      headers: { authorization: `Bearer ${secret}` },
      remoteAddress,
      ...more,
    });
  const well = await call('192.0.2.9');
  assert.deepEqual([well.statusCode, well.headers['leafward-token-expires']], [200, undefined]);
  const elsewhere = await call('198.51.100.9');
  assert.equal(elsewhere.statusCode, 403);
  assert.equal(elsewhere.json().code, 'TOKEN_REFUSED');
  assert.match(elsewhere.json().message, /"nightly" may not be used from 198\.51\.100\.9/);
  assert.match(elsewhere.json().hint, /192\.0\.2\.0\/24/);
  const forged = await call('198.51.100.9', {
    headers: { authorization: `Bearer ${secret}`, 'x-forwarded-for': '192.0.2.9' },
  });
  assert.equal(forged.statusCode, 403, 'only a trusted proxy says where a request comes from');
  const written = await call('192.0.2.9', { method: 'POST', payload: { host: 'db1' } });
  assert.equal(written.statusCode, 403);
  assert.match(
    written.json().message,
    /monitoring\.write, which the role owner or monitoringAdmin has; yours: backupAdmin/,
  );
  const [seen] = (await as(server, ann, 'GET', path)).json<ApiToken[]>().filter(({ name }) => name === 'nightly');
  assert.deepEqual([seen?.lastUsedAddress, seen?.lastUsedAtMs], ['192.0.2.9', server.clock.ms]);
  const other = await addPerson(server, 'other@example.net', { roles: { [group.id]: ['owner'] } });
  const stateOf = async () =>
    (await as(server, other, 'GET', path)).json<ApiToken[]>().find(({ name }) => name === 'nightly')?.state;
  server.clock.ms += 4 * 86_400_000;
  assert.equal(await stateOf(), 'expiring', 'warned a week ahead');
  assert.equal((await call('192.0.2.9')).headers['leafward-token-expires'], new Date(expiresAtMs).toISOString());
  server.clock.ms = expiresAtMs;
  const late = await call('192.0.2.9');
  assert.deepEqual([late.statusCode, late.json().code], [401, 'TOKEN_EXPIRED']);
  assert.equal(
    (await addPerson(server, 'later@example.net', { roles: { [group.id]: ['owner'] } })).user.disabled,
    false,
  );
});

test('behind a trusted proxy the address is the one that the proxy saw; a client that writes one itself gains nothing', async () => {
  await using fixture = await startBackupFixture([], { trustProxy: ['10.0.0.1'] });
  const { server, group } = fixture;
  const body = { name: 'office', roles: ['readOnly'], addresses: ['192.0.2.0/24'] };
  const made = await api(server, group, 'POST', `/groups/${group.id}/tokens`, body);
  const authorization = `Bearer ${made.json<{ secret: string }>().secret}`;
  const call = async (remoteAddress: string, forwarded: string) => {
    const headers = { authorization, 'x-forwarded-for': forwarded };
    return (await server.app.inject({ url: `/api/v1/groups/${group.id}/hosts`, headers, remoteAddress })).statusCode;
  };
  assert.equal(await call('10.0.0.1', '192.0.2.9'), 200);
  assert.equal(await call('10.0.0.1', '198.51.100.9'), 403);
  assert.equal(await call('10.0.0.1', '192.0.2.9, 198.51.100.9'), 403, 'what stands before the proxy said the client');
  assert.equal(await call('198.51.100.9', '192.0.2.9'), 403, 'not through the proxy');
});

test('a token that expires or is bound to addresses hands out no rights; wrong limits are refused', async () => {
  const { server, group, ann, path } = await started();
  await using _ = server;
  const make = async (body: object) => as(server, ann, 'POST', path, { name: 't', roles: ['owner'], ...body });
  assert.equal((await make({ addresses: ['nonsense'] })).statusCode, 400);
  assert.equal((await make({ expiresAtMs: server.clock.ms })).statusCode, 400);
  assert.equal((await make({ roles: [] })).statusCode, 400);
  assert.equal((await make({ roles: ['operator'] })).statusCode, 400);
  for (const limit of [{ addresses: ['127.0.0.1'] }, { expiresAtMs: server.clock.ms + 1000 }]) {
    const { secret } = (await make(limit)).json<{ secret: string }>();
    const limited = { headers: { authorization: `Bearer ${secret}` } };
    assert.equal((await as(server, limited, 'GET', path)).statusCode, 200);
    const member = `/groups/${group.id}/members/${ann.user.id}`;
    for (const [method, url, body] of [
      ['POST', path, { name: 'for ever', roles: ['owner'] }],
      ['POST', `/groups/${group.id}/invitations`, { email: 'eve@example.net', roles: ['owner'] }],
      ['PATCH', member, { roles: ['owner'] }],
    ] as const) {
      assert.equal((await as(server, limited, method, url, body)).statusCode, 403, url);
    }
  }
});

test('a token never does more than who made it: a lost role takes it away at once, a regained one brings it back', async () => {
  const { server, group, ann, path } = await started();
  await using _ = server;
  const bob = await addPerson(server, 'bob@example.net', { roles: { [group.id]: ['owner'] } });
  const { secret } = (await as(server, bob, 'POST', path, { name: 'bobs', roles: ['monitoringAdmin'] })).json<{
    secret: string;
  }>();
  const script = { headers: { authorization: `Bearer ${secret}` } };
  const hosts = `/groups/${group.id}/hosts`;
  const add = async (host: string) => (await as(server, script, 'POST', hosts, { host })).statusCode;
  const stateOf = async () =>
    (await as(server, ann, 'GET', path)).json<ApiToken[]>().find(({ name }) => name === 'bobs')?.state;
  const member = `/groups/${group.id}/members/${bob.user.id}`;
  assert.equal(await add('db1'), 201);
  await as(server, ann, 'PATCH', member, { roles: ['readOnly'] });
  assert.equal(await add('db2'), 403);
  assert.equal((await as(server, script, 'GET', hosts)).statusCode, 200, 'bob may still read');
  assert.equal(await stateOf(), 'stopped');
  await as(server, ann, 'PATCH', member, { roles: ['monitoringAdmin'] });
  assert.equal(await add('db2'), 201);
  await as(server, ann, 'DELETE', member);
  assert.equal((await as(server, script, 'GET', hosts)).json().code, 'TOKEN_REFUSED');
});
