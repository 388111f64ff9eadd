import assert from 'node:assert/strict';
import test from 'node:test';
import { addFirstOwner } from '../../../src/server/access/accounts.ts';
import { outboundSection } from '../../../src/server/instance-settings/outbound-section.ts';
import { signInSection } from '../../../src/server/sign-in/sign-in-section.ts';
import type { SessionAnswer } from '../../../src/wire/api/access.ts';
import type { ChangeSignInSettings } from '../../../src/wire/api/sign-in.ts';
import { testAuthority } from '../../support/certificates.ts';
import { type DirectoryEntry, startLdapServer, startTlsFront } from '../../support/ldap-server.ts';
import { addGroup, type ServerFixture, startFixture } from '../../support/server-fixture.ts';

const owner = { email: 'root@example.net', password: 'correct horse battery', groupName: 'Main' };
const base = 'dc=example,dc=net';
const searcher = {
  dn: `cn=leafward,${base}`,
  password: 'of the searcher',
  attributes: { objectClass: 'applicationProcess' },
};

function person(uid: string, mail: string, groups: readonly string[] = []): DirectoryEntry {
  return {
    dn: `uid=${uid},ou=people,${base}`,
    password: `password of ${uid}`,
    attributes: {
      ...{ objectClass: ['top', 'person'], uid, cn: uid, mail, entryUUID: `uuid-${uid}` },
      memberOf: groups.map((group) => `CN=${group},ou=groups,${base}`),
    },
  };
}

const entries: readonly DirectoryEntry[] = [
  searcher,
  person('ann', 'ann@example.net', ['dba', 'staff']),
  person('bob', 'bob@example.net'),
  person('twin1', 'twin@example.net', ['dba']),
  person('twin2', 'twin@example.net', ['dba']),
  person('root', owner.email, ['dba']),
  { dn: `cn=readers,ou=groups,${base}`, attributes: { cn: 'readers', member: [`uid=bob,ou=people,${base}`] } },
];

async function setUp(server: ServerFixture, ldap: ChangeSignInSettings['ldap']) {
  await addFirstOwner(server.context, owner);
  const group = await addGroup(server, 'Data');
  await server.context.instance.change(outboundSection, { allow: ['127.0.0.1'] });
  const roles = { provider: 'ldap', groupId: group.id, administrator: false } as const;
  await server.context.instance.change(signInSection, {
    ldap: { enabled: true, bindDn: searcher.dn, bindPassword: searcher.password, baseDn: base, ...ldap },
    mapping: [
      { ...roles, value: 'DBA', roles: ['dataAccess'] },
      { ...roles, value: `cn=readers,ou=groups,${base}`, roles: ['readOnly'] },
    ],
  });
}

function signIn({ app }: ServerFixture, email: string, password: string) {
  return app.inject({ method: 'POST', url: '/api/v1/session', payload: { email, password } });
}

test('the directory proves people who have no password here, and its groups are roles', async () => {
  await using server = await startFixture();
  await using directory = await startLdapServer(entries);
  await setUp(server, { url: `ldap://${directory.address}`, startTls: false, groupBaseDn: base });
  const reply = await signIn(server, 'Ann@example.net', 'password of ann');
  assert.equal(reply.statusCode, 200, reply.body);
  const { user, groups } = reply.json<SessionAnswer>();
  assert.deepEqual([user.email, user.name], ['ann@example.net', 'ann']);
  assert.deepEqual(groups[0]?.roles, ['dataAccess']);
  // Found by a search for groups, since the person's own entry names none.
  const bob = (await signIn(server, 'bob@example.net', 'password of bob')).json<SessionAnswer>();
  assert.deepEqual(bob.groups[0]?.roles, ['readOnly']);
  // The same account the second time.
  assert.equal((await signIn(server, 'ann@example.net', 'password of ann')).json<SessionAnswer>().user.id, user.id);
  // Who has a password here is not asked there.
  const asked = directory.binds.length;
  assert.equal((await signIn(server, owner.email, 'password of root')).statusCode, 401);
  assert.equal((await signIn(server, owner.email, owner.password)).statusCode, 200);
  assert.equal(directory.binds.length, asked);
});

