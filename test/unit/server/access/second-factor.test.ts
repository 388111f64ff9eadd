import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashPassword } from '../../../../src/server/access/password-hash.ts';
import { totpCode, totpStep } from '../../../../src/server/access/totp.ts';
import { addPerson, as, newSession, statuses, type TestPerson } from '../../../support/people.ts';
import { addGroup, type ServerFixture, startFixture, type TestGroup } from '../../../support/server-fixture.ts';

const password = 'correct horse battery';
const passwordHash = await hashPassword(password);

function codeNow({ clock }: ServerFixture, secret: Uint8Array): string {
  return totpCode(secret, totpStep(clock.ms));
}

function fromBase32(text: string): Uint8Array {
  const bits = text
    .split('')
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Uint8Array.from(bits.match(/.{8}/g) ?? [], (byte) => Number.parseInt(byte, 2));
}

/** Sets a second factor up as the page does. */
async function setUp(server: ServerFixture, person: TestPerson): Promise<{ secret: Uint8Array; codes: string[] }> {
  const begun = await as(server, person, 'POST', '/account/second-factor');
  assert.equal(begun.statusCode, 200, begun.body);
  const secret = fromBase32(begun.json<{ secret: string }>().secret);
  const confirmed = await as(server, person, 'POST', '/account/second-factor/confirm', {
    code: codeNow(server, secret),
  });
  assert.equal(confirmed.statusCode, 200, confirmed.body);
  return { secret, codes: confirmed.json<{ recoveryCodes: string[] }>().recoveryCodes };
}

async function firstStep(server: ServerFixture, remoteAddress = '192.0.2.1'): Promise<string> {
  const payload = { email: 'ann@example.net', password };
  const reply = await server.app.inject({ method: 'POST', url: '/api/v1/session', payload, remoteAddress });
  assert.equal(reply.statusCode, 200, reply.body);
  assert.equal(reply.headers['set-cookie'], undefined, 'nobody is signed in yet');
  return reply.json<{ secondFactor: { challenge: string } }>().secondFactor.challenge;
}

function secondStep({ app }: ServerFixture, challenge: string, code: string, remoteAddress = '192.0.2.1') {
  return app.inject({
    method: 'POST',
    url: '/api/v1/session/second-factor',
    payload: { challenge, code },
    remoteAddress,
  });
}

async function started(): Promise<{ server: ServerFixture; group: TestGroup; ann: TestPerson }> {
  const server = await startFixture();
  const group = await addGroup(server, 'Shop');
  const ann = await addPerson(server, 'ann@example.net', { passwordHash, roles: { [group.id]: ['owner'] } });
  return { server, group, ann };
}

test('sign-in in two steps; a used code is refused, also an older one; each recovery code works once', async () => {
  const { server, ann } = await started();
  await using _ = server;
  const { secret, codes } = await setUp(server, ann);
  assert.equal(new Set(codes).size, 10);
  const used = codeNow(server, secret);
  assert.equal(
    (await secondStep(server, await firstStep(server), used)).statusCode,
    401,
    'the code of the set-up is used',
  );
  server.clock.ms += 60_000;
  const [older, newest] = [totpCode(secret, totpStep(server.clock.ms) - 1), codeNow(server, secret)];
  const challenge = await firstStep(server);
  const both = await Promise.all([
    secondStep(server, challenge, newest),
    secondStep(server, await firstStep(server), newest),
  ]);
  assert.deepEqual(statuses(both), [200, 401], 'of two with one code one gets in');
  assert.equal((await secondStep(server, await firstStep(server), older)).statusCode, 401, 'older than a used one');
  const [first = '', second = ''] = codes;
  const written = ` ${first.toUpperCase().replace('-', ' ')} `;
  const twice = await Promise.all([
    secondStep(server, await firstStep(server), written),
    secondStep(server, await firstStep(server), written),
  ]);
  assert.deepEqual(statuses(twice), [200, 401]);
  const inside = twice.find(({ statusCode }) => statusCode === 200);
  assert.equal(inside?.json().user.recoveryCodesLeft, 9);
  const renewed = await as(server, ann, 'POST', '/account/recovery-codes');
  assert.equal(renewed.json<{ recoveryCodes: string[] }>().recoveryCodes.length, 10);
  server.clock.ms += 600_000;
  assert.equal(
    (await secondStep(server, await firstStep(server), second)).statusCode,
    401,
    'old recovery codes are void',
  );
});

