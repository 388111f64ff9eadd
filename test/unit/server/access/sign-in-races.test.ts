import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { addLink } from '../../../../src/server/access/accounts.ts';
import { hashPassword } from '../../../../src/server/access/password-hash.ts';
import type { UserRecord } from '../../../../src/server/access/ports.ts';
import { SecondFactors } from '../../../../src/server/access/second-factor.ts';
import { totpCode, totpStep } from '../../../../src/server/access/totp.ts';
import { addPerson, as, statuses } from '../../../support/people.ts';
import { addGroup, startFixture } from '../../../support/server-fixture.ts';
import { routeTable } from './route-table.ts';

const password = 'correct horse battery';
const [passwordHash, otherHash] = await Promise.all([hashPassword(password), hashPassword('another horse battery')]);
const server = await startFixture();
after(() => server[Symbol.asyncDispose]());
const { accounts } = server.context.stores;

function post(path: string, payload: object, headers: Readonly<Record<string, string>> = {}) {
  return server.app.inject({ method: 'POST', url: `/api/v1${path}`, payload, headers });
}

/** Switches the second factor on as its set-up does; codes of the secret, and recovery codes. */
async function secondFactorOf(userId: string): Promise<{ code: () => string; codes: readonly string[] }> {
  const { box, clock } = server.context;
  const factors = new SecondFactors({ accounts, box, clock });
  const { secret } = factors.begin(userId);
  const code = () => totpCode(secret, totpStep(server.clock.ms));
  const codes = await factors.confirm(userId, code());
  server.clock.ms += 60_000;
  return { code, codes };
}

test('no route that takes a cookie changes anything without the token of the page, nor any public one for another site', async () => {
  const group = await addGroup(server, 'Shop');
  const ann = await addPerson(server, 'csrf@example.net', { administrator: true, roles: { [group.id]: ['owner'] } });
  const cookie = ann.headers['cookie'] ?? '';
  let tried = 0;
  for (const [name, access] of routeTable) {
    const [method = '', pattern = ''] = name.split(' ');
    if (method === 'GET' || access === 'agent' || pattern.includes('/backup')) continue;
    const url = `/api/v1${pattern.replace(':groupId', group.id).replace(/:\w+/g, 'none')}`;
    const sent = (headers: Readonly<Record<string, string>>) =>
      server.app.inject({ method, url, headers } as InjectOptions);
    const site = { origin: 'https://evil.example.net', 'sec-fetch-site': 'cross-site' };
    if (access === 'public') {
      const code = (await sent({ ...site, cookie })).statusCode;
      // Without a body the schema may speak first; what is sent there by a form is refused as a form.
      assert.ok(code === 403 || code === 400, `${name}: ${code}`);
    } else {
      const replies = [await sent({ cookie }), await sent({ ...ann.headers, ...site })];
      for (const reply of replies) assert.equal(reply.statusCode, 403, `${name}: ${reply.body}`);
      assert.match(replies[0]?.body ?? '', /leafward-csrf/, name);
    }
    tried++;
  }
  assert.ok(tried > 60, String(tried));
  assert.equal((await as(server, ann, 'GET', '/session')).statusCode, 200, 'and nobody was signed out');
});

test('a sign-in that is under way ends with what it proved: another password, a second factor, a disabled account', async () => {
  const real = accounts.userByEmail;
  const changes: readonly (readonly [string, (user: UserRecord) => Promise<unknown>])[] = [
    ['password', ({ id }) => accounts.setPassword(id, otherHash)],
    ['factor', ({ id }) => secondFactorOf(id)],
    ['disabled', ({ id }) => accounts.setDisabled(id, true)],
    ['removed', ({ id }) => accounts.removeUser(id)],
  ];
  for (const [name, change] of changes) {
    const { user } = await addPerson(server, `${name}@example.net`, { passwordHash });
    const before = (await accounts.sessionsOf(user.id)).length;
    let reads = 0;
    accounts.userByEmail = async (email) => {
      const found = await real(email);
      // After the sign-in has read the account, for the second time, before the password is compared.
      if (++reads === 2) await change(user);
      return found;
    };
    const reply = await post('/session', { email: user.email, password });
    accounts.userByEmail = real;
    assert.equal(reads, 2, 'the account was read as this test means');
    assert.equal(reply.statusCode, 401, `${name}: ${reply.body}`);
    assert.equal(reply.headers['set-cookie'], undefined, name);
    assert.ok((await accounts.sessionsOf(user.id)).length <= before, `${name}: no session is left behind`);
  }
});

test('a new password ends sign-ins that wait for their second factor', async () => {
  const { user } = await addPerson(server, 'waiting@example.net', { passwordHash });
  const { code } = await secondFactorOf(user.id);
  const first = await post('/session', { email: user.email, password });
  const { challenge } = first.json<{ secondFactor: { challenge: string } }>().secondFactor;
  await accounts.setPassword(user.id, otherHash);
  const second = await post('/session/second-factor', { challenge, code: code() });
  assert.deepEqual([second.statusCode, second.headers['set-cookie']], [401, undefined]);
});

test('of two recovery codes at once none is lost; one code is taken once', async () => {
  const { user } = await addPerson(server, 'codes@example.net', { passwordHash });
  const { codes } = await secondFactorOf(user.id);
  const challenge = async () =>
    (await post('/session', { email: user.email, password })).json<{ secondFactor: { challenge: string } }>()
      .secondFactor.challenge;
  const use = async (at: number, by: string) =>
    post('/session/second-factor', { challenge: by, code: codes[at] ?? '' });
  const [one, two] = [await challenge(), await challenge()];
  const both = await Promise.all([use(0, one), use(1, two)]);
  const good = both.filter(({ statusCode }) => statusCode === 200).length;
  assert.ok(good >= 1, 'at least one gets in');
  const refused = both.findIndex(({ statusCode }) => statusCode !== 200);
  if (refused !== -1) assert.equal((await use(refused, await challenge())).statusCode, 200, 'the other still counts');
  for (const at of [0, 1]) assert.equal((await use(at, await challenge())).statusCode, 401, `code ${at} is used up`);
});

test('links are used once, of two at once too: to sign in, to a new password, into a group', async () => {
  const group = await addGroup(server, 'Links');
  const ann = await addPerson(server, 'linker@example.net', { roles: { [group.id]: ['owner'] } });
  const bob = await addPerson(server, 'linked@example.net', { passwordHash });
  const signIn = (await addLink(server.context, 'sign-in', bob.user.id)).token;
  const both = (send: () => ReturnType<typeof post>) => Promise.all([send(), send()]);
  assert.deepEqual(statuses(await both(() => post('/session/link', { token: signIn }))), [200, 410]);
  const wanted = { email: bob.user.email, roles: ['readOnly'] };
  const invited = await as(server, ann, 'POST', `/groups/${group.id}/invitations`, wanted);
  const token = invited.json<{ link: string }>().link.split('/').at(-1) ?? '';
  const accept = () => post(`/invitations/${token}/accept`, {}, bob.headers);
  assert.deepEqual(statuses(await both(accept)), [200, 410], 'by one who has an account');
  assert.equal((await as(server, ann, 'DELETE', `/groups/${group.id}/members/${bob.user.id}`)).statusCode, 204);
  assert.equal((await accept()).statusCode, 410, 'nor does it bring back who was taken out');
  const reset = (await addLink(server.context, 'password', bob.user.id)).token;
  const set = () => post(`/password-reset/${reset}`, { password: 'yet another horse' });
  assert.deepEqual(statuses(await both(set)), [204, 410]);
});
