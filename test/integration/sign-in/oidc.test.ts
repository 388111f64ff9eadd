import assert from 'node:assert/strict';
import test from 'node:test';
import { addFirstOwner } from '../../../src/server/access/accounts.ts';
import { outboundSection } from '../../../src/server/instance-settings/outbound-section.ts';
import { redirectUri } from '../../../src/server/sign-in/oidc-routes.ts';
import { signInSection } from '../../../src/server/sign-in/sign-in-section.ts';
import type { SessionAnswer } from '../../../src/wire/api/access.ts';
import type { AuditEvent } from '../../../src/wire/api/audit.ts';
import type { ChangeSignInSettings, RoleMapping } from '../../../src/wire/api/sign-in.ts';
import { startOidcProvider, type TestProvider, testClient } from '../../support/oidc-provider.ts';
import { addGroup, type ServerFixture, startFixture, type TestGroup } from '../../support/server-fixture.ts';

const owner = { email: 'root@example.net', password: 'correct horse battery', groupName: 'Main' };
const ann = {
  sub: 'ann-1',
  claims: { email: 'Ann@example.net', email_verified: true, name: 'Ann', groups: ['dba', 'staff'] },
};

interface Setup extends AsyncDisposable {
  readonly server: ServerFixture;
  readonly provider: TestProvider;
  readonly group: TestGroup;
}

const mapped = (value: string, groupId: string, roles: RoleMapping['roles']): RoleMapping => ({
  ...{ provider: 'oidc', value, groupId, roles, administrator: false },
});

