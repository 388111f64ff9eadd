import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/runtime/errors.ts';
import { DrillBook } from '../../../../src/server/backup/drills/drill-book.ts';
import { beginDue } from '../../../../src/server/backup/drills/start-drill.ts';
import { SetBook } from '../../../../src/server/backup/set-book.ts';
import { createDrillStore } from '../../../../src/storage/sqlite/drill-store.ts';
import type { BackupDrill, BackupOperation, BackupSet } from '../../../../src/wire/api/backups.ts';
import type { BackupTasksAnswer } from '../../../../src/wire/backup-messages.ts';
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
import { eventually } from '../../../support/eventually.ts';
import { agentHeadersOf, api, memoryDatabase, type TestAgent } from '../../../support/server-fixture.ts';

const rs0 = setId('rs0');
const hour = 3_600_000;

interface Drilled {
  readonly fixture: BackupFixture;
  readonly agent: TestAgent;
  readonly path: string;
}

/** A set with a snapshot, and an agent that has it and says where it restores drills to. */
async function drilled(fixture: BackupFixture, target: string | null): Promise<Drilled> {
  const { server, group, vault } = fixture;
  const path = `/groups/${group.id}/backups/${rs0}`;
  await api(server, group, 'POST', `${path}/start`);
  await vault.takeSnapshot(group.id, rs0);
  vault.of(group.id, rs0).snapshots = 1;
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  const report = reportOf([taskReport(rs0, 1)]);
  const body = { ...report, agent: { cpuPercent: 1, rssBytes: 1e8, startedAtMs: 1, drillTarget: target } };
  assert.equal((await tell(server, agent, 'report', body)).statusCode, 200);
  return { fixture, agent, path };
}

async function begin({ fixture: { server, group }, path }: Drilled): Promise<string> {
  const reply = await api(server, group, 'POST', `${path}/drills`);
  assert.equal(reply.statusCode, 202, reply.body);
  return reply.json<BackupOperation>().id;
}

async function ended({ fixture: { server, group } }: Drilled, id: string): Promise<BackupOperation> {
  const look = `/groups/${group.id}/backup-operations/${id}?waitSeconds=30`;
  const reply = await api(server, group, 'GET', look);
  const operation = reply.json<BackupOperation>();
  assert.notEqual(operation.state, 'running', reply.body);
  return operation;
}

async function drillOf({ fixture: { server }, agent }: Drilled): Promise<BackupTasksAnswer['drills'][number]> {
  return eventually(async () => (await tasksOf(server, agent)).drills[0] ?? false);
}

const asked = (drillId: string) => ({ replicaSetId: rs0, drillId });

test('a drill goes to the agent that has the set; what it reads and tells is admitted while it runs', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const one = await drilled(fixture, 'drill-1:27017');
  const { server, group, vault } = fixture;
  const id = await begin(one);
  const { drillId } = await drillOf(one);
  assert.equal(await begin(one), id);
  const view = await tell(server, one.agent, 'drill/view', asked(drillId));
  assert.deepEqual([view.statusCode, view.json().collections], [200, []]);
  const other = await tell(server, await backupAgent(server, group), 'drill/view', asked(drillId));
  assert.deepEqual([other.statusCode, other.json().code], [404, 'NOT_FOUND']);
  const chunks = await server.app.inject({
    method: 'GET',
    url: `/agent/v1/backup/drill/chunks?replicaSetId=${rs0}&drillId=${drillId}&uuid=none&maxBytes=100`,
    headers: agentHeadersOf(one.agent),
  });
  assert.deepEqual([chunks.statusCode, chunks.json().code], [404, 'NOT_FOUND']);
  const result = { ...asked(drillId), ok: true, message: 'All is equal.', documents: 3, bytes: 100 };
  assert.equal((await tell(server, one.agent, 'drill/result', result)).statusCode, 200);
  const { drill, state } = await ended(one, id);
  assert.deepEqual([state, drill?.ok, drill?.target, drill?.snapshotId], ['done', true, 'drill-1:27017', 's1']);
  assert.equal(vault.openViews(), 0);
  assert.deepEqual((await tasksOf(server, one.agent)).drills, []);
  assert.equal((await tell(server, one.agent, 'drill/result', result)).statusCode, 404);
  assert.equal((await tell(server, one.agent, 'drill/view', asked(drillId))).statusCode, 404);
  const set = (await api(server, group, 'GET', one.path)).json<BackupSet>();
  assert.deepEqual([set.drill?.ok, set.drill?.message, set.drillEveryDays], [true, 'All is equal.', 7]);
  const events = (await api(server, group, 'GET', `/groups/${group.id}/events?kind=drillPassed`)).json();
  assert.match(events.events[0].message, /^The restore drill of rs0 into drill-1:27017 passed: All is equal\.$/);
});

