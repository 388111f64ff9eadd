import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addApiToken } from '../../../../src/server/access/accounts.ts';
import { defaultSettings } from '../../../../src/server/backup/default-settings.ts';
import type { Role } from '../../../../src/wire/api/access.ts';
import type { BackupOperation, BackupPlan, BackupSet } from '../../../../src/wire/api/backups.ts';
import { auditTrail } from '../../../support/audit-trail.ts';
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
import { addGroup, api, newAgent } from '../../../support/server-fixture.ts';

const rs0 = setId('rs0');

async function setOf({ server, group }: BackupFixture, id = rs0): Promise<BackupSet> {
  const reply = await api(server, group, 'GET', `/groups/${group.id}/backups/${id}`);
  assert.equal(reply.statusCode, 200, reply.body);
  return reply.json<BackupSet>();
}

function post({ server, group }: BackupFixture, path: string, body?: object) {
  return api(server, group, 'POST', `/groups/${group.id}/backups/${path}`, body);
}

/** As after an initial sync: everything from 1000 s to `untilSeconds` can be brought back. */
function protect({ vault, group }: BackupFixture, untilSeconds: number): void {
  const at = (seconds: number) => ({ ts: BigInt(seconds) << 32n, term: 1 });
  const until = at(untilSeconds);
  Object.assign(vault.of(group.id, rs0), { scan: null, checkpoint: until, restorable: { from: at(1000), until } });
}

test('all sets of monitoring are listed, those that are off too, and those that monitoring lost', async () => {
  await using fixture = await startBackupFixture(['rs10', 'rs2']);
  const { server, group, vault } = fixture;
  await vault.start(group.id, setId('gone'), 'gone', defaultSettings);
  const reply = await api(server, group, 'GET', `/groups/${group.id}/backups`);
  assert.deepEqual(
    reply.json<BackupSet[]>().map(({ name, state, hosts, status }) => [name, state, hosts.length, status.word]),
    [
      ['gone', 'starting', 0, 'waits for an agent'],
      ['rs2', 'off', 2, 'off'],
      ['rs10', 'off', 2, 'off'],
    ],
  );
});

test('start, scan, catch up, protected, behind: each has its word', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  const now = Math.floor(server.clock.now() / 1000);
  await post(fixture, `${rs0}/start`);
  assert.deepEqual([(await setOf(fixture)).state, (await setOf(fixture)).status.health], ['starting', 'warn']);
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  const set = vault.of(group.id, rs0);
  assert.equal((await setOf(fixture)).agentId, agent.id);
  await tell(server, agent, 'scan/begin', {
    replicaSetId: rs0,
    epoch: 1,
    scanId: set.scan?.scanId,
    from: { ts: `${now}:1`, term: 1 },
  });
  const collections = [{ namespace: 'shop.orders', documents: 5, bytes: 500, allBytes: 1000, done: false }];
  set.scanProgress = {
    kind: 'full',
    startedAtMs: 1,
    documents: 5,
    bytes: 500,
    allDocuments: 10,
    allBytes: 1000,
    bytesPerSecond: null,
    secondsLeft: null,
    allCollections: 1,
    doneCollections: 0,
    collections,
  };
  await tell(
    server,
    agent,
    'report',
    reportOf([taskReport(rs0, 1, { state: 'scanning', scanMember: 'rs0-2:27017', scanBytesPerSecond: 50 })]),
  );
  const scanning = await setOf(fixture);
  assert.deepEqual([scanning.state, scanning.member, scanning.scan?.secondsLeft], ['scanning', 'rs0-2:27017', 10]);
  Object.assign(set, { scan: null, checkpoint: { ts: BigInt(now) << 32n, term: 1 } });
  assert.equal((await setOf(fixture)).state, 'catchingUp');
  protect(fixture, now - 5);
  const source = { sourceLast: { ts: `${now}:1`, term: 1 }, caughtUpAtMs: server.clock.now() };
  await tell(server, agent, 'report', reportOf([taskReport(rs0, 1, source)]));
  const good = await setOf(fixture);
  assert.deepEqual([good.state, good.lagSeconds, good.windowFromMs, good.scan], ['protected', 5, 1_000_000, null]);
  protect(fixture, now - 500);
  assert.deepEqual([(await setOf(fixture)).state, (await setOf(fixture)).lagSeconds], ['behind', 500]);
});

test('an idle set is not behind, one whose source is out of reach is', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  await post(fixture, `${rs0}/start`);
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  const now = Math.floor(server.clock.now() / 1000);
  protect(fixture, now - 3000);
  const last = { ts: `${now - 3000}:1`, term: 1 };
  await tell(
    server,
    agent,
    'report',
    reportOf([taskReport(rs0, 1, { sourceLast: last, caughtUpAtMs: server.clock.now() - 4000 })]),
  );
  assert.deepEqual([(await setOf(fixture)).state, (await setOf(fixture)).lagSeconds], ['protected', 4]);
  await tell(
    server,
    agent,
    'report',
    reportOf([taskReport(rs0, 1, { sourceLast: last, caughtUpAtMs: server.clock.now() - 400_000 })]),
  );
  assert.deepEqual([(await setOf(fixture)).state, (await setOf(fixture)).lagSeconds], ['behind', 400]);
});

