import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '../../../../src/runtime/errors.ts';
import { lacksClaims, personOfClaims } from '../../../../src/server/sign-in/claims.ts';
import { grantsNothing, mappedRoles } from '../../../../src/server/sign-in/mapped-roles.ts';
import { problemOf } from '../../../../src/server/sign-in/problem.ts';
import { signInSection } from '../../../../src/server/sign-in/sign-in-section.ts';
import { type RoleMapping, roleMapping } from '../../../../src/wire/api/sign-in.ts';
import { fc } from '../../../support/properties.ts';

const { oidc } = signInSection.value.parse({ oidc: { issuer: 'https://login.example.net' } });
const claims = { sub: 's1', email: ' Ann@Example.net', email_verified: true, name: 'Ann', groups: ['dba'] };

test('a person is who the claims say, by the names that the settings give them', () => {
  assert.deepEqual(personOfClaims(oidc, claims), {
    ...{ provider: 'oidc', subject: 'https://login.example.net s1', email: 'ann@example.net' },
    ...{ name: 'Ann', values: ['dba'] },
  });
  const valuesOf = (rolesClaim: string, more: object) =>
    personOfClaims({ ...oidc, rolesClaim }, { ...claims, ...more }).values;
  assert.deepEqual(valuesOf('realm_access.roles', { realm_access: { roles: ['a', 7, null, 'b'] } }), ['a', 'b']);
  assert.deepEqual(valuesOf('https://example.net/roles', { 'https://example.net/roles': ['x'] }), ['x']);
  assert.deepEqual(valuesOf('role', { role: 'team a,team b' }), ['team a,team b', 'team', 'a', 'b']);
  for (const name of ['none', 'constructor', '__proto__', 'constructor.name', 'groups.length', 'sub.length']) {
    assert.deepEqual(valuesOf(name, {}), [], name);
  }
  assert.equal(lacksClaims(oidc, claims), false);
  assert.equal(lacksClaims(oidc, { ...claims, groups: undefined }), true);
});

test('an address that is missing, none, or not verified lets nobody in', () => {
  const problem = (changes: object, verifiedEmailOnly = true) => {
    try {
      personOfClaims({ ...oidc, verifiedEmailOnly }, { ...claims, ...changes });
      return null;
    } catch (thrown) {
      assert.ok(thrown instanceof AppError);
      return problemOf(thrown);
    }
  };
  for (const email of [
    undefined,
    null,
    7,
    '',
    'ann',
    'a b@example.net',
    '@',
    ['ann@example.net'],
    `${'a'.repeat(400)}@x`,
  ]) {
    assert.equal(problem({ email }), 'no-email', String(email));
  }
  for (const verified of [undefined, false, 'false', 1, 'yes']) {
    assert.equal(problem({ email_verified: verified }), 'email-not-verified', String(verified));
  }
  assert.deepEqual([problem({ email_verified: 'true' }), problem({ email_verified: false }, false)], [null, null]);
});

const anyMapping: fc.Arbitrary<RoleMapping> = fc
  .record({
    provider: fc.constantFrom('oidc' as const, 'ldap' as const),
    value: fc.constantFrom('dba', 'DBA', 'staff', 'chiefs'),
    groupId: fc.constantFrom('g_1', 'g_2', null),
    administrator: fc.boolean(),
  })
  .map((entry) => ({
    ...entry,
    roles: entry.groupId === null ? null : ['readOnly' as const],
    administrator: entry.groupId === null || entry.administrator,
  }));

test('roles come from entries of the own provider whose value the person has, and from nothing else', () => {
  fc.assert(
    fc.property(fc.array(anyMapping), fc.subarray(['dba', 'Staff', 'other']), (mapping, values) => {
      const person = { provider: 'oidc' as const, subject: 's', email: 'a@b', name: '', values };
      const { groups, administrator } = mappedRoles(mapping, person);
      const own = mapping.filter(({ provider }) => provider === 'oidc');
      const fits = ({ value }: RoleMapping) => values.some((one) => one.toLowerCase() === value.toLowerCase());
      assert.deepEqual(
        [...groups.keys()].toSorted(),
        [...new Set(own.flatMap(({ groupId }) => (groupId === null ? [] : [groupId])))].toSorted(),
      );
      for (const [groupId, roles] of groups) {
        assert.deepEqual(roles, own.some((entry) => entry.groupId === groupId && fits(entry)) ? ['readOnly'] : []);
      }
      const say = own.filter((entry) => entry.administrator);
      assert.equal(administrator, say.length === 0 ? undefined : say.some(fits));
      assert.equal(grantsNothing({ groups, administrator }), !own.some(fits));
    }),
  );
});

test('an entry of the mapping names a group together with roles, or administrators', () => {
  const isRight = (entry: object) => roleMapping.safeParse({ provider: 'oidc', value: 'dba', ...entry }).success;
  assert.equal(isRight({ groupId: 'g_1', roles: ['owner'] }), true);
  assert.equal(isRight({ administrator: true }), true);
  for (const entry of [{}, { groupId: 'g_1' }, { roles: ['owner'] }, { groupId: 'g_1', roles: [] }, { value: ' ' }]) {
    assert.equal(isRight(entry), false, JSON.stringify(entry));
  }
});
