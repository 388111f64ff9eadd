import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { BSON, type MongoClient } from 'mongodb';
import { agentRoutes } from '../../../src/wire/protocol.ts';
import { startBackupServer } from '../../support/backup-server.ts';
import {
  assertIsOplog,
  backUp,
  freshScan,
  sourceDocuments,
  startCapturing,
  startCapturingProcess,
  untilCaptured,
  untilScanned,
} from '../../support/capturing.ts';
import { eventually } from '../../support/eventually.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { tempDir } from '../../support/temp-dir.ts';

async function fill(client: MongoClient, name: string, count: number, bytes: number): Promise<void> {
  const documents = Array.from({ length: count }, (_, index) => ({ _id: index, body: randomBytes(bytes) }));
  await client
    .db('shop')
    .collection<{ _id: number }>(name)
    .insertMany(documents, { writeConcern: { w: 'majority' } });
}

test('killed in the middle of a scan, an agent goes on at what the server has; names that moved meanwhile are no matter', async () => {
  await using folder = tempDir('capture');
  await using set = await startReplicaSet({ oplogSizeMb: 990 });
  await using client = await set.connect();
  await fill(client, 'orders', 20_000, 1000);
  await fill(client, 'other', 2000, 1000);
  await using server = await startBackupServer();
  const state = backUp(server, set, { limits: { scanBytesPerSecond: 6 * 2 ** 20, scanThreads: 2 } });
  {
    await using agent = startCapturingProcess(server, folder);
    await eventually(
      () => (state.task.scan?.parts.some(({ after, done }) => after !== null && !done) ?? false) || undefined,
      {
        timeoutMs: 240_000,
        what: 'a part under way',
      },
    );
    await agent.crash();
  }
  const had = new Map(state.task.scan?.parts.map(({ uuid, part, after }) => [`${uuid}:${part}`, after]));
  const { uuid } = state.collection('shop.orders');
  await client.db('shop').renameCollection('orders', 'moved');
  await fill(client, 'orders', 10, 10);
  await client.db('shop').collection('other').drop();
  await using agent = startCapturingProcess(server, folder);
  await eventually(() => state.finished !== null, {
    timeoutMs: 240_000,
    what: `the end of the scan: ${agent.stdout()}`,
  });
  const source = await sourceDocuments(client, 'shop', 'moved');
  const copied = state.documentsOf(uuid);
  assert.equal(copied.size, source.size);
  for (const [key, document] of source) assert.ok(copied.get(key)?.equals(document));
  assert.ok([...had.values()].some((after) => after !== null));
  await untilCaptured(state, client);
  await assertIsOplog(state, client);
});

test('slices wait on disk while the server is away, over a kill; they are private, and all of them arrive in order', async () => {
  await using folder = tempDir('capture');
  await using set = await startReplicaSet();
  await using client = await set.connect();
  await using server = await startBackupServer();
  const state = backUp(server, set);
  const spool = folder.file(`state/spool/${state.replicaSetId}`);
  {
    await using agent = startCapturingProcess(server, folder);
    await eventually(() => state.finished !== null, { timeoutMs: 240_000 });
    server.away = true;
    await fill(client, 'during', 5000, 100);
    await eventually(() => readdirSync(spool).length >= 1, { timeoutMs: 240_000, what: 'slices in the spool' });
    for (const name of readdirSync(spool)) assert.equal(statSync(`${spool}/${name}`).mode & 0o777, 0o600, name);
    assert.equal(statSync(spool).mode & 0o777, 0o700);
    await agent.crash();
  }
  const waiting = readdirSync(spool);
  assert.ok(waiting.length > 0);
  server.away = false;
  await using agent = startCapturingProcess(server, folder);
  await untilCaptured(state, client);
  await assertIsOplog(state, client);
  await eventually(() => readdirSync(spool).length === 0, { what: `an empty spool: ${agent.stdout()}` });
});