test('wrong, empty and hostile input proves nobody', async () => {
  await using server = await startFixture();
  await using directory = await startLdapServer(entries);
  await setUp(server, { url: `ldap://${directory.address}`, startTls: false });
  const tries = [
    ['ann@example.net', 'wrong'],
    ['ann@example.net', ''],
    ['nobody@example.net', 'password of ann'],
    ['twin@example.net', 'password of twin1'],
    ['*', 'password of ann'],
    ['ann@example.net)(uid=*', 'password of ann'],
    ['*)(|(mail=*', 'password of ann'],
    ['ann@example.net\u0000', 'password of ann'],
  ] as const;
  for (const [email, password] of tries) {
    const reply = await signIn(server, email, password);
    assert.equal(reply.statusCode, 401, `${email}: ${reply.body}`);
    server.clock.ms += 20 * 60_000;
  }
  // What was typed stays a value: every filter has the same two parts.
  for (const filter of directory.filters) {
    assert.match(filter, /^\(&\(objectClass=person\)\(mail=(?:[^()*\\]|\\[0-9a-f]{2})*\)\)$/i);
  }
  assert.equal((await server.context.stores.accounts.users()).length, 1);
  const { audit } = server.context.stores;
  const noted = await audit.page({ groupId: null, filter: { action: 'session.refused' } }, { before: null, limit: 50 });
  assert.deepEqual([noted.events.length, noted.events[0]?.detail], [8, { method: 'ldap', reason: 'password' }]);
  const bob = await signIn(server, 'bob@example.net', 'password of bob');
  assert.deepEqual([bob.statusCode, bob.json<{ details: object }>().details], [401, { problem: 'no-role' }]);
});

test('TLS from the first byte and by StartTLS: a certificate of a stranger ends it before a password is sent', async () => {
  await using server = await startFixture();
  const authority = await testAuthority();
  const certificate = await authority.issue(['127.0.0.1']);
  await using secure = await startLdapServer(entries, certificate);
  await using clear = await startLdapServer(entries);
  await using front = await startTlsFront(clear.address, certificate);
  await setUp(server, { url: `ldaps://${secure.address}`, caCertificate: authority.ca });
  const change = (ldap: ChangeSignInSettings['ldap']) =>
    server.context.instance.change(signInSection, { ldap: { bindPassword: searcher.password, ...ldap } });
  const ann = async () => (await signIn(server, 'ann@example.net', 'password of ann')).statusCode;
  assert.equal(await ann(), 200);
  await change({ url: `ldap://${front.address}`, startTls: true });
  assert.equal(await ann(), 200);
  const { ca: stranger } = await testAuthority();
  const before = clear.binds.length;
  await change({ caCertificate: stranger });
  assert.equal(await ann(), 401);
  await change({ url: `ldaps://${secure.address}` });
  assert.equal(await ann(), 401);
  assert.equal(clear.binds.length, before);
});

test('what is wrong with the settings is said to who tries them out', async () => {
  await using server = await startFixture();
  await using directory = await startLdapServer(entries);
  await setUp(server, { url: `ldap://${directory.address}`, startTls: false });
  const cookie = String((await signIn(server, owner.email, owner.password)).headers['set-cookie']).split(';')[0] ?? '';
  const session = await server.app.inject({ method: 'GET', url: '/api/v1/session', headers: { cookie } });
  const headers = { cookie, 'leafward-csrf': session.json<SessionAnswer>().csrf };
  const patch = (payload: object) =>
    server.app.inject({ method: 'PATCH', url: '/api/v1/instance/sign-in', headers, payload });
  const tryOut = async () => {
    const payload = { provider: 'ldap' };
    const reply = await server.app.inject({ method: 'POST', url: '/api/v1/instance/sign-in/test', headers, payload });
    return reply.json<{ ok: boolean; message: string }>();
  };
  assert.deepEqual(await tryOut(), {
    ok: true,
    message: 'the directory answers; of 5 people that were looked at, 5 have mail',
  });
  assert.equal((await patch({ ldap: { bindPassword: 'wrong' } })).statusCode, 200);
  assert.match((await tryOut()).message, /does not take the login that searches/);
  const shown = (await patch({ ldap: { bindPassword: searcher.password } })).json<{
    ldap: object;
    redirectUri: string;
  }>();
  assert.equal('bindPassword' in shown.ldap, false);
  assert.match(shown.redirectUri, /\/api\/v1\/sign-in\/oidc\/callback$/);
  // Another address does not get the password that was typed for this one.
  assert.equal(
    (await patch({ ldap: { url: 'ldap://127.0.0.1:9' } })).json<{ ldap: { bindPasswordSet: boolean } }>().ldap
      .bindPasswordSet,
    false,
  );
  for (const [change, field] of [
    [{ ldap: { url: 'http://127.0.0.1' } }, 'ldap.url'],
    [{ ldap: { url: 'ldap://ldap.example.net', startTls: false } }, 'ldap.startTls'],
    [{ ldap: { userFilter: '(a=b)(c=d)' } }, 'ldap.userFilter'],
    [{ oidc: { issuer: 'http://login.example.net' } }, 'oidc.issuer'],
    [{ oidc: { enabled: true } }, 'oidc.issuer'],
    [{ passwords: false, ldap: { enabled: false } }, 'passwords'],
    [{ mapping: [{ provider: 'ldap', value: 'x' }] }, 'mapping.0'],
  ] as const) {
    const reply = await patch(change);
    assert.deepEqual(
      [reply.statusCode, reply.json<{ details: { field: string } }>().details.field],
      [400, field],
      reply.body,
    );
  }
  await patch({ passwords: false });
  assert.match((await signIn(server, owner.email, owner.password)).body, /provider does not answer/);
  const kinds = await server.app.inject({ method: 'GET', url: '/api/v1/sign-in/providers' });
  assert.deepEqual(kinds.json(), [{ id: 'ldap', kind: 'ldap', label: 'Directory' }]);
});

