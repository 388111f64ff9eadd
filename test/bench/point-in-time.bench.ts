import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient, Timestamp } from 'mongodb';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { cpuSeconds } from '../support/process-use.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { benchCounts, fillBenchData } from '../support/workload/bench-data.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { quantile, reportFigure } from './report-figure.ts';

/**
 * Restores of the same set: of its first snapshot, of the end of an hour of oplog (3.6 million operations at LEAFWARD_BENCH_SCALE=1), and after 50
 * snapshots more. All in one run, in turns, each into an empty mongod. The hour is written twenty times as fast as it is meant but for its last
 * minute, so that what is left to fold, and what source and server do beside the restore, is what it would be.
 */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.5);
const operations = Math.round(3_600_000 * scale);
const fastPerMs = 20;
const rounds = 3;
const deltas = 50;
const batch = 2000;

interface Restored {
  readonly seconds: number;
  readonly firstSeconds: number;
}

await using folder = tempDir('bench-point');
await using set = await startReplicaSet({ members: 1, cacheSizeGB: 1, oplogSizeMb: Math.max(990, 2000 * scale) });
const client = await set.connect();
const counts = benchCounts(scale);
await fillBenchData(client, counts);
await using backedUp = await startBackedUpSet(folder, set, { settled: true });
const started = await operationTime(client);
await backedUp.protectedUntil(started, 300_000);
await backedUp.leafward(['backup', 'snapshot', set.name]);
const sizeBefore = await sizeOf(client);
await writeHour(client);
const hourEnd = await operationTime(client);
await backedUp.protectedUntil(hourEnd, 300_000);
const hour = await compare(hourEnd);
reportFigure({
  what: 'restore of a point in time at the end of 1 h of oplog at 1,000 operations/s, against the restore of the base snapshot',
  goal: '1.2 ×',
  measured: `${hour.ratio.toFixed(2)} × (${hour.seconds.toFixed(1)} s, ${hour.baseSeconds.toFixed(1)} s)`,
  remark: `${operations.toLocaleString('en')} updates spread evenly over ${counts.orders.toLocaleString('en')} documents of 1 KB (${(sizeBefore / 1e6).toFixed(0)} MB before, ${((await sizeOf(client)) / 1e6).toFixed(0)} MB after); with indexes and proof; medians of ${rounds} restores each, in turns`,
});
for (let delta = 0; delta < deltas; delta++) {
  await changeSome(client, delta);
  await backedUp.protectedUntil(await operationTime(client));
  await backedUp.leafward(['backup', 'snapshot', set.name]);
}
const last = await operationTime(client);
await backedUp.protectedUntil(last);
// Six hours lie between two snapshots: what the server does after one is over before anybody restores.
await untilIdle(backedUp.product.server.pid);
const after = await compare(last);
reportFigure({
  what: 'restore after 50 more snapshots with a delta each, against the restore of the base snapshot',
  goal: '1.3 ×',
  measured: `${after.ratio.toFixed(2)} × (${after.seconds.toFixed(1)} s, ${after.baseSeconds.toFixed(1)} s)`,
  remark: `0.2% of the documents changed in each; of what compaction leaves, and on top of that hour; medians of ${rounds} restores each, in turns`,
});
const firsts = [hour.baseFirstSeconds, hour.firstSeconds, after.firstSeconds];
reportFigure({
  what: 'restore: first document in the target, of the base · the hour · the 50 deltas',
  goal: '2 s',
  measured: `${firsts.map((seconds) => seconds.toFixed(1)).join(' · ')} s`,
  remark: 'from the start of the command: its own start, the plan and the opening of the view included',
});
await client.close();

interface Comparison extends Restored {
  readonly baseSeconds: number;
  readonly baseFirstSeconds: number;
  /** To the base. */
  readonly ratio: number;
}

/** Restores of a moment and of the base, in turns: what else the machine does meets both. */
async function compare(at: Timestamp): Promise<Comparison> {
  const bases: Restored[] = [];
  const others: Restored[] = [];
  for (let round = 0; round < rounds; round++) {
    others.push(await restoreAt(backedUp, at));
    bases.push(await restoreAt(backedUp, started));
  }
  const [seconds, firstSeconds] = medians(others);
  const [baseSeconds, baseFirstSeconds] = medians(bases);
  return { seconds, firstSeconds, baseSeconds, baseFirstSeconds, ratio: seconds / baseSeconds };
}

function medians(made: readonly Restored[]): readonly [number, number] {
  const median = (values: readonly number[]): number => quantile(values, 0.5);
  return [median(made.map(({ seconds }) => seconds)), median(made.map(({ firstSeconds }) => firstSeconds))];
}

/** Waits until a process takes less than a twentieth of a core over eight seconds: work that is due is looked for every five. */
async function untilIdle(pid: number): Promise<void> {
  for (let before = cpuSeconds(pid); ; ) {
    await delay(8000);
    const now = cpuSeconds(pid);
    if (now - before < 0.4) return;
    before = now;
  }
}

async function restoreAt(backup: BackedUpSet, at: Timestamp): Promise<Restored> {
  await using target = await startMongod({ cacheSizeGB: 1 });
  await using open = await target.connect();
  const began = performance.now();
  const restored = backup.restoreTo(target, at).then(() => performance.now());
  const insertedAt = await eventually(
    async () => {
      const { metrics } = await open.db('admin').command({ serverStatus: 1 });
      return Number(metrics.document.inserted) > 0 ? performance.now() : undefined;
    },
    { timeoutMs: 300_000, everyMs: 20, what: 'the first document' },
  );
  return { seconds: ((await restored) - began) / 1000, firstSeconds: (insertedAt - began) / 1000 };
}

/** Every update is an entry: whole stretches of ids at a time, at random places. */
async function writeHour(source: MongoClient): Promise<void> {
  const lastMinute = Math.min(operations / 2, 60_000);
  const turn = await writeSome(source, { turn: 0, from: 0, to: operations - lastMinute, perMs: fastPerMs });
  await writeSome(source, { turn, from: operations - lastMinute, to: operations, perMs: 1 });
}

interface Stretch {
  readonly turn: number;
  readonly from: number;
  readonly to: number;
  readonly perMs: number;
}

async function writeSome(source: MongoClient, { turn: firstTurn, from, to, perMs }: Stretch): Promise<number> {
  const orders = source.db('bench').collection<{ _id: number }>('orders');
  const began = performance.now();
  let turn = firstTurn;
  for (let done = from; done < to; turn++) {
    const place = Math.imul(turn, 0x9e37_79b1) >>> 0;
    const first = place % Math.max(1, counts.orders - batch);
    const { modifiedCount } = await orders.updateMany(
      { _id: { $gte: first, $lt: first + batch } },
      { $set: { status: turn % 2 === 0 ? 'sent' : 'paid' }, $inc: { total: 1 } },
    );
    done += modifiedCount;
    await delay(Math.max(0, began + (done - from) / perMs - performance.now()));
  }
  return turn;
}

async function changeSome(source: MongoClient, turn: number): Promise<void> {
  const bench = source.db('bench');
  await bench.collection('orders').updateMany({ _id: { $mod: [500, turn] } } as never, { $inc: { total: 1 } });
  await bench.collection('events').updateMany({ ms: { $mod: [500, turn] } }, { $set: { kind: 'sale' } });
}

async function sizeOf(source: MongoClient): Promise<number> {
  return Number((await source.db('bench').stats())['dataSize']);
}
