import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../../../../src/wire/api/alerts.ts';
import {
  type BackupFixture,
  backupAgent,
  reportOf,
  setId,
  startBackupFixture,
  taskReport,
  tasksOf,
  tell,
} from '../../../support/backup-fixture.ts';
import { api } from '../../../support/server-fixture.ts';

const rs0 = setId('rs0');

async function active({ server, group }: BackupFixture): Promise<string[]> {
  const reply = await api(server, group, 'GET', `/groups/${group.id}/alerts?state=active`);
  const backups = reply.json<Alert[]>().filter(({ ruleId }) => ruleId.startsWith('default-backup'));
  return backups.map(({ ruleId, subject }) => `${ruleId.replace('default-backup', '')} ${subject.label}`).sort();
}

/** The alert engine's looks over so many seconds. */
async function pass({ server }: BackupFixture, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 5) {
    server.clock.ms += 5000;
    await server.look();
  }
}

test('a killed agent opens its alerts by the default rules, and stopping the backup closes those of the set', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  const agent = await backupAgent(server, group, 'ops-2');
  await tasksOf(server, agent);
  const at = { ts: BigInt(Math.floor(server.clock.now() / 1000)) << 32n, term: 1 };
  Object.assign(vault.of(group.id, rs0), { scan: null, checkpoint: at, restorable: { from: at, until: at } });
  const caughtUp = { caughtUpAtMs: server.clock.now(), sourceLast: { ts: `${at.ts >> 32n}:0`, term: 1 } };
  await tell(server, agent, 'report', reportOf([taskReport(rs0, 1, caughtUp)]));
  await server.look();
  assert.deepEqual(await active(fixture), []);
  await pass(fixture, 130);
  assert.deepEqual(await active(fixture), ['AgentDown ops-2']);
  // The oplog that monitoring saw holds two hours.
  await pass(fixture, 330);
  assert.deepEqual(await active(fixture), ['AgentDown ops-2', 'Behind rs0', 'PlaceAtRisk rs0']);
  vault.of(group.id, rs0).lost = { code: 'PLACE_LOST', message: 'gone', sinceMs: 1 };
  await api(server, group, 'PATCH', `/groups/${group.id}/backups/${rs0}`, {});
  await pass(fixture, 60);
  assert.deepEqual(await active(fixture), ['AgentDown ops-2', 'Behind rs0', 'ResyncNeeded rs0']);
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/stop`);
  await pass(fixture, 5);
  assert.deepEqual(await active(fixture), ['AgentDown ops-2']);
});

test('a store that cannot be asked silences no alert: those of hosts go on, those of backups stay', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  await api(server, group, 'POST', `/groups/${group.id}/backups/${rs0}/start`);
  Object.assign(vault.of(group.id, rs0), { scan: null, lost: { code: 'PLACE_LOST', message: 'gone', sinceMs: 1 } });
  await api(server, group, 'PATCH', `/groups/${group.id}/backups/${rs0}`, {});
  await pass(fixture, 10);
  assert.deepEqual(await active(fixture), ['ResyncNeeded rs0']);
  vault.sets = async () => {
    throw new Error('the thread is gone');
  };
  await api(server, group, 'PATCH', `/groups/${group.id}/backups/${rs0}`, {});
  await pass(fixture, 180);
  assert.deepEqual(await active(fixture), ['ResyncNeeded rs0']);
  const all = await api(server, group, 'GET', `/groups/${group.id}/alerts?state=active`);
  assert.ok(all.json<Alert[]>().some(({ ruleId }) => ruleId === 'default-agentDown'));
});
