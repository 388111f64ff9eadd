import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permissionsOf, rolesWith } from '../../../../src/server/access/permissions.ts';
import { allRoles, rolesText, roleWords, whyNot } from '../../../../src/web/components/role-words.ts';
import { permission, role } from '../../../../src/wire/api/access.ts';

test('roles are read out in one order, whatever the order they were given in', () => {
  assert.deepEqual([...allRoles].sort(), [...role.options].sort());
  assert.equal(rolesText([]), 'no role');
  assert.equal(rolesText(['readOnly']), 'read only');
  assert.equal(rolesText(['dataAccess', 'backupAdmin', 'owner']), 'owner, backup admin and data access');
});

test('whom to ask is who has the permission', () => {
  for (const wanted of permission.options) {
    if (wanted === 'group.read') continue;
    const sentence = whyNot(['readOnly'], wanted, 'do it');
    for (const one of allRoles) {
      const has = permissionsOf([one]).includes(wanted);
      const words = roleWords[one].name.toLowerCase();
      assert.equal(sentence.split('you cannot')[1]?.includes(words), has, `${rolesWith(wanted)}: ${sentence}`);
    }
  }
});
