import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addLink } from '../../../../src/server/access/accounts.ts';
import { accountOf } from '../../../../src/server/sign-in/provider-account.ts';
import { signInSection } from '../../../../src/server/sign-in/sign-in-section.ts';
import { addPerson, as, statuses, type TestPerson } from '../../../support/people.ts';
import { addGroup, type ServerFixture, startFixture, type TestGroup } from '../../../support/server-fixture.ts';

const password = 'correct horse battery';

async function started(): Promise<{ server: ServerFixture; group: TestGroup; ann: TestPerson }> {
  const server = await startFixture();
  const group = await addGroup(server, 'Shop');
  const ann = await addPerson(server, 'ann@example.net', { roles: { [group.id]: ['owner'] } });
  return { server, group, ann };
}

/** Invites and gives back the token of the link. */
async function invite(server: ServerFixture, group: TestGroup, by: TestPerson, email: string, roles = ['backupAdmin']) {
  const reply = await as(server, by, 'POST', `/groups/${group.id}/invitations`, { email, roles });
  assert.equal(reply.statusCode, 201, reply.body);
  const { link, mailed, invitation } = reply.json<{ link: string; mailed: boolean; invitation: { id: string } }>();
  assert.equal(mailed, false, 'there is no mail server');
  return { token: link.split('/').at(-1) ?? '', id: invitation.id };
}

const accept = (
  { app }: ServerFixture,
  token: string,
  payload: object,
  headers: Readonly<Record<string, string>> = {},
) => app.inject({ method: 'POST', url: `/api/v1/invitations/${token}/accept`, payload, headers });

test('an invitation makes an account with its roles, once; of two at once one gets in', async () => {
  const { server, group, ann } = await started();
  await using _ = server;
  const { token } = await invite(server, group, ann, 'Bob@Example.net');
  const state = (await server.app.inject(`/api/v1/invitations/${token}`)).json();
  assert.deepEqual(
    [state.valid, state.groupName, state.email, state.hasAccount],
    [true, 'Shop', 'bob@example.net', false],
  );
  assert.equal((await accept(server, token, {})).statusCode, 400, 'a new account needs a password');
  assert.equal((await accept(server, token, { password: 'short' })).statusCode, 400);
  const both = await Promise.all([
    accept(server, token, { password, name: 'Bob' }),
    accept(server, token, { password }),
  ]);
  assert.deepEqual(statuses(both), [200, 410]);
  const joined = both.find(({ statusCode }) => statusCode === 200);
  assert.match(String(joined?.headers['set-cookie']), /leafward_session=/);
  assert.deepEqual(joined?.json().groups[0].permissions, ['group.read', 'backup.write']);
  assert.equal((await accept(server, token, { password })).statusCode, 410);
  assert.equal((await server.app.inject(`/api/v1/invitations/${token}`)).json().valid, false);
  const members = (await as(server, ann, 'GET', `/groups/${group.id}/members`)).json<
    { email: string; lastOwner: boolean }[]
  >();
  assert.deepEqual(
    members.map(({ email, lastOwner }) => [email, lastOwner]),
    [
      ['ann@example.net', true],
      ['bob@example.net', false],
    ],
  );
  const signIn = { email: 'bob@example.net', password };
  assert.equal((await server.app.inject({ method: 'POST', url: '/api/v1/session', payload: signIn })).statusCode, 200);
});

test('who has an account joins signed in as it, and as nobody else', async () => {
  const { server, group, ann } = await started();
  await using _ = server;
  const bob = await addPerson(server, 'bob@example.net');
  const eve = await addPerson(server, 'eve@example.net');
  const { token } = await invite(server, group, ann, 'bob@example.net', ['readOnly', 'dataAccess']);
  assert.equal((await accept(server, token, { password })).statusCode, 401, 'a password does not take over an account');
  assert.equal(
    (await accept(server, token, {}, { cookie: bob.headers['cookie'] ?? '' })).statusCode,
    403,
    'without the page',
  );
  assert.equal((await accept(server, token, {}, eve.headers)).statusCode, 403);
  const both = await Promise.all([accept(server, token, {}, bob.headers), accept(server, token, {}, bob.headers)]);
  assert.deepEqual(statuses(both), [200, 410]);
  assert.equal((await as(server, bob, 'GET', `/groups/${group.id}/hosts`)).statusCode, 200);
  const again = await as(server, ann, 'POST', `/groups/${group.id}/invitations`, {
    email: 'bob@example.net',
    roles: ['owner'],
  });
  assert.equal(again.statusCode, 409, 'a member is not invited');
});

