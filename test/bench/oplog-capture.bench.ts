import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient, Timestamp } from 'mongodb';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { eventually } from '../support/eventually.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { quantile, reportFigure } from './report-figure.ts';

/**
 * Capture of the oplog while the source, the server and both agents share the machine: at a given rate, at the highest that the source
 * reaches, and after an outage of the agent. At LEAFWARD_BENCH_SCALE=1 the outage is ten minutes at that rate (default: a twentieth).
 */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.05);
const goalPerSecond = 20_000;
const seconds = Math.min(30, Math.max(8, 30 * scale * 20));
const outageOperations = Math.round(600 * goalPerSecond * scale);
const batch = 1000;

await using folder = tempDir('bench-capture');
await using set = await startReplicaSet({ members: 1, cacheSizeGB: 1, oplogSizeMb: Math.max(2000, 4000 * scale) });
const client = await set.connect();
let written = 0;
/** Batches of writes, oldest first, of which the server may not know yet. */
const done: { readonly ts: bigint; readonly atMs: number }[] = [];
await client.db('bench').createCollection('writes');
await using backedUp = await startBackedUpSet(folder, set, { settled: true });
await backedUp.protectedUntil(await operationTime(client));
await benchRate(backedUp, client, goalPerSecond);
await benchRate(backedUp, client, Number.POSITIVE_INFINITY);
await benchOutage(backedUp, client);
await client.close();

/** Bulk writes, half of them inserts and half of them updates of what was just inserted; answers how many. */
async function write(source: MongoClient): Promise<number> {
  const writes = source.db('bench').collection<{ _id: number }>('writes');
  await using session = source.startSession();
  const from = written;
  written += batch;
  const documents = Array.from({ length: batch }, (_, at) => ({
    _id: from + at,
    at: new Date(),
    status: 'new',
    user: (from + at) % 50_000,
    note: `order number ${from + at}`,
  }));
  const concern = { session, writeConcern: { w: 1, j: false } } as const;
  await writes.insertMany(documents, { ordered: false, ...concern });
  const paid = { $set: { status: 'paid' }, $inc: { user: 1 } };
  await writes.updateMany({ _id: { $gte: from, $lt: from + batch } }, paid, concern);
  done.push({ ts: session.operationTime?.toBigInt() ?? 0n, atMs: performance.now() });
  return 2 * batch;
}

/** Writes for a while, at most so many operations a second, and looks how far behind the durable copy is. */
async function benchRate(backup: BackedUpSet, source: MongoClient, perSecond: number): Promise<void> {
  const began = performance.now();
  const stop = new AbortController();
  const lags = sampleLag(backup, stop.signal);
  done.length = 0;
  let count = 0;
  while (performance.now() - began < seconds * 1000) {
    const early = (count / perSecond) * 1000 - (performance.now() - began);
    if (early > 0) await delay(early);
    count += await write(source);
  }
  const rate = count / ((performance.now() - began) / 1000);
  stop.abort();
  const seen = await lags;
  const ended = performance.now();
  await backup.protectedUntil(await operationTime(source), 300_000);
  const after = (performance.now() - ended) / 1000;
  reportFigure({
    what:
      perSecond === goalPerSecond
        ? 'oplog capture at 20,000 operations a second, source on the same cores: lag, median · 95 in 100'
        : 'oplog capture at the highest rate of one writer: operations a second',
    goal: perSecond === goalPerSecond ? 'under 2 s' : '20000 /s',
    measured:
      perSecond === goalPerSecond
        ? `${quantile(seen, 0.5).toFixed(1)} · ${quantile(seen, 0.95).toFixed(1)} s`
        : `${Math.round(rate)} /s`,
    remark: `${Math.round(rate)} a second written for ${seconds.toFixed(0)} s in bulk, half inserts, half updates; lag is the age of the oldest write that is not durable on the server${perSecond === goalPerSecond ? '' : `: median ${quantile(seen, 0.5).toFixed(1)} s, most ${Math.max(...seen).toFixed(1)} s`}; all was durable ${after.toFixed(1)} s after the last write`,
  });
}

/** Age of the oldest write that is not durable on the server, in seconds, a few times a second. */
async function sampleLag(backup: BackedUpSet, signal: AbortSignal): Promise<number[]> {
  const lags: number[] = [];
  while (!signal.aborted) {
    await delay(100);
    const { protectedUntil } = await backup.view();
    const now = performance.now();
    const [seconds = '0', ordinal = '0'] = (protectedUntil?.ts ?? '').split(':');
    const durable = (BigInt(seconds) << 32n) | BigInt(ordinal);
    while (done[0] !== undefined && done[0].ts <= durable) done.shift();
    lags.push(done[0] === undefined ? 0 : (now - done[0].atMs) / 1000);
  }
  return lags;
}

async function benchOutage(backup: BackedUpSet, source: MongoClient): Promise<void> {
  await backup.agent.stop();
  let missed = 0;
  while (missed < outageOperations) missed += await write(source);
  const last: Timestamp = await operationTime(source);
  const began = performance.now();
  const agent = backup.startBackupAgent('backup');
  const before = (await backup.view()).protectedUntil?.ts;
  const moved = eventually(async () => (await backup.view()).protectedUntil?.ts !== before, {
    timeoutMs: 120_000,
    everyMs: 20,
    what: 'the first slice after the outage',
  }).then(() => performance.now());
  await backup.protectedUntil(last, 600_000);
  const took = (performance.now() - began) / 1000;
  const idle = ((await moved) - began) / 1000;
  reportFigure({
    what: 'oplog capture after an outage: rate at which it catches up, in multiples of 20,000 operations a second',
    goal: '3 ×',
    measured: `${(missed / took / goalPerSecond).toFixed(1)} ×`,
    remark: `${missed.toLocaleString('en')} operations (${(missed / goalPerSecond / 60).toFixed(1)} minutes at that rate) in ${took.toFixed(1)} s from the start of the agent, of which ${idle.toFixed(1)} s until its first slice was durable`,
  });
  await agent.stop();
}