test('a full spool stops the reading and says so; when there is room again nothing is missing', async () => {
  await using set = await startReplicaSet({ oplogSizeMb: 990 });
  await using client = await set.connect();
  await using server = await startBackupServer();
  const state = backUp(server, set);
  await using capturing = await startCapturing(server, { maxSpoolBytes: 200_000 });
  await eventually(() => state.finished !== null, { timeoutMs: 240_000 });
  server.away = true;
  for (let turn = 0; turn < 6; turn++) {
    const documents = Array.from({ length: 40 }, () => ({
      body: randomBytes(1500),
    }));
    await client.db('shop').collection('random').insertMany(documents);
    await eventually(() => turn < 5 || capturing.lines.some((line) => /spool is full/.test(line)), {
      timeoutMs: 240_000,
    });
  }
  server.away = false;
  await eventually(() => state.report?.state === 'spooling' || state.report?.state === 'tailing', {
    timeoutMs: 240_000,
  });
  await untilCaptured(state, client);
  await assertIsOplog(state, client);
  assert.ok(capturing.lines.some((line) => /spool has room again/.test(line)));
});

test('another member goes on at the same entry when one dies, through an election too; a delayed one is never read', async () => {
  await using set = await startReplicaSet({ members: [{ priority: 2 }, {}, {}, { delaySecs: 3600, votes: 0 }] });
  await using client = await set.connect();
  await fill(client, 'orders', 2000, 500);
  await using server = await startBackupServer();
  const state = backUp(server, set);
  const { members } = state.task;
  state.task = {
    ...state.task,
    members: members.map((member, index) => ({ ...member, delaySeconds: index === 3 ? 3600 : 0 })),
  };
  await using capturing = await startCapturing(server);
  const memberRead = (): string | undefined => {
    const line = capturing.lines.findLast((text) => text.includes('reading the oplog set='));
    return /member=(\S+)/.exec(line ?? '')?.[1];
  };
  await untilScanned(state, capturing);
  const first = memberRead();
  const victim = set.members.find(({ host }) => host === first);
  assert.ok(victim);
  await victim.crash();
  // The driver tries a write twice, not more.
  await set.primary();
  await fill(client, 'after', 500, 100);
  await untilCaptured(state, client);
  assert.notEqual(memberRead(), first);
  await victim.restart();
  await set.healthy();
  const primary = await set.primary();
  await primary.crash();
  const next = await set.connect();
  await eventually(async () => (await next.db('shop').collection('last').insertOne({}), true), { timeoutMs: 240_000 });
  await untilCaptured(state, next);
  await assertIsOplog(state, next);
  await next.close();
  const delayed = set.members[3]?.host ?? '';
  assert.ok(!capturing.lines.some((line) => line.includes(`member=${delayed}`)));
});

test('a place that fell off the oplog, or that another entry has taken, is one clear state; a new scan begins anew', async () => {
  await using set = await startReplicaSet();
  await using client = await set.connect();
  await fill(client, 'orders', 20_000, 900);
  await using server = await startBackupServer();
  const state = backUp(server, set);
  await using capturing = await startCapturing(server);
  await eventually(() => state.finished !== null, { timeoutMs: 240_000 });
  await untilCaptured(state, client);
  const { checkpoint } = state.task;
  assert.ok(checkpoint !== null);
  // As if the entry had been undone and another been written in its place by the next primary.
  state.task = { ...state.task, epoch: 2, checkpoint: { ...checkpoint, term: checkpoint.term + 7 } };
  server.changed();
  await eventually(() => state.report?.state === 'lost' && state.report.problem?.code === 'ROLLED_BACK', {
    timeoutMs: 240_000,
    what: capturing.lines.join('\n'),
  });
  state.task = { ...state.task, epoch: 3, checkpoint: { ts: '1000:1', term: 1 } };
  server.changed();
  await eventually(() => state.report?.problem?.code === 'PLACE_LOST', { timeoutMs: 240_000 });
  const sentBefore = state.storedBytes;
  await client
    .db('shop')
    .collection<{ _id: number }>('orders')
    .deleteMany({ _id: { $in: [3, 9000] } });
  state.slices.length = 0;
  state.entries.length = 0;
  state.collections.clear();
  state.parts.clear();
  state.finished = null;
  const scan = { scanId: 'scan-2', kind: 'resync', only: null, from: null, parts: [], planned: false } as const;
  state.task = { ...state.task, checkpoint: null, chain: null, scan: { ...scan, parts: [] } };
  server.changed();
  await untilScanned(state, capturing);
  const sent = state.storedBytes - sentBefore;
  assert.ok(sent < sentBefore / 3, `a resync sent ${sent} bytes, the first scan ${sentBefore}`);
  assert.equal(state.documentsOf(state.collection('shop.orders').uuid).size, 19_998);
  await untilCaptured(state, client);
  await assertIsOplog(state, client);
  await eventually(() => state.report?.state === 'tailing', { timeoutMs: 240_000 });
});