test('invitations end after a week, when they are withdrawn, and when a newer one goes to the same address', async () => {
  const { server, group, ann } = await started();
  await using _ = server;
  const old = await invite(server, group, ann, 'bob@example.net');
  const newer = await invite(server, group, ann, 'bob@example.net', ['readOnly']);
  assert.equal((await accept(server, old.token, { password })).statusCode, 410);
  const gone = await as(server, ann, 'DELETE', `/groups/${group.id}/invitations/${newer.id}`);
  assert.equal(gone.statusCode, 204);
  assert.equal((await accept(server, newer.token, { password })).statusCode, 410);
  const late = await invite(server, group, ann, 'bob@example.net');
  server.clock.ms += 7 * 86_400_000 - 1000;
  const owner = await addPerson(server, 'second@example.net', { roles: { [group.id]: ['owner'] } });
  assert.equal((await as(server, owner, 'GET', `/groups/${group.id}/invitations`)).json().length, 1);
  server.clock.ms += 1001;
  assert.equal((await accept(server, late.token, { password })).statusCode, 410);
  assert.deepEqual((await as(server, owner, 'GET', `/groups/${group.id}/invitations`)).json(), []);
  const hashes = await server.context.stores.members.invitations(group.id);
  assert.ok(
    hashes.every(({ hash }) => !Buffer.from(hash).toString().includes(late.token)),
    'the store holds a hash',
  );
});

test('an owner who is taken out does not come back by an invitation that they kept', async () => {
  const { server, group, ann } = await started();
  await using _ = server;
  const eve = await addPerson(server, 'eve@example.net', { roles: { [group.id]: ['owner'] } });
  const kept = await invite(server, group, eve, 'eve2@example.net', ['owner']);
  const made = await as(server, eve, 'POST', `/groups/${group.id}/tokens`, { name: 'kept', roles: ['owner'] });
  const script = { headers: { authorization: `Bearer ${made.json<{ secret: string }>().secret}` } };
  const byToken = await as(server, script, 'POST', `/groups/${group.id}/invitations`, {
    email: 'eve3@example.net',
    roles: ['owner'],
  });
  const member = `/groups/${group.id}/members/${eve.user.id}`;
  assert.equal((await as(server, ann, 'PATCH', member, { roles: ['monitoringAdmin'] })).statusCode, 200);
  assert.equal((await accept(server, kept.token, { password })).statusCode, 410);
  assert.equal((await server.app.inject(`/api/v1/invitations/${kept.token}`)).json().valid, false);
  const token = byToken.json<{ link: string }>().link.split('/').at(-1) ?? '';
  assert.equal((await accept(server, token, { password })).statusCode, 410, 'nor by one that a token of theirs made');
  assert.equal((await as(server, ann, 'DELETE', member)).statusCode, 204);
  assert.equal((await as(server, ann, 'PATCH', member, { roles: ['owner'] })).statusCode, 404, 'a change adds nobody');
});

test('who made an account of an address that is not theirs does not get in once its owner comes by a provider', async () => {
  const { server, group, ann } = await started();
  await using _ = server;
  const settings = signInSection.value.parse({ oidc: { linkByEmail: true } });
  const signIn = async (email: string) =>
    (await server.app.inject({ method: 'POST', url: '/api/v1/session', payload: { email, password } })).statusCode;
  for (const [name, isProven, expected] of [
    ['victim', false, 401],
    ['honest', true, 200],
  ] as const) {
    const email = `${name}@example.net`;
    const { token } = await invite(server, group, ann, email);
    const squatter = await accept(server, token, { password });
    assert.equal(squatter.statusCode, 200);
    const user = await server.context.stores.accounts.userByEmail(email);
    assert.equal(user?.emailProven, false);
    if (isProven) {
      const link = await addLink(server.context, 'password', user.id);
      const reset = { method: 'POST', url: `/api/v1/password-reset/${link.token}`, payload: { password } } as const;
      assert.equal((await server.app.inject(reset)).statusCode, 204);
    }
    const person = { provider: 'oidc', subject: `https://idp ${name}`, email, name, values: [] } as const;
    assert.equal((await accountOf(server.context, settings, person, '192.0.2.1')).id, user.id);
    assert.equal(await signIn(email), expected, name);
    const cookie = String(squatter.headers['set-cookie']).split(';')[0] ?? '';
    assert.equal((await server.app.inject({ url: '/api/v1/session', headers: { cookie } })).statusCode, 401);
  }
});

