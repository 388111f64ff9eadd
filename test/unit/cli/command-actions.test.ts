import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupActions } from '../../../src/cli/backup-actions.ts';
import { backupStoreActions } from '../../../src/cli/backup-store-actions.ts';
import { adminActionList, backupActionList, type CommandActions } from '../../../src/cli/command-actions.ts';
import { adminRequest } from '../../../src/server/admin/admin-actions.ts';

const namesIn = (list: CommandActions): string[] => list.map(([usage]) => usage.replace(/ \[?[A-Z].*/, '')).toSorted();

test('--help lists the actions that there are, and no others', () => {
  const ofBackup = [...Object.keys(backupActions), ...Object.keys(backupStoreActions)];
  assert.deepEqual(namesIn(backupActionList), ofBackup.toSorted());
  const ofAdmin = adminRequest.options.map((option) => option.shape.action.value);
  assert.deepEqual(namesIn(adminActionList), ofAdmin.toSorted());
});