test('an agent that has no set runs the drill when it alone has a target; how far it is can be seen meanwhile', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const one = await drilled(fixture, null);
  const { server, group } = fixture;
  const agent = await backupAgent(server, group);
  await tasksOf(server, agent);
  const begun = begin(one);
  // It is waited for: its first report comes after its first question for tasks.
  const body = {
    ...reportOf([]),
    agent: { cpuPercent: 1, rssBytes: 1e8, startedAtMs: 1, drillTarget: 'drill-2:27017' },
  };
  await tell(server, agent, 'report', body);
  const id = await begun;
  const { drillId } = await drillOf({ ...one, agent });
  assert.deepEqual((await tasksOf(server, one.agent)).drills, []);
  const seen = async () => (await api(server, group, 'GET', one.path)).json<BackupSet>().drillUnderWay;
  assert.deepEqual(
    { ...(await seen()), startedAtMs: 0, snapshotAtMs: 0 },
    { startedAtMs: 0, snapshotAtMs: 0, target: 'drill-2:27017', agentId: agent.id, progress: null },
  );
  const progress = {
    ...{ phase: 'data', documents: 10, bytes: 1000, allBytes: 4000, bytesPerSecond: 500, secondsLeft: 6 },
    doing: ['shop.orders'],
  };
  assert.equal((await tell(server, agent, 'drill/progress', { ...asked(drillId), progress })).statusCode, 200);
  assert.equal((await tell(server, one.agent, 'drill/progress', { ...asked(drillId), progress })).statusCode, 404);
  assert.deepEqual((await seen())?.progress, progress);
  const result = { ...asked(drillId), ok: true, message: 'All is equal.', documents: 3, bytes: 100 };
  assert.equal((await tell(server, agent, 'drill/result', result)).statusCode, 200);
  assert.equal((await ended(one, id)).drill?.target, 'drill-2:27017');
  await eventually(async () => (await seen()) === null, { what: 'the end of the drill' });
});

test('without a target the store is read alone, also of a set that is stopped', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const one = await drilled(fixture, null);
  const { drill } = await ended(one, await begin(one));
  assert.deepEqual([drill?.ok, drill?.target, drill?.documents], [true, null, 3]);
  await api(fixture.server, fixture.group, 'POST', `${one.path}/stop`);
  fixture.server.clock.ms += 1000;
  fixture.vault.unreadable = [{ namespace: 'shop.orders', why: 'a block is not there' }];
  const gate = Promise.withResolvers<void>();
  fixture.vault.gate = gate.promise;
  fixture.vault.checking = { documents: 2, bytes: 60, allBytes: 100, namespace: 'shop.orders' };
  const begun = await begin(one);
  const seen = await eventually(
    async () =>
      (await api(fixture.server, fixture.group, 'GET', one.path)).json<BackupSet>().drillUnderWay?.progress ??
      undefined,
    { what: 'how far the check is' },
  );
  assert.deepEqual(
    [seen.phase, seen.documents, seen.bytes, seen.allBytes, seen.doing],
    ['proof', 2, 60, 100, ['shop.orders']],
  );
  gate.resolve();
  const damaged = await ended(one, begun);
  assert.deepEqual([damaged.drill?.ok, damaged.drill?.target], [false, null]);
  assert.equal(damaged.drill?.message, 'Cannot be read: shop.orders: a block is not there');
  fixture.server.clock.ms += 1000;
  fixture.vault.checkFails = new AppError('STORE_CORRUPT', 'a block of the catalog is damaged');
  const closed = await ended(one, await begin(one));
  assert.deepEqual(
    [closed.drill?.ok, closed.drill?.message],
    [false, 'Cannot be read: a block of the catalog is damaged'],
  );
  const list = (await api(fixture.server, fixture.group, 'GET', `${one.path}/drills`)).json<BackupDrill[]>();
  assert.deepEqual(
    list.map(({ ok }) => ok),
    [false, false, true],
  );
});

test('backup that begins anew after its deletion knows no drills of before', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  const one = await drilled(fixture, null);
  await ended(one, await begin(one));
  await api(server, group, 'POST', `${one.path}/stop`);
  assert.equal((await api(server, group, 'POST', `${one.path}/start`)).json<BackupSet>().drill?.ok, true);
  vault.kept.clear();
  assert.equal((await api(server, group, 'POST', `${one.path}/start`)).json<BackupSet>().drill, null);
  assert.deepEqual((await api(server, group, 'GET', `${one.path}/drills`)).json(), []);
});

