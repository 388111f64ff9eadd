import { setTimeout as delay } from 'node:timers/promises';
import type { MongoClient } from 'mongodb';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { BulkWriter } from '../support/workload/bulk-writer.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { quantile, reportFigure } from './report-figure.ts';

/**
 * Capture of the oplog while the source, the server and both agents share the machine: at a given rate, and at the highest that the source
 * reaches.
 */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.05);
const goalPerSecond = 20_000;
const seconds = Math.min(30, Math.max(8, 30 * scale * 20));

await using folder = tempDir('bench-capture');
await using set = await startReplicaSet({ members: 1, cacheSizeGB: 1, oplogSizeMb: Math.max(2000, 4000 * scale) });
const client = await set.connect();
const writer = new BulkWriter('bench', 'writes');
/** Batches of writes, oldest first, of which the server may not know yet. */
const done: { readonly ts: bigint; readonly atMs: number }[] = [];
await client.db('bench').createCollection('writes');
await using backedUp = await startBackedUpSet(folder, set, { settled: true });
await backedUp.protectedUntil(await operationTime(client));
await benchRate(backedUp, client, goalPerSecond);
await benchRate(backedUp, client, Number.POSITIVE_INFINITY);
await client.close();

async function write(source: MongoClient): Promise<number> {
  const { operations, ts } = await writer.write(source);
  done.push({ ts, atMs: performance.now() });
  return operations;
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