test('how long the oplog holds the place: from its first entry, or further where it is not full yet', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  await post(fixture, `${rs0}/start`);
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  protect(fixture, 5000);
  const source = { sourceLast: { ts: '6000:1', term: 1 }, oplogFirst: '4000:1' };
  await tell(server, agent, 'report', reportOf([taskReport(rs0, 1, source)]));
  assert.equal((await setOf(fixture)).oplogHoldsSeconds, 1000);
  const young = { ...source, oplogBytes: 1e9, churnBytesPerSecond: 1e5 };
  await tell(server, agent, 'report', reportOf([taskReport(rs0, 1, young)]));
  assert.equal((await setOf(fixture)).oplogHoldsSeconds, 9000);
});

test('a lost place shows why, since when, and that a resync mends it', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { group, vault } = fixture;
  await post(fixture, `${rs0}/start`);
  protect(fixture, 5000);
  vault.of(group.id, rs0).lost = { code: 'PLACE_LOST', message: 'the oplog begins later', sinceMs: 77 };
  const lost = await setOf(fixture);
  assert.deepEqual(
    [lost.state, lost.status.health, lost.problem?.code, lost.problem?.sinceMs],
    ['resyncNeeded', 'bad', 'PLACE_LOST', 77],
  );
  assert.equal(lost.windowFromMs, 1_000_000);
  await post(fixture, `${rs0}/resync`, {});
  const asked = await setOf(fixture);
  assert.deepEqual([asked.state, asked.problem], ['starting', null]);
  assert.deepEqual(vault.calls.slice(-1), ['scan resync']);
});

test('stop keeps, terminate asks for the name and can be undone', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  assert.equal((await post(fixture, `${rs0}/stop`)).statusCode, 409);
  await post(fixture, `${rs0}/start`);
  assert.equal((await post(fixture, `${rs0}/stop`)).json<BackupSet>().state, 'stopped');
  const wrong = await post(fixture, `${rs0}/terminate`, { confirm: 'rs1' });
  assert.deepEqual([wrong.statusCode, vault.calls.includes('terminate')], [400, false]);
  const ended = (await post(fixture, `${rs0}/terminate`, { confirm: 'rs0' })).json<BackupSet>();
  assert.deepEqual([ended.state, ended.deletedAtMs], ['terminating', server.clock.now() + 72 * 3_600_000]);
  server.clock.ms += 3_600_000;
  assert.equal(
    (await post(fixture, `${rs0}/terminate`, { confirm: 'rs0' })).json<BackupSet>().deletedAtMs,
    ended.deletedAtMs,
  );
  assert.equal((await post(fixture, `${rs0}/stop`)).statusCode, 409);
  assert.deepEqual([(await post(fixture, `${rs0}/start`)).json<BackupSet>().deletedAtMs], [null]);
  const trail = await auditTrail(server, group);
  assert.deepEqual(
    trail.slice(0, 4).map(({ action, detail }) => [action, detail['undoesTerminate']]),
    [
      ['backup.started', true],
      ['backup.terminated', undefined],
      ['backup.terminated', undefined],
      ['backup.stopped', undefined],
    ],
  );
});

test('settings: what is left out stays as it is', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  await post(fixture, `${rs0}/start`, { filter: { exclude: ['logs.*'] }, limits: { scanThreads: 4 } });
  const path = `/groups/${group.id}/backups/${rs0}`;
  const changed = (await api(server, group, 'PATCH', path, { schedule: { windowHours: 72 } })).json<BackupSet>();
  assert.deepEqual(
    [changed.schedule.windowHours, changed.schedule.snapshotEveryHours, changed.filter, changed.limits],
    [72, 6, { include: [], exclude: ['logs.*'] }, { scanBytesPerSecond: null, scanThreads: 4 }],
  );
  assert.equal((await api(server, group, 'PATCH', path, { schedule: { windowHours: 0 } })).statusCode, 400);
});

test('a snapshot is an operation: asked for twice it is one, and it is told when it is done', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  await post(fixture, `${rs0}/start`);
  const gate = Promise.withResolvers<void>();
  vault.gate = gate.promise;
  const first = (await post(fixture, `${rs0}/snapshots`)).json<BackupOperation>();
  const second = (await post(fixture, `${rs0}/snapshots`)).json<BackupOperation>();
  assert.deepEqual([first.state, second.id], ['running', first.id]);
  const waiting = api(server, group, 'GET', `/groups/${group.id}/backup-operations/${first.id}?waitSeconds=20`);
  gate.resolve();
  const done = (await waiting).json<BackupOperation>();
  assert.deepEqual(
    [done.state, done.snapshot?.id, vault.calls.filter((call) => call === 'snapshot').length],
    ['done', 's1', 1],
  );
  const list = await api(server, group, 'GET', `/groups/${group.id}/backups/${rs0}/snapshots`);
  assert.equal(list.json<unknown[]>().length, 1);
  assert.equal((await api(server, group, 'DELETE', `/groups/${group.id}/backups/${rs0}/snapshots/s1`)).statusCode, 204);
});