test('a drill whose agent goes away proves nothing and is not written down', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const one = await drilled(fixture, 'drill-1:27017');
  const id = await begin(one);
  await drillOf(one);
  assert.equal((await tell(fixture.server, one.agent, 'leave')).statusCode, 200);
  const { state, error } = await ended(one, id);
  assert.deepEqual([state, error?.code], ['failed', 'TIMEOUT']);
  const list = await api(fixture.server, fixture.group, 'GET', `${one.path}/drills`);
  assert.deepEqual(list.json(), []);
  assert.equal(fixture.vault.openViews(), 0);
});

test('a set without a snapshot cannot be tried out', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  const path = `/groups/${group.id}/backups/${rs0}`;
  await api(server, group, 'POST', `${path}/start`);
  const one = { fixture, agent: await backupAgent(server, group), path };
  assert.equal((await ended(one, await begin(one))).error?.code, 'CONFLICT');
});

test('a drill is due a day after the first snapshot, so many days after the last one, a day after one that failed', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group, vault } = fixture;
  const path = `/groups/${group.id}/backups/${rs0}`;
  await api(server, group, 'POST', `${path}/start`, { drillEveryDays: 3 });
  const drillBook = new DrillBook(createDrillStore(memoryDatabase()), vault);
  const { context, clock } = server;
  const tried = new Map<string, number>();
  /** A look at every hour of so many days; after how many hours one was begun. */
  const begunIn = async (days: number, ok?: boolean): Promise<number | null> => {
    const beganMs = clock.ms;
    if (ok !== undefined) {
      const drill = { id: `d_${clock.ms}`, atMs: clock.ms, snapshotId: 's1', snapshotAtMs: 1, ok, message: '' };
      await drillBook.add(group.id, rs0, { ...drill, tookMs: 1, documents: 1, bytes: 1, target: null });
    }
    for (let begun = 0; clock.ms < beganMs + days * 24 * hour; ) {
      clock.ms += hour;
      await beginDue({ context, drillBook, sets: new SetBook(vault) }, tried, () => begun++);
      if (begun > 0) return (clock.ms - beganMs) / hour;
    }
    return null;
  };
  assert.equal(await begunIn(10), null);
  const made = await vault.takeSnapshot(group.id, rs0);
  vault.of(group.id, rs0).snapshots = 1;
  clock.ms = made.takenAtMs;
  assert.equal(await begunIn(10), 24);
  // It could not even be tried: the next look is an hour later.
  assert.equal(await begunIn(10), 1);
  assert.equal(await begunIn(10, true), 72);
  assert.equal(await begunIn(10, false), 24);
  await api(server, group, 'PATCH', path, { drillEveryDays: 0 });
  assert.equal(await begunIn(10, true), null);
  await api(server, group, 'PATCH', path, { drillEveryDays: 1 });
  await api(server, group, 'POST', `${path}/stop`);
  assert.equal(await begunIn(10), null);
});

test('how often is a setting, from never to once a year', async () => {
  await using fixture = await startBackupFixture(['rs0']);
  const { server, group } = fixture;
  const path = `/groups/${group.id}/backups/${rs0}`;
  await api(server, group, 'POST', `${path}/start`, { drillEveryDays: 0 });
  assert.equal((await api(server, group, 'GET', path)).json<BackupSet>().drillEveryDays, 0);
  const changed = await api(server, group, 'PATCH', path, { drillEveryDays: 30 });
  assert.equal(changed.json<BackupSet>().drillEveryDays, 30);
  for (const drillEveryDays of [-1, 1.5, 367]) {
    assert.equal((await api(server, group, 'PATCH', path, { drillEveryDays })).statusCode, 400);
  }
});

test('the last hundred drills of a set are kept, newest first, and no other set loses any', async () => {
  const store = createDrillStore(memoryDatabase());
  const drill = { snapshotId: 's1', snapshotAtMs: 1, ok: true, message: 'm', tookMs: 1.5, documents: 1, bytes: 1 };
  await store.add('g1', 'other', { ...drill, id: 'd_other', atMs: hour, target: null });
  for (let at = 0; at < 103; at++)
    await store.add('g1', rs0, { ...drill, id: `d_${at}`, atMs: at * hour, target: 'h:1' });
  const kept = await store.drills('g1', rs0);
  assert.deepEqual([kept.length, kept[0]?.id, kept.at(-1)?.id], [100, 'd_102', 'd_3']);
  assert.deepEqual(kept[0], { ...drill, id: 'd_102', atMs: 102 * hour, target: 'h:1' });
  assert.equal((await store.drills('g1', 'other')).length, 1);
  assert.equal((await store.drills('g2', rs0)).length, 0);
});