test('the last owner stays, also of two who go at once; roles count from the next request on', async () => {
  const { server, group, ann } = await started();
  await using _ = server;
  const path = `/groups/${group.id}/members`;
  assert.equal((await as(server, ann, 'DELETE', `${path}/${ann.user.id}`)).statusCode, 409);
  assert.equal((await as(server, ann, 'PATCH', `${path}/${ann.user.id}`, { roles: ['readOnly'] })).statusCode, 409);
  assert.equal((await as(server, ann, 'PATCH', `${path}/${ann.user.id}`, { roles: [] })).statusCode, 400);
  assert.equal(
    (await as(server, ann, 'PATCH', `${path}/${ann.user.id}`, { roles: ['owner', 'owner'] })).statusCode,
    400,
  );
  assert.equal(
    (await as(server, ann, 'PATCH', `${path}/u_none`, { roles: ['owner'] })).statusCode,
    404,
    'nobody is added so',
  );
  const bob = await addPerson(server, 'bob@example.net', { roles: { [group.id]: ['owner'] } });
  const both = await Promise.all([
    as(server, ann, 'DELETE', `${path}/${ann.user.id}`),
    as(server, bob, 'PATCH', `${path}/${bob.user.id}`, { roles: ['readOnly'] }),
  ]);
  assert.deepEqual(both.map(({ statusCode }) => statusCode).filter((code) => code === 409).length, 1);
  const [stays, goes] = both[0].statusCode === 409 ? [ann, bob] : [bob, ann];
  assert.ok((await as(server, goes, 'GET', path)).statusCode >= 403);
  const disabled = await server.context.stores.accounts.setDisabled(stays.user.id, true);
  assert.equal(disabled, false, 'the last owner is not disabled either');
  const third = await addPerson(server, 'third@example.net', { roles: { [group.id]: ['owner'] } });
  await server.context.stores.accounts.setDisabled(third.user.id, true);
  assert.equal(
    (await as(server, stays, 'DELETE', `${path}/${stays.user.id}`)).statusCode,
    409,
    'a disabled owner is none',
  );
});

test('a change of roles, a removal and a sign-out end open streams at once', async () => {
  const { server, group, ann } = await started();
  await using _ = server;
  const bob = await addPerson(server, 'bob@example.net', { roles: { [group.id]: ['readOnly'] } });
  const open = async (headers: Readonly<Record<string, string>>) => {
    const url = `/api/v1/groups/${group.id}/stream`;
    const reply = await server.app.inject({ url, headers, payloadAsStream: true });
    assert.equal(reply.statusCode, 200);
    const ended = reply.stream().toArray();
    return { ended };
  };
  const path = `/groups/${group.id}/members/${bob.user.id}`;
  const [mine, others] = [await open(bob.headers), await open(ann.headers)];
  assert.equal(server.context.hub.clients(), 2);
  assert.equal((await as(server, ann, 'PATCH', path, { roles: ['backupAdmin'] })).statusCode, 200);
  await mine.ended;
  assert.equal(server.context.hub.clients(), 1, 'only his');
  const next = await open(bob.headers);
  assert.equal((await as(server, bob, 'DELETE', '/session')).statusCode, 204);
  await next.ended;
  assert.equal((await as(server, ann, 'DELETE', path)).statusCode, 204);
  await as(server, ann, 'DELETE', '/session');
  await others.ended;
  assert.equal(server.context.hub.clients(), 0);
});

test('a link to a new password is no link to sign in, nor the other way round', async () => {
  const { server, ann } = await started();
  await using _ = server;
  const [signIn, reset] = [
    await addLink(server.context, 'sign-in', ann.user.id),
    await addLink(server.context, 'password', ann.user.id),
  ];
  const use = (url: string, payload: object) => server.app.inject({ method: 'POST', url: `/api/v1${url}`, payload });
  assert.equal((await use(`/password-reset/${signIn.token}`, { password })).statusCode, 410);
  assert.equal((await use('/session/link', { token: reset.token })).statusCode, 410);
  assert.equal((await accept(server, reset.token, { password })).statusCode, 410);
  assert.equal((await use(`/password-reset/${reset.token}`, { password })).statusCode, 204);
});
