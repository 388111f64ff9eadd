import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword } from '../../../../src/server/access/password-hash.ts';
import { addPerson, as, newSession, type TestPerson } from '../../../support/people.ts';
import { addGroup, type ServerFixture, startFixture, type TestGroup } from '../../../support/server-fixture.ts';

const password = 'correct horse battery';
const passwordHash = await hashPassword(password);

async function started(): Promise<{ server: ServerFixture; group: TestGroup; ann: TestPerson; admin: TestPerson }> {
  const server = await startFixture();
  const group = await addGroup(server, 'Shop');
  const ann = await addPerson(server, 'ann@example.net', { passwordHash, roles: { [group.id]: ['owner'] } });
  const admin = await addPerson(server, 'admin@example.net', {
    passwordHash,
    administrator: true,
    roles: { [group.id]: ['owner'] },
  });
  return { server, group, ann, admin };
}

function signIn(
  { app }: ServerFixture,
  email: string,
  typed = password,
  headers: Readonly<Record<string, string>> = {},
) {
  return app.inject({ method: 'POST', url: '/api/v1/session', payload: { email, password: typed }, headers });
}

test('sessions are listed with address and browser, ended one by one or all others, never those of somebody else', async () => {
  const { server, ann, admin } = await started();
  await using _ = server;
  const agent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const reply = await server.app.inject({
    method: 'POST',
    url: '/api/v1/session',
    payload: { email: 'ann@example.net', password },
    headers: { 'user-agent': agent },
    remoteAddress: '192.0.2.33',
  });
  assert.equal(reply.statusCode, 200);
  const list = (await as(server, ann, 'GET', '/account/sessions')).json<
    { id: string; current: boolean; address: string; browser: string }[]
  >();
  const other = list.find(({ current }) => !current);
  assert.deepEqual([other?.address, other?.browser], ['192.0.2.33', 'Firefox on Linux']);
  assert.equal((await as(server, admin, 'DELETE', `/account/sessions/${other?.id}`)).statusCode, 404);
  const [cookie = ''] = String(reply.headers['set-cookie']).split(';');
  const read = () => server.app.inject({ url: '/api/v1/session', headers: { cookie } });
  assert.equal((await read()).statusCode, 200);
  assert.equal((await as(server, ann, 'DELETE', `/account/sessions/${other?.id}`)).statusCode, 204);
  assert.equal((await read()).statusCode, 401);
  await newSession(server, ann.user.id);
  assert.equal((await as(server, ann, 'DELETE', '/account/sessions')).statusCode, 204);
  assert.equal((await as(server, ann, 'GET', '/account/sessions')).json().length, 1);
});

test('a sign-in makes a new session and ends the one that the browser had; limits of sessions count at once', async () => {
  const { server, admin } = await started();
  await using _ = server;
  const first = await signIn(server, 'ann@example.net');
  const [cookie = ''] = String(first.headers['set-cookie']).split(';');
  const second = await signIn(server, 'ann@example.net', password, { cookie });
  const [renewed = ''] = String(second.headers['set-cookie']).split(';');
  assert.notEqual(renewed, cookie);
  const read = (one: string) => server.app.inject({ url: '/api/v1/session', headers: { cookie: one } });
  assert.equal((await read(cookie)).statusCode, 401);
  assert.equal((await read(renewed)).statusCode, 200);
  server.clock.ms += 2 * 3_600_000;
  assert.equal((await read(renewed)).statusCode, 200);
  server.clock.ms += 3_600_000 + 1;
  assert.equal((await as(server, admin, 'PATCH', '/instance/access', { sessionIdleHours: 1 })).statusCode, 200);
  assert.equal((await read(renewed)).statusCode, 401, 'an hour without use');
  assert.equal((await as(server, admin, 'GET', '/session')).statusCode, 200, 'the one who asked was here just now');
});

test('a new password ends every other session, voids links, and goes on under a new token', async () => {
  const { server, ann, admin } = await started();
  await using _ = server;
  const other = await newSession(server, ann.user.id);
  const link = (await as(server, admin, 'POST', `/users/${ann.user.id}/password-link`)).json<{ link: string }>().link;
  const token = link.split('/').at(-1) ?? '';
  assert.equal((await server.app.inject(`/api/v1/password-reset/${token}`)).json().email, 'ann@example.net');
  const wanted = { currentPassword: password, newPassword: 'a new and longer one' };
  assert.equal(
    (await as(server, ann, 'POST', '/account/password', { ...wanted, currentPassword: 'x' })).statusCode,
    400,
  );
  const changed = await as(server, ann, 'POST', '/account/password', wanted);
  assert.equal(changed.statusCode, 200, changed.body);
  const [cookie = ''] = String(changed.headers['set-cookie']).split(';');
  for (const headers of [other, ann.headers])
    assert.equal((await as(server, { headers }, 'GET', '/session')).statusCode, 401);
  assert.equal((await server.app.inject({ url: '/api/v1/session', headers: { cookie } })).statusCode, 200);
  const payload = { password: 'one more password' };
  const voided = await server.app.inject({ method: 'POST', url: `/api/v1/password-reset/${token}`, payload });
  assert.equal(voided.statusCode, 410);
  assert.equal((await signIn(server, 'ann@example.net')).statusCode, 401);
  assert.equal((await signIn(server, 'ann@example.net', wanted.newPassword)).statusCode, 200);
});

