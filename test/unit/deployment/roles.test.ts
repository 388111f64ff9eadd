import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { backupUserSnippet } from '../../../src/deployment/backup-privileges.ts';
import { leastRoles, type RoleKind, roleScript, roleSnippet } from '../../../src/deployment/roles.ts';

const pages = { monitoring: 'privileges.md', backup: 'backup-privileges.md', restore: 'backup-privileges.md' } as const;

test('the roles that are printed are those of the documentation', () => {
  const root = join(import.meta.dirname, '..', '..', '..');
  for (const kind of ['monitoring', 'backup', 'restore'] satisfies RoleKind[]) {
    const documented = readFileSync(join(root, 'docs', 'install', pages[kind]), 'utf8');
    const { role, user } = leastRoles[kind];
    const user1 = `db.createUser({ user: "${user}", pwd: passwordPrompt(), roles: ["${role}"] })`;
    assert.ok(documented.includes(`use admin\n${roleSnippet(kind)}\n${user1}\n`), `${pages[kind]} shows ${role}`);
    assert.ok(roleScript(kind).includes(user1));
  }
});

test('what the doctor prints is for a user that is there or a new one', () => {
  assert.match(backupUserSnippet('joe "x"'), /grantRolesToUser\("joe \\"x\\"", \["backup", "clusterMonitor"\]\)/);
  assert.match(backupUserSnippet(undefined), /createUser\({ user: "leafward-backup"/);
});