test('a scan that another one replaces before its first slice is stored gives way to it', async () => {
  await using set = await startReplicaSet({ members: 1 });
  await using client = await set.connect();
  await fill(client, 'orders', 100, 10);
  await using server = await startBackupServer();
  server.refusesSlices = true;
  const state = backUp(server, set);
  await using capturing = await startCapturing(server);
  await eventually(() => server.asked.includes(agentRoutes.slices), { what: capturing.lines.join('\n') });
  // What waits in the spool begins where the first scan did, the second one begins after this.
  await fill(client, 'more', 100, 10);
  state.task = { ...state.task, scan: freshScan('scan-2') };
  server.refusesSlices = false;
  server.changed();
  await untilScanned(state, capturing);
  assert.equal(state.documentsOf(state.collection('shop.orders').uuid).size, 100);
  await untilCaptured(state, client);
  await assertIsOplog(state, client);
});

test('an agent that lost its lease stops at once; with the new one it goes on where the server is', async () => {
  await using set = await startReplicaSet();
  await using client = await set.connect();
  await using server = await startBackupServer();
  const state = backUp(server, set);
  await using capturing = await startCapturing(server);
  await eventually(() => state.finished !== null, { timeoutMs: 240_000 });
  // Nobody tells the agent: it learns it from a refusal.
  server.tasksAway = true;
  state.task = { ...state.task, epoch: 2 };
  await fill(client, 'orders', 10, 10);
  await eventually(() => capturing.lines.some((line) => /another agent has this replica set/.test(line)), {
    timeoutMs: 240_000,
  });
  server.tasksAway = false;
  await untilCaptured(state, client);
  await assertIsOplog(state, client);
});

test('a capture begins before the oldest transaction that is prepared', async () => {
  await using set = await startReplicaSet({ args: ['--setParameter', 'enableTestCommands=1'] });
  await using client = await set.connect();
  await fill(client, 'orders', 10, 10);
  const session = client.startSession();
  session.startTransaction({ writeConcern: { w: 'majority' } });
  await client.db('shop').collection('orders').insertOne({ prepared: true }, { session });
  const writeConcern = { w: 'majority' };
  const { prepareTimestamp } = await client.db('admin').command({ prepareTransaction: 1, writeConcern }, { session });
  await fill(client, 'later', 50, 10);
  await using server = await startBackupServer();
  const state = backUp(server, set);
  await using capturing = await startCapturing(server);
  await untilScanned(state, capturing);
  await client
    .db('admin')
    .command({ commitTransaction: 1, commitTimestamp: prepareTimestamp, writeConcern }, { session });
  await session.endSession();
  await untilCaptured(state, client);
  const entries = state.entries.map((entry) => BSON.deserialize(entry));
  assert.ok(entries.some(({ o }) => o?.applyOps !== undefined && o.prepare === true));
  assert.ok(entries.some(({ o }) => o?.commitTransaction === 1));
  await assertIsOplog(state, client);
});