async function setUp(changes: ChangeSignInSettings['oidc'] = {}): Promise<Setup> {
  const server = await startFixture();
  const provider = await startOidcProvider(() => redirectUri(server.context));
  await addFirstOwner(server.context, owner);
  const group = await addGroup(server, 'Data');
  await server.context.instance.change(outboundSection, { allow: ['127.0.0.1'] });
  await server.context.instance.change(signInSection, {
    oidc: {
      enabled: true,
      issuer: provider.issuer,
      clientId: testClient.id,
      clientSecret: testClient.secret,
      ...changes,
    },
    mapping: [mapped('DBA', group.id, ['backupAdmin', 'dataAccess'])],
  });
  return {
    server,
    provider,
    group,
    async [Symbol.asyncDispose]() {
      await provider[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

interface Start {
  readonly location: string;
  readonly cookie: string;
}

async function start({ server }: Setup, to = '/g/x/backups'): Promise<Start> {
  const url = `/api/v1/sign-in/oidc/start?provider=oidc&to=${encodeURIComponent(to)}`;
  const reply = await server.app.inject({ method: 'GET', url });
  assert.equal(reply.statusCode, 302, reply.body);
  const line = String(reply.headers['set-cookie'] ?? '');
  assert.ok(line === '' || /; HttpOnly/.test(line) === true, line);
  return { location: String(reply.headers.location), cookie: line.split(';')[0] ?? '' };
}

async function comeBack({ server }: Setup, callback: URL, cookie: string) {
  const url = `${callback.pathname}${callback.search}`;
  const reply = await server.app.inject({ method: 'GET', url, headers: { cookie } });
  const cookies = [reply.headers['set-cookie'] ?? []].flat();
  const session = cookies.map((line) => line.split(';')[0] ?? '').find((pair) => /leafward_session=./.test(pair));
  return { status: reply.statusCode, location: String(reply.headers.location), session };
}

async function signIn(setup: Setup, to?: string) {
  const { location, cookie } = await start(setup, to);
  return comeBack(setup, await setup.provider.walk(location), cookie);
}

async function who({ server }: Setup, session: string | undefined): Promise<SessionAnswer> {
  const reply = await server.app.inject({ method: 'GET', url: '/api/v1/session', headers: { cookie: session ?? '' } });
  assert.equal(reply.statusCode, 200, reply.body);
  return reply.json<SessionAnswer>();
}

async function lastEvent({ server }: Setup, action: string): Promise<AuditEvent | undefined> {
  const { audit } = server.context.stores;
  return (await audit.page({ groupId: null, filter: { action } }, { before: null, limit: 1 })).events[0];
}

test('a person signs in, gets an account with mapped roles, and other roles the next time', async () => {
  await using setup = await setUp();
  const { server, provider, group } = setup;
  provider.person = ann;
  const first = await signIn(setup);
  assert.deepEqual([first.status, first.location], [302, '/g/x/backups']);
  const { user, groups } = await who(setup, first.session);
  assert.deepEqual([user.email, user.name, user.administrator], ['ann@example.net', 'Ann', false]);
  assert.deepEqual(
    groups.map(({ id, roles }) => [id, roles]),
    [[group.id, ['backupAdmin', 'dataAccess']]],
  );
  const opened = await lastEvent(setup, 'session.opened');
  assert.deepEqual([opened?.actor.name, opened?.detail['method']], ['ann@example.net', 'oidc']);
  assert.equal((await lastEvent(setup, 'user.added'))?.detail['by'], 'oidc');

  // The provider gives other groups, and another address: it is the same person.
  const mapping = [
    mapped('dba', group.id, ['backupAdmin', 'dataAccess']),
    mapped('readers', group.id, ['readOnly']),
    { provider: 'oidc', value: 'chiefs', groupId: null, roles: null, administrator: true } as const,
  ];
  await server.context.instance.change(signInSection, { mapping });
  const groupsNow = ['readers', 'chiefs'];
  provider.person = { sub: ann.sub, claims: { ...ann.claims, email: 'ann.new@example.net', groups: groupsNow } };
  const second = await who(setup, (await signIn(setup)).session);
  assert.deepEqual([second.user.id, second.user.administrator], [user.id, true]);
  assert.deepEqual(second.groups[0]?.roles, ['readOnly']);
  assert.deepEqual((await lastEvent(setup, 'member.rolesChanged'))?.detail['after'], ['readOnly']);
  assert.equal((await server.context.stores.accounts.users()).length, 2);

  // And none at last.
  provider.person = { sub: ann.sub, claims: { ...ann.claims, groups: [] } };
  const third = await signIn(setup);
  assert.deepEqual([third.location, third.session], ['/sign-in?problem=no-role', undefined]);
  assert.equal((await server.context.stores.accounts.user(user.id))?.administrator, false);
});

test('what does not fit is refused: state, nonce, another browser, a code that was used, an answer that is old', async () => {
  await using setup = await setUp();
  const { server, provider } = setup;
  provider.person = ann;
  const refused = async (callback: URL, cookie: string) => {
    const { location, session } = await comeBack(setup, callback, cookie);
    assert.equal(session, undefined);
    return location;
  };
  const begun = await start(setup);
  const callback = await provider.walk(begun.location);
  assert.equal(await refused(callback, ''), '/sign-in?problem=expired');
  const other = await start(setup);
  assert.equal(await refused(callback, other.cookie), '/sign-in?problem=expired');
  const wrongState = new URL(callback);
  wrongState.searchParams.set('state', 'another');
  const third = await start(setup);
  assert.equal(await refused(wrongState, third.cookie), '/sign-in?problem=expired');
  assert.notEqual((await comeBack(setup, callback, begun.cookie)).session, undefined);
  assert.equal(await refused(callback, begun.cookie), '/sign-in?problem=expired');

  // The code a second time, in a sign-in of its own whose state is made to fit: the provider refuses it.
  const { PendingSignIns } = await import('../../../src/server/sign-in/pending-sign-in.ts');
  const sealed = new PendingSignIns(server.context.box, server.clock).seal({
    ...{ state: 'fresh', nonce: 'n', verifier: 'v'.repeat(43), to: '/' },
  });
  const replayed = new URL(callback);
  replayed.searchParams.set('state', 'fresh');
  assert.equal(await refused(replayed, `leafward_sign_in=${sealed}`), '/sign-in?problem=provider-refused');
  assert.match(String((await lastEvent(setup, 'session.refused'))?.detail['reason']), /invalid_grant/);

  provider.tamper = { nonce: 'of another sign-in' };
  assert.deepEqual((await signIn(setup)).location, '/sign-in?problem=provider-refused');
  provider.tamper = {};
  const late = await start(setup);
  const answer = await provider.walk(late.location);
  server.clock.ms += 11 * 60_000;
  assert.equal(await refused(answer, late.cookie), '/sign-in?problem=expired');
});

test('people who may not come in hear why, and no account is made', async () => {
  await using setup = await setUp();
  const { server, provider } = setup;
  const problemOf = async (claims: object, sub = 'someone') => {
    provider.person = { sub, claims: { ...ann.claims, ...claims } };
    const { location, session } = await signIn(setup);
    assert.equal(session, undefined);
    return location.replace('/sign-in?problem=', '');
  };
  assert.equal(await problemOf({ groups: ['strangers'] }), 'no-role');
  assert.match(String((await lastEvent(setup, 'session.refused'))?.detail['reason']), /named strangers/);
  assert.equal(await problemOf({ email_verified: false }), 'email-not-verified');
  assert.equal(await problemOf({ email: undefined }), 'no-email');
  assert.equal(await problemOf({ email: owner.email }), 'account-exists');
  provider.person = null;
  assert.equal((await signIn(setup)).location, '/sign-in?problem=provider-refused');
  await server.context.instance.change(signInSection, { oidc: { createAccounts: false } });
  assert.equal(await problemOf({}), 'no-account');
  assert.equal((await server.context.stores.accounts.users()).length, 1);

  // Allowed to take accounts over, the provider vouches for the address.
  await server.context.instance.change(signInSection, { oidc: { linkByEmail: true } });
  provider.person = { sub: 'root-1', claims: { ...ann.claims, email: owner.email } };
  const { session } = await signIn(setup);
  assert.equal((await who(setup, session)).user.administrator, true);
  await server.context.instance.change(signInSection, { oidc: { createAccounts: true } });
  provider.person = ann;
  const { user } = await who(setup, (await signIn(setup)).session);
  assert.equal(await server.context.stores.accounts.setDisabled(user.id, true), true);
  assert.equal((await signIn(setup)).location, '/sign-in?problem=account-disabled');
});

test('a provider that is away, or that the server may not call, is named on the sign-in page', async () => {
  await using setup = await setUp();
  const { server, provider } = setup;
  const startNow = async () => (await start(setup)).location;
  await server.context.instance.change(outboundSection, { allow: [] });
  assert.equal(await startNow(), '/sign-in?problem=provider-unreachable');
  assert.match(String((await lastEvent(setup, 'session.refused'))?.detail['reason']), /127\.0\.0\.1 is loopback/);
  await server.context.instance.change(outboundSection, { allow: ['127.0.0.1'] });
  server.clock.ms += 6_000;
  assert.match(await startNow(), new RegExp(`^${provider.issuer}/auth`));
  server.clock.ms += 3_700_000;
  await provider[Symbol.asyncDispose]();
  assert.equal(await startNow(), '/sign-in?problem=provider-unreachable');
  await server.context.instance.change(signInSection, { oidc: { enabled: false } });
  assert.equal(await startNow(), '/sign-in?problem=not-set-up');
});

test('a person is led back into this server and nowhere else, and out at the provider too', async () => {
  await using setup = await setUp();
  setup.provider.person = ann;
  for (const to of ['//evil.example', '/\\evil.example', 'https://evil.example/', 'javascript:alert(1)', '/a\nb']) {
    assert.equal((await signIn(setup, to)).location, '/');
  }
  const reply = await setup.server.app.inject({ method: 'GET', url: '/api/v1/sign-in/oidc/sign-out' });
  assert.match(String(reply.headers.location), /\/session\/end\?.*post_logout_redirect_uri=/);
});
