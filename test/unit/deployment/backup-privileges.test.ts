import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backupRoleSnippet, backupUserSnippet } from '../../../src/deployment/backup-privileges.ts';

test('the role that the doctor prints is the one of the documentation, for a user that is there or a new one', () => {
  const root = join(import.meta.dirname, '..', '..', '..');
  const documented = readFileSync(join(root, 'docs', 'install', 'backup-privileges.md'), 'utf8');
  assert.ok(documented.includes(`use admin\n${backupRoleSnippet}\n`), 'docs/install/backup-privileges.md names it');
  assert.match(backupUserSnippet('joe "x"'), /grantRolesToUser\("joe \\"x\\"", \["backup", "clusterMonitor"\]\)/);
  assert.match(backupUserSnippet(undefined), /createUser\({ user: "leafward-backup"/);
});