test('groups within groups are followed for who has shown the password, by one search for each group of the mapping', async () => {
  await using server = await startFixture();
  const group = (cn: string, memberOf: readonly string[]): DirectoryEntry => {
    const dns = memberOf.map((name) => `cn=${name},ou=groups,${base}`);
    return { dn: `cn=${cn},ou=groups,${base}`, attributes: { objectClass: 'group', cn, memberOf: dns } };
  };
  // staff is in all, all is in everybody, and everybody in staff again: chains may be rings.
  const groups = [group('staff', ['all']), group('all', ['everybody']), group('everybody', ['staff'])];
  await using directory = await startLdapServer([...entries, ...groups, group('others', [])]);
  await setUp(server, { url: `ldap://${directory.address}`, startTls: false });
  const { id } = (await server.context.stores.groups.groups()).find(({ name }) => name === 'Data') ?? assert.fail();
  const rule = (name: string, role: 'dataAccess' | 'readOnly' | 'backupAdmin') => ({
    provider: 'ldap' as const,
    value: name,
    groupId: id,
    roles: [role],
    administrator: false,
  });
  const mapping = [
    rule('all', 'dataAccess'),
    rule(`CN=Everybody,ou=groups,${base}`, 'readOnly'),
    rule(`cn=others,ou=groups,${base}`, 'backupAdmin'),
    rule(`cn=staff,ou=groups,${base}`, 'readOnly'),
  ];
  const change = (ldap: ChangeSignInSettings['ldap']) =>
    server.context.instance.change(signInSection, { mapping, ldap });
  const rolesOf = async () => {
    const reply = await signIn(server, 'ann@example.net', 'password of ann');
    assert.equal(reply.statusCode, 200, reply.body);
    return reply.json<SessionAnswer>().groups[0]?.roles;
  };
  await change({});
  assert.deepEqual(await rolesOf(), ['readOnly'], 'staff itself');
  await change({ nestedGroups: true });
  const before = directory.filters.length;
  assert.equal((await signIn(server, 'ann@example.net', 'wrong')).statusCode, 401);
  assert.equal(directory.filters.length, before + 1, 'a guess costs one search, for the person');
  assert.deepEqual(await rolesOf(), ['readOnly']);
  // The person, and everybody and others by their DNs: staff is known from the entry, a bare name cannot be asked for.
  const asked = directory.filters.slice(before + 2);
  assert.deepEqual(
    asked.map((filter) => /1\.2\.840\.113556\.1\.4\.1941/.test(filter)),
    [true, true],
  );
  mapping[3] = rule(`cn=nobody,ou=groups,${base}`, 'readOnly');
  await change({});
  assert.deepEqual(await rolesOf(), ['readOnly'], 'through staff and all');
  await change({ nestedGroups: false });
  assert.equal(
    (await signIn(server, 'ann@example.net', 'password of ann')).statusCode,
    401,
    'no role without the chain',
  );
  const many = Array.from({ length: 51 }, (_, n) => rule(`cn=g${n},ou=groups,${base}`, 'readOnly'));
  await assert.rejects(
    server.context.instance.change(signInSection, { mapping: many, ldap: { nestedGroups: true } }),
    /50 groups at most/,
  );
  await assert.rejects(
    change({ nestedGroups: true, memberOfAttribute: '', groupBaseDn: base }),
    /followed by the attribute/,
  );
});
