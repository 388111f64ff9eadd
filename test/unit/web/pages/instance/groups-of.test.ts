import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupsOf } from '../../../../../src/web/pages/instance/groups-of.ts';
import type { User } from '../../../../../src/wire/api/people.ts';

function user(email: string, groups: User['groups']): User {
  const rest = { name: '', administrator: false, disabled: false, secondFactor: false, hasPassword: true };
  return { id: email, email, ...rest, createdAtMs: 0, lastSeenAtMs: null, groups };
}

test('groups by name with their owners and how many belong to them; nobody in any: none', () => {
  const z = { id: 'g1', name: 'Zoo' };
  const a = { id: 'g2', name: 'Arch' };
  assert.deepEqual(groupsOf([user('x@example.net', [])]), []);
  assert.deepEqual(
    groupsOf([
      user('x@example.net', [{ ...z, roles: ['owner', 'dataAccess'] }]),
      user('y@example.net', [
        { ...z, roles: ['readOnly'] },
        { ...a, roles: ['readOnly'] },
      ]),
    ]),
    [
      { ...a, members: 1, owners: [] },
      { ...z, members: 2, owners: ['x@example.net'] },
    ],
  );
});
