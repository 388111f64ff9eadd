import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addFirstOwner, addLink } from '../../../src/server/access/accounts.ts';
import { type ServerFixture, startFixture } from '../../support/server-fixture.ts';

const owner = { email: 'Ann@Example.net', password: 'correct horse battery', groupName: 'Shop' };

test('a set-up link makes the first account once, signs in, and is used up', async () => {
  await using server = await startFixture();
  const { token } = await addLink(server.context, 'setup', null);
  assert.deepEqual((await server.app.inject(`/api/v1/setup?token=${token}`)).json().valid, true);
  const body = { token, ...owner, publicUrl: 'https://leafward.example.net/' };
  const headers = { host: 'leafward.example.net' };
  const first = await server.app.inject({ method: 'POST', url: '/api/v1/setup', headers, payload: body });
  assert.equal(first.statusCode, 200, first.body);
  assert.equal(first.json().groups[0].name, 'Shop');
  assert.equal(server.context.address.publicUrl(), 'https://leafward.example.net');
  const cookie = String(first.headers['set-cookie']);
  assert.match(cookie, /HttpOnly/);
  assert.match(cookie, /SameSite=Lax/);
  assert.match(cookie, /Secure/, 'publicUrl is https');
  const second = await server.app.inject({ method: 'POST', url: '/api/v1/setup', payload: body });
  assert.equal(second.statusCode, 410);
  assert.equal((await server.app.inject(`/api/v1/setup?token=${token}`)).json().valid, false);
});

test('a set-up link expires after an hour', async () => {
  await using server = await startFixture();
  const { token } = await addLink(server.context, 'setup', null);
  server.clock.ms += 3_600_001;
  const body = { token, ...owner, publicUrl: 'http://127.0.0.1:8080' };
  const reply = await server.app.inject({ method: 'POST', url: '/api/v1/setup', payload: body });
  assert.equal(reply.statusCode, 410);
  assert.equal(reply.json().code, 'LINK_EXPIRED');
});