test('an operation that fails says why', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  await post(fixture, `${rs0}/start`);
  vault.gate = Promise.reject(new Error('disk on fire'));
  const { id } = (await post(fixture, `${rs0}/verify`)).json<BackupOperation>();
  const failed = await api(server, group, 'GET', `/groups/${group.id}/backup-operations/${id}?waitSeconds=30`);
  assert.deepEqual(
    [failed.json<BackupOperation>().state, failed.json<BackupOperation>().error?.message],
    ['failed', 'disk on fire'],
  );
});

test('the dry answer warns of what would go wrong', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  vault.freeBytes = 1e9;
  const latest = async (_group: string, streams: readonly string[]) =>
    new Map(streams.map((stream) => [stream, { atMs: 0, values: [1e12, 5e8, 40] }]));
  Object.assign(server.metrics, { latest });
  const plan = (await api(server, group, 'GET', `/groups/${group.id}/backups/${rs0}/plan`)).json<BackupPlan>();
  assert.deepEqual([plan.bytes, plan.documents, plan.collections, plan.oplogWindowSeconds], [1e12, 5e8, 40, 7200]);
  assert.ok((plan.expectedSeconds ?? 0) > 7200);
  const words = plan.warnings.map(({ message, hint }) => `${message}. ${hint}`).join('\n');
  assert.match(words, /takes about 4\.6 h, the oplog holds 2 h/);
  assert.match(words, /Enlarge the oplog to 3\.5 GB/);
  assert.match(words, /needs about 350 GB, and 1\.0 GB are free/);
  assert.match(words, /no backup agent is in touch/);
});

test('read only looks, backup admins switch and delete, data access reads documents', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  await post(fixture, `${rs0}/start`);
  const as = async (role: Role) => {
    const { secret } = await addApiToken(server.context, group.id, role, [role]);
    return async (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) =>
      (await api(server, { ...group, token: secret }, method, `/groups/${group.id}/backups${path}`, body)).statusCode;
  };
  const [readOnly, backupAdmin, dataAccess] = [await as('readOnly'), await as('backupAdmin'), await as('dataAccess')];
  for (const path of [
    '',
    `/${rs0}`,
    `/${rs0}/timeline`,
    `/${rs0}/snapshots`,
    `/${rs0}/write-sources`,
    `/${rs0}/plan`,
  ]) {
    assert.equal(await readOnly('GET', path), 200, path);
  }
  for (const path of ['start', 'stop', 'resync', 'snapshots', 'verify']) {
    assert.equal(await readOnly('POST', `/${rs0}/${path}`, {}), 403, path);
    assert.equal(await dataAccess('POST', `/${rs0}/${path}`, {}), 403, path);
  }
  assert.equal(await backupAdmin('POST', `/${rs0}/views`, { atMs: 5000 }), 403);
  assert.notEqual(await dataAccess('POST', `/${rs0}/views`, { atMs: 5000 }), 403);
  assert.equal(await backupAdmin('DELETE', `/${rs0}/snapshots/s1`), 404);
  assert.equal(await backupAdmin('POST', `/${rs0}/stop`), 200);
  assert.equal(await backupAdmin('POST', `/${rs0}/terminate`, { confirm: 'rs0' }), 200);
});

test("another group's sets, snapshots, views and operations are not there", async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  await post(fixture, `${rs0}/start`);
  const { id } = (await post(fixture, `${rs0}/verify`)).json<BackupOperation>();
  const opened = await post(fixture, `${rs0}/views`, { atMs: 5000 });
  const { viewId } = opened.json<{ viewId: string }>();
  const other = await addGroup(server, 'two');
  const own = `/groups/${other.id}`;
  const asked: readonly (readonly ['GET' | 'POST' | 'DELETE', string, object?])[] = [
    ['GET', `${own}/backups/${rs0}`],
    ['POST', `${own}/backups/${rs0}/start`, {}],
    ['POST', `${own}/backups/${rs0}/stop`],
    ['POST', `${own}/backups/${rs0}/terminate`, { confirm: 'rs0' }],
    ['POST', `${own}/backups/${rs0}/views`, { atMs: 5000 }],
    ['DELETE', `${own}/backups/${rs0}/views/${viewId}`],
    ['GET', `${own}/backups/${rs0}/views/${viewId}/collections/${'a'.repeat(32)}/chunks`],
    ['POST', `${own}/backups/${rs0}/snapshots`],
    ['GET', `${own}/backups/${rs0}/timeline`],
    ['GET', `${own}/backup-operations/${id}`],
    ['GET', `/groups/${group.id}/backups`],
  ];
  for (const [method, path, body] of asked) {
    const reply = await api(server, other, method, path, body);
    assert.equal(reply.statusCode, 404, `${method} ${path}: ${reply.body}`);
  }
  assert.equal((await api(server, group, 'GET', `/groups/${group.id}/backups`)).json<unknown[]>().length, 1);
  assert.equal(newAgent(other).group.id, other.id);
});