test('guesses at codes: five per sign-in, ten and then one an hour per account; a recovery code goes on', async () => {
  const { server, ann } = await started();
  await using _ = server;
  const { secret, codes } = await setUp(server, ann);
  server.clock.ms += 60_000;
  const valid = [-1, 0, 1].map((step) => totpCode(secret, totpStep(server.clock.ms) + step));
  const wrong = ['000000', '000001', '000002', '000003'].find((code) => !valid.includes(code)) ?? assert.fail();
  const challenge = await firstStep(server);
  for (let i = 0; i < 5; i++) {
    assert.equal((await secondStep(server, challenge, wrong, `198.51.100.${i}`)).statusCode, 401, `guess ${i}`);
  }
  const right = () => codeNow(server, secret);
  assert.equal((await secondStep(server, challenge, right(), '198.51.100.9')).statusCode, 410, 'used up');
  const next = await firstStep(server);
  for (let i = 0; i < 5; i++) assert.equal((await secondStep(server, next, wrong)).statusCode, 401, `guess ${i + 5}`);
  const blocked = await firstStep(server);
  const refused = await secondStep(server, blocked, right(), '198.51.100.9');
  assert.deepEqual([refused.statusCode, refused.headers['retry-after']], [429, '3600'], 'the account, from anywhere');
  assert.equal((await secondStep(server, blocked, codes[0] ?? '')).statusCode, 200, 'the owner has recovery codes');
  server.clock.ms += 3_600_001;
  const again = await firstStep(server);
  assert.equal((await secondStep(server, again, right(), '198.51.100.9')).statusCode, 200);
  assert.equal((await secondStep(server, again, right())).statusCode, 410, 'a challenge is used once');
  server.clock.ms += 60_000;
  const late = await firstStep(server);
  server.clock.ms += 5 * 60_000 + 1;
  assert.equal((await secondStep(server, late, right())).statusCode, 410, 'and lives for five minutes');
  assert.equal((await secondStep(server, 'made up', right())).statusCode, 410);
});

test('set-up and change need a recent proof; a wrong code switches nothing on; the secret rests encrypted', async () => {
  const { server, ann } = await started();
  await using _ = server;
  const begun = await as(server, ann, 'POST', '/account/second-factor');
  const secret = fromBase32(begun.json<{ secret: string }>().secret);
  assert.equal((await as(server, ann, 'POST', '/account/second-factor/confirm', { code: '000000x' })).statusCode, 400);
  assert.equal((await as(server, ann, 'GET', '/account')).json().secondFactor.sinceMs, null);
  server.clock.ms += 15 * 60_000 + 1;
  for (const path of ['/account/second-factor', '/account/recovery-codes']) {
    assert.equal((await as(server, ann, 'POST', path)).json().code, 'REAUTHENTICATION_REQUIRED', path);
  }
  assert.equal((await as(server, ann, 'POST', '/account/reauthenticate', { password: 'wrong' })).statusCode, 400);
  assert.equal((await as(server, ann, 'POST', '/account/reauthenticate', { password })).statusCode, 200);
  const late = await as(server, ann, 'POST', '/account/second-factor/confirm', { code: codeNow(server, secret) });
  assert.equal(late.json().code, 'CONFLICT', 'a set-up takes ten minutes at most');
  const { secret: kept, codes } = await setUp(server, ann);
  const stored = await server.context.stores.accounts.user(ann.user.id);
  const sealed = Buffer.from(stored?.secondFactor?.sealed ?? new Uint8Array());
  assert.ok(sealed.length > 100 && !sealed.includes(Buffer.from(kept)) && !sealed.includes(codes[0] ?? '-'));
  assert.equal((await as(server, ann, 'DELETE', '/account/second-factor', { password: 'wrong' })).statusCode, 400);
  assert.equal((await as(server, ann, 'DELETE', '/account/second-factor', { password })).statusCode, 204);
  assert.equal((await as(server, ann, 'GET', '/account')).json().secondFactor.sinceMs, null);
});

test('who lacks the second factor that a group or the server asks for can only set it up', async () => {
  const { server, group, ann } = await started();
  await using _ = server;
  const admin = await addPerson(server, 'admin@example.net', { administrator: true, passwordHash });
  const path = `/groups/${group.id}`;
  assert.equal((await as(server, ann, 'PATCH', path, { secondFactorRequired: true })).statusCode, 200);
  const refused = await as(server, ann, 'GET', `${path}/hosts`);
  assert.equal(refused.statusCode, 403);
  assert.equal(refused.json().code, 'SECOND_FACTOR_REQUIRED');
  const session = (await as(server, ann, 'GET', '/session')).json();
  assert.deepEqual([session.groups[0].secondFactorMissing, session.secondFactorMissing], [true, false]);
  const token = await server.app.inject({
    url: `/api/v1${path}/hosts`,
    headers: { authorization: `Bearer ${group.token}` },
  });
  assert.equal(token.statusCode, 200, 'scripts have no second factor');
  await setUp(server, ann);
  assert.equal((await as(server, ann, 'GET', `${path}/hosts`)).statusCode, 200);
  const kept = await as(server, ann, 'DELETE', '/account/second-factor', { password });
  assert.equal(kept.json().code, 'CONFLICT', 'it cannot be taken off where it is asked for');
  assert.equal((await as(server, admin, 'PATCH', '/instance/access', { secondFactorRequired: true })).statusCode, 200);
  for (const [method, url] of [
    ['GET', '/users'],
    ['GET', '/groups'],
    ['PATCH', '/account'],
    ['GET', '/instance/access'],
  ] as const) {
    assert.equal(
      (await as(server, admin, method, url, method === 'PATCH' ? { name: 'A' } : undefined)).json().code,
      'SECOND_FACTOR_REQUIRED',
      url,
    );
  }
  for (const url of ['/session', '/account']) assert.equal((await as(server, admin, 'GET', url)).statusCode, 200, url);
  await setUp(server, admin);
  assert.equal((await as(server, admin, 'GET', '/users')).statusCode, 200);
  assert.equal(
    (await as(server, { headers: await newSession(server, ann.user.id) }, 'GET', '/groups')).statusCode,
    200,
  );
});