test('asking for a new password is answered alike for everybody, and slowed down per address', async () => {
  const { server } = await started();
  await using _ = server;
  const ask = (email: string, remoteAddress: string) =>
    server.app.inject({ method: 'POST', url: '/api/v1/password-reset', payload: { email }, remoteAddress });
  const [known, unknown] = [await ask('ann@example.net', '192.0.2.1'), await ask('nobody@example.net', '192.0.2.2')];
  assert.deepEqual([known.statusCode, known.body], [202, unknown.body]);
  assert.equal(unknown.statusCode, 202);
  for (let i = 0; i < 4; i++) await ask(`nobody${i}@example.net`, '192.0.2.2');
  assert.equal((await ask('ann@example.net', '192.0.2.2')).statusCode, 429);
  assert.equal((await ask('ann@example.net', '192.0.2.3')).statusCode, 202);
});

test('a disabled user is out at once: sessions, sign-in, links, and the tokens that they made', async () => {
  const { server, group, ann, admin } = await started();
  await using _ = server;
  const made = await as(server, ann, 'POST', `/groups/${group.id}/tokens`, { name: 'script', roles: ['owner'] });
  const { secret } = made.json<{ secret: string }>();
  const script = { headers: { authorization: `Bearer ${secret}` } };
  const child = (
    await as(server, script, 'POST', `/groups/${group.id}/tokens`, { name: 'child', roles: ['readOnly'] })
  ).json();
  const link = (await as(server, admin, 'POST', `/users/${ann.user.id}/password-link`)).json<{ link: string }>().link;
  const hosts = `/groups/${group.id}/hosts`;
  const childHeaders = { headers: { authorization: `Bearer ${child.secret}` } };
  for (const who of [ann, script, childHeaders]) assert.equal((await as(server, who, 'GET', hosts)).statusCode, 200);
  const off = await as(server, admin, 'PATCH', `/users/${ann.user.id}`, { disabled: true });
  assert.equal(off.statusCode, 200, off.body);
  assert.equal((await as(server, ann, 'GET', hosts)).statusCode, 401);
  for (const who of [script, childHeaders])
    assert.equal((await as(server, who, 'GET', hosts)).json().code, 'TOKEN_REFUSED');
  assert.match((await signIn(server, 'ann@example.net')).json().message, /disabled/);
  assert.equal(
    (await signIn(server, 'ann@example.net', 'wrong')).json().message,
    'the e-mail address or the password is wrong',
  );
  const token = link.split('/').at(-1) ?? '';
  const reset = await server.app.inject({
    method: 'POST',
    url: `/api/v1/password-reset/${token}`,
    payload: { password: 'a new password' },
  });
  assert.equal(reset.statusCode, 410);
  assert.equal((await as(server, admin, 'PATCH', `/users/${ann.user.id}`, { disabled: false })).statusCode, 200);
  assert.equal((await as(server, script, 'GET', hosts)).statusCode, 200, 'the tokens work again');
  assert.equal((await as(server, ann, 'GET', hosts)).statusCode, 401, 'the sessions are gone for good');
});

test('the last administrator stays one; administrators make members where no owner can', async () => {
  const { server, group, ann, admin } = await started();
  await using _ = server;
  const path = `/users/${admin.user.id}`;
  for (const change of [{ administrator: false }, { disabled: true }]) {
    assert.equal((await as(server, admin, 'PATCH', path, change)).statusCode, 409);
  }
  assert.equal((await as(server, admin, 'DELETE', path)).statusCode, 409);
  assert.equal((await as(server, ann, 'GET', '/users')).statusCode, 403, 'owners of groups administer no server');
  await as(server, admin, 'PATCH', `/users/${ann.user.id}`, { administrator: true });
  assert.equal((await as(server, ann, 'DELETE', path)).statusCode, 204);
  assert.equal((await as(server, admin, 'GET', '/session')).statusCode, 401);
  assert.equal(
    (await as(server, ann, 'DELETE', `/users/${ann.user.id}`)).statusCode,
    409,
    'the last one, and an owner',
  );
  const bob = await addPerson(server, 'bob@example.net');
  assert.equal(
    (await as(server, ann, 'PUT', `/users/${bob.user.id}/groups/${group.id}`, { roles: ['owner'] })).statusCode,
    200,
  );
  assert.equal(
    (await as(server, ann, 'PUT', `/users/${bob.user.id}/groups/g_none`, { roles: ['owner'] })).statusCode,
    404,
  );
  assert.equal((await as(server, bob, 'GET', `/groups/${group.id}/members`)).json().length, 2);
});