test('of two set-ups at once only one makes an account', async () => {
  await using server = await startFixture();
  const outcomes = await Promise.allSettled([
    addFirstOwner(server.context, owner),
    addFirstOwner(server.context, owner),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.equal((await server.context.stores.groups.groups()).length, 1);
});

test("a change needs the page's token, and another site is refused", async () => {
  await using server = await startFixture();
  await addFirstOwner(server.context, owner);
  const { cookie, csrf, groupId } = await signIn(server);
  const change = (headers: Record<string, string>) =>
    server.app.inject({
      method: 'POST',
      url: `/api/v1/groups/${groupId}/hosts`,
      headers: { cookie, ...headers },
      payload: { host: 'db1' },
    });
  assert.equal((await change({})).statusCode, 403);
  assert.equal(
    (await change({ 'leafward-csrf': `${csrf.startsWith('x') ? 'y' : 'x'}${csrf.slice(1)}` })).statusCode,
    403,
  );
  assert.equal((await change({ 'leafward-csrf': csrf, origin: 'https://evil.example' })).statusCode, 403);
  assert.equal((await change({ 'leafward-csrf': csrf, origin: 'null' })).statusCode, 403);
  const good = await change({ 'leafward-csrf': csrf, origin: 'http://localhost:8080', host: 'localhost:8080' });
  assert.equal(good.statusCode, 201, good.body);
});

test('signing out ends the session, and so does a week without use', async () => {
  await using server = await startFixture();
  await addFirstOwner(server.context, owner);
  const first = await signIn(server);
  const read = (cookie: string) => server.app.inject({ url: '/api/v1/session', headers: { cookie } });
  assert.equal((await read(first.cookie)).statusCode, 200);
  const headers = { cookie: first.cookie, 'leafward-csrf': first.csrf };
  assert.equal((await server.app.inject({ method: 'DELETE', url: '/api/v1/session', headers })).statusCode, 204);
  assert.equal((await read(first.cookie)).statusCode, 401);
  const second = await signIn(server);
  server.clock.ms += 7 * 86_400_000 + 1;
  assert.equal((await read(second.cookie)).statusCode, 401);
});

test('guesses at a password are slowed down, whatever the spelling, but not where the owner signed in before', async () => {
  await using server = await startFixture();
  const { user } = await addFirstOwner(server.context, owner);
  const guess = (email: string, password: string, remoteAddress = '198.51.100.7') =>
    server.app.inject({ method: 'POST', url: '/api/v1/session', payload: { email, password }, remoteAddress });
  assert.equal((await guess('ann@example.net', owner.password, '192.0.2.1')).statusCode, 200, 'at home');
  for (let i = 0; i < 5; i++)
    assert.equal((await guess('ann@example.net', `wrong ${i}`)).json().code, 'SIGN_IN_REFUSED');
  const blocked = await guess('ANN@example.net ', owner.password);
  assert.equal(blocked.statusCode, 429);
  assert.equal(blocked.headers['retry-after'], '1');
  assert.equal((await guess('someone@else.net', 'x')).statusCode, 401, 'the address has guesses left');
  assert.equal((await guess('ann@example.net', owner.password, '192.0.2.1')).statusCode, 200, 'nor the owner at home');
  // The way in from a new network meanwhile: a link by mail.
  const { token } = await addLink(server.context, 'password', user.id);
  const reset = { method: 'POST', url: `/api/v1/password-reset/${token}`, remoteAddress: '198.51.100.7' } as const;
  const password = 'another horse battery';
  assert.equal((await server.app.inject({ ...reset, payload: { password } })).statusCode, 204);
  assert.equal((await guess('ann@example.net', password)).statusCode, 200);
  const isKnown = (network: string) => server.context.stores.networks.knowsNetwork('ann@example.net', network, 0);
  assert.deepEqual([await isKnown('198.51.100.7'), await isKnown('192.0.2.1')], [true, false], 'others are forgotten');
  await server.context.stores.networks.forgetNetworks(server.clock.ms + 1);
  assert.equal(await isKnown('198.51.100.7'), false);
});

test('an unknown address and a wrong password are told apart by nobody', async () => {
  await using server = await startFixture();
  await addFirstOwner(server.context, owner);
  const guess = (email: string) =>
    server.app.inject({ method: 'POST', url: '/api/v1/session', payload: { email, password: 'wrong' } });
  assert.equal((await guess('nobody@example.net')).body, (await guess('ann@example.net')).body);
});

test('a sign-in link works once and for ten minutes', async () => {
  await using server = await startFixture();
  const { user } = await addFirstOwner(server.context, owner);
  const use = (token: string) => server.app.inject({ method: 'POST', url: '/api/v1/session/link', payload: { token } });
  const { token } = await addLink(server.context, 'sign-in', user.id);
  assert.equal((await use(token)).statusCode, 200);
  assert.equal((await use(token)).statusCode, 410);
  const late = await addLink(server.context, 'sign-in', user.id);
  server.clock.ms += 600_001;
  assert.equal((await use(late.token)).statusCode, 410);
});

test('read only reads and changes nothing; the refusal names the permission and the roles that have it', async () => {
  await using server = await startFixture();
  const { group } = await addFirstOwner(server.context, owner);
  const { addApiToken } = await import('../../../src/server/access/accounts.ts');
  const { secret } = await addApiToken(server.context, group.id, 'eyes', ['readOnly']);
  const headers = { authorization: `Bearer ${secret}` };
  assert.equal((await server.app.inject({ url: `/api/v1/groups/${group.id}/hosts`, headers })).statusCode, 200);
  const refused = await server.app.inject({
    method: 'POST',
    url: `/api/v1/groups/${group.id}/hosts`,
    headers,
    payload: { host: 'db1' },
  });
  assert.equal(refused.statusCode, 403);
  assert.match(refused.json().message, /monitoring\.write.*owner or monitoringAdmin/);
  assert.equal((await server.app.inject({ url: `/api/v1/groups/${group.id}/keys`, headers })).statusCode, 403);
});

async function signIn({ app }: ServerFixture): Promise<{ cookie: string; csrf: string; groupId: string }> {
  const payload = { email: ' ann@example.net', password: owner.password };
  const reply = await app.inject({ method: 'POST', url: '/api/v1/session', payload });
  assert.equal(reply.statusCode, 200, reply.body);
  const [cookie = ''] = String(reply.headers['set-cookie']).split(';');
  return { cookie, csrf: reply.json().csrf, groupId: reply.json().groups[0].id };
}
