import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Db } from 'mongodb';
import { backupRoleSnippet } from '../../src/deployment/backup-privileges.ts';
import { runApp } from '../support/app.ts';
import { type BackupFixture, setId, startBackupFixture } from '../support/backup-fixture.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

interface Privilege {
  readonly resource: Record<string, unknown>;
  readonly actions: readonly string[];
}

test("the doctor of a backup agent's settings walks to the server and to each member, and names what it may not read", {
  timeout: 600_000,
}, async () => {
  await using folder = tempDir('backup-doctor');
  await using set = await startReplicaSet({ members: 1, auth: { user: 'root', password: 'R00tSecret' } });
  await using client = await set.connect();
  await client
    .db('shop')
    .collection('orders')
    .insertOne({ _id: 1 as never });
  const admin = client.db('admin');
  await addUser(admin, 'enough', ['backup', 'clusterMonitor']);
  await addUser(admin, 'least', ['leafwardBackup'], (privilege) => privilege);
  await addUser(admin, 'weak', ['weakBackup'], withoutSome);
  await addUser(admin, 'none', []);

  const host = set.hosts[0] ?? '';
  const hostOf = (_: string, member: 1 | 2): string => (member === 1 ? host : 'nowhere.invalid:27017');
  await using fixture = await startBackupFixture(['rs0'], {}, hostOf);
  const doctor = await startDoctor(fixture, folder);

  // Nothing is backed up yet: no member is named by the server.
  const early = await doctor('enough');
  assert.equal(early.status, 0, early.stdout + early.stderr);
  assert.match(early.stdout, /no replica set is backed up yet/);
  assert.doesNotMatch(early.stdout, /Privileges for backups/);

  await start(fixture);
  const withHost = ['--host', host];
  for (const user of ['enough', 'least']) {
    const { status, stdout, stderr } = await doctor(user, withHost);
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /backed up: rs0 \(2 members that can be read\)/);
    assert.match(stdout, /ok {3}Privileges for backups: All that a backup asks for is allowed/);
  }
  const weak = await doctor('weak', withHost);
  assert.equal(weak.status, 1, weak.stdout + weak.stderr);
  const [, refused = ''] = /FAIL Privileges for backups: Refused: (.*)\.\n/.exec(weak.stdout) ?? [];
  assert.deepEqual(refused.split(', '), ['find on local.oplog.rs', 'find on config.transactions', 'useUUID']);
  assert.match(weak.stdout, /grantRolesToUser\("weak", \["backup", "clusterMonitor"\]\)/);
  assert.match(weak.stdout, /db\.createRole\(\{\n +role: "leafwardBackup"/);

  const none = await doctor('none', withHost);
  assert.match(none.stdout, /Refused: replSetGetStatus, replSetGetConfig, find on local\.oplog\.rs.*listDatabases/);

  // Of the members that the server names, the one that cannot be reached is told.
  const both = await doctor('enough');
  assert.equal(both.status, 1);
  assert.match(both.stdout, /nowhere\.invalid:27017\n {2}FAIL Name nowhere\.invalid resolves/);
  assert.match(both.stdout, new RegExp(`\n${host}\n(?: {2}ok .*\n| {2}- .*\n)+`));

  const fleet = await fixture.server.context.fleet.group(fixture.group.id);
  assert.deepEqual(
    [...fleet.agents.values()].filter(({ kind }) => kind === 'backup'),
    [],
    'a visit makes no agent',
  );
  assert.ok(!(both.stdout + weak.stdout).includes('Secret'));
});

/** The role as it is documented, or as `change` makes it. */
async function addUser(
  admin: Db,
  user: string,
  roles: readonly string[],
  change?: (privilege: Privilege) => Privilege,
): Promise<void> {
  if (change !== undefined) {
    const text = backupRoleSnippet.replace(/\/\/.*$/gm, '').replace(/(\w+):/g, '"$1":');
    const { privileges }: { privileges: Privilege[] } = JSON.parse(
      text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1),
    );
    const changed = privileges.map(change).filter(({ actions }) => actions.length > 0);
    await admin.command({ createRole: roles[0], privileges: changed, roles: [] });
  }
  await admin.command({ createUser: user, pwd: 'UserSecret', roles });
}

function withoutSome({ resource, actions }: Privilege): Privilege {
  if (resource['db'] === 'local') return { resource, actions: [] };
  if (resource['db'] === 'config') return { resource, actions: actions.filter((action) => action !== 'find') };
  return { resource, actions: actions.filter((action) => action !== 'useUUID') };
}

async function start({ server, group }: BackupFixture): Promise<void> {
  const reply = await server.app.inject({
    method: 'POST',
    url: `/api/v1/groups/${group.id}/backups/${setId('rs0')}/start`,
    headers: { authorization: `Bearer ${group.token}`, 'content-type': 'application/json' },
    payload: '{}',
  });
  assert.equal(reply.statusCode, 200, reply.body);
}

async function startDoctor({ server, group }: BackupFixture, folder: TempDir) {
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  const file = folder.file('agent.config');
  return async (user: string, more: readonly string[] = []) => {
    const lines = [`serverUrl = ${url}`, `groupId = ${group.id}`, `apiKey = ${group.agentKey}`, 'stateDir = state'];
    lines.push('maxSpoolBytes = 1GiB', `mongodbUsername = ${user}`, 'mongodbPassword = UserSecret');
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    return runApp(['doctor', '--settings', file, ...more]);
  };
}
