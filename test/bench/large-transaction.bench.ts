import assert from 'node:assert/strict';
import type { ClientSession, MongoClient, Timestamp } from 'mongodb';
import { BSON } from 'mongodb';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { startMongod } from '../support/mongod.ts';
import type { MongodVersion } from '../support/mongod-binary.ts';
import { rssAnonMb } from '../support/process-use.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { hashesAt } from '../support/workload/source-oracle.ts';
import { reportFigure } from './report-figure.ts';

/**
 * One transaction of half a gigabyte (at LEAFWARD_BENCH_SCALE=1, the default) which the oplog holds as a chain of applyOps of up to 16 MB: captured, folded and restored
 * before it, in the middle of its chain and after its commit, each equal to the source's own dbHash. Versions: LEAFWARD_BENCH_VERSIONS (a 4.4 answers
 * this commit with a write conflict, at 100 MB too).
 */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 1);
const versions = (process.env['LEAFWARD_BENCH_VERSIONS'] ?? '6.0').split(',') as MongodVersion[];
const megabytes = Math.round(500 * scale);
const longMs = 1_800_000;
const parameters = [
  ['enableTestCommands', '1'],
  ['transactionLifetimeLimitSeconds', '3600'],
].flatMap(([name, value]) => ['--setParameter', `${name}=${value}`]);
/** What is not committed stays in the cache: without these a mongod gives such a transaction up. */
const room =
  'eviction_dirty_target=80,eviction_dirty_trigger=90,eviction_updates_target=80,eviction_updates_trigger=90';
const args = [...parameters, '--wiredTigerEngineConfigString', room];

async function benchVersion(version: MongodVersion): Promise<void> {
  await using folder = tempDir('bench-transaction');
  await using set = await startReplicaSet({ version, cacheSizeGB: 5, oplogSizeMb: 4000, args });
  await using client = await set.connect();
  const shop = client.db('shop');
  await shop.createCollection('large');
  await shop.createCollection('small');
  const old = Array.from({ length: 2000 }, (_, _id) => ({ _id: -1 - _id, text: `old ${_id}` }));
  await shop.collection<{ _id: number }>('small').insertMany(old);
  await using backup = await startBackedUpSet(folder, set, { settled: true });
  await backup.protectedUntil(await operationTime(client));
  using watch = new Watch({ agent: backup.agent.pid, server: backup.product.server.pid });
  const before = await operationTime(client);
  const hashesBefore = await hashesAt(client, undefined);
  const committed = await transaction(client);
  const after = await operationTime(client);
  const { entries, bytes, inside } = await chain(client, before, after);
  const began = performance.now();
  const moments = [
    { what: 'before', at: before, hashes: hashesBefore },
    { what: 'inside', at: inside, hashes: hashesBefore },
    { what: 'after', at: after, hashes: await hashesAt(client, undefined) },
  ];
  await backup.protectedUntil(after, longMs);
  const captured = (performance.now() - began) / 1000;
  const foldBegan = performance.now();
  await backup.leafward(['backup', 'snapshot', set.name], longMs);
  const folded = (performance.now() - foldBegan) / 1000;
  const restored: string[] = [];
  for (const { what, at, hashes } of moments) {
    const took = await restoreEqual(backup, version, at, hashes);
    restored.push(`${took.toFixed(1)} s ${what}`);
  }
  const { agent, server } = watch.most;
  reportFigure({
    what: `a transaction of ${megabytes} MB, mongod ${version}: agent · server anonymous memory from its commit to its restores`,
    goal: '450 · 400 MB',
    measured: `${agent.toFixed(0)} · ${server.toFixed(0)} MB`,
    remark: `${entries} applyOps entries of ${(bytes / 1e6).toFixed(0)} MB, committed in ${committed.toFixed(1)} s, durable ${captured.toFixed(1)} s after, a snapshot in ${folded.toFixed(1)} s; restored in ${restored.join(', ')} of its commit, each equal to the source's dbHash`,
  });
}

/** Documents of 1 MB and of 1 KB, half of the bytes each, beside updates and deletes of what was there. Seconds of its commit. */
async function transaction(client: MongoClient): Promise<number> {
  await using session = client.startSession();
  session.startTransaction({ readConcern: { level: 'snapshot' }, writeConcern: { w: 'majority' } });
  const shop = client.db('shop');
  for (let _id = 0; _id < megabytes / 2; _id += 10) {
    const documents = Array.from({ length: 10 }, (_, at) => ({ _id: _id + at, text: text(_id + at, 1e6) }));
    await shop.collection<{ _id: number }>('large').insertMany(documents, { session });
  }
  const small = shop.collection<{ _id: number; text: string }>('small');
  for (let _id = 0; _id < megabytes * 500; _id += 5000) {
    const documents = Array.from({ length: 5000 }, (_, at) => ({ _id: _id + at, text: text(_id + at, 960) }));
    await small.insertMany(documents, { session, ordered: false });
  }
  await changes(client, session);
  const began = performance.now();
  await session.commitTransaction();
  return (performance.now() - began) / 1000;
}

async function changes(client: MongoClient, session: ClientSession): Promise<void> {
  const small = client.db('shop').collection<{ _id: number; text: string }>('small');
  await small.updateMany({ _id: { $lt: -1000 } }, { $set: { changed: true } }, { session });
  await small.updateMany({ _id: { $gte: 0, $lt: 1000 } }, { $set: { changed: true } }, { session });
  await small.deleteMany({ _id: { $gte: -1000, $lt: 0 } }, { session });
}

/** Compresses about as well as text does. */
function text(seed: number, length: number): string {
  let state = seed + 1;
  const words: string[] = [];
  for (let size = 0; size < length; size += 9) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    words.push((state >>> 8).toString(16).padStart(8, '0'));
  }
  return words.join(' ').slice(0, length);
}

/** The entries that the transaction is in the oplog, and a moment in their middle. */
async function chain(
  client: MongoClient,
  before: Timestamp,
  after: Timestamp,
): Promise<{ readonly entries: number; readonly bytes: number; readonly inside: Timestamp }> {
  const cursor = client
    .db('local')
    .collection('oplog.rs')
    .find({ ts: { $gt: before, $lte: after }, 'o.applyOps': { $exists: true } }, { raw: true, batchSize: 2 });
  const times: Timestamp[] = [];
  let bytes = 0;
  for await (const entry of cursor) {
    const raw = entry as unknown as Uint8Array;
    bytes += raw.length;
    times.push(BSON.deserialize(raw, { promoteValues: false })['ts']);
  }
  const inside = times[Math.floor(times.length / 2)];
  if (inside === undefined || times.length < 2) throw new Error(`the oplog holds ${times.length} applyOps`);
  return { entries: times.length, bytes, inside };
}

/** Seconds of the restore. */
async function restoreEqual(
  backup: BackedUpSet,
  version: MongodVersion,
  at: Timestamp,
  hashes: ReadonlyMap<string, string>,
): Promise<number> {
  await using target = await startMongod({ version, cacheSizeGB: 1, args: ['--setParameter', 'enableTestCommands=1'] });
  await using inTarget = await target.connect();
  const began = performance.now();
  const time = `${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}`;
  await backup.leafward(
    ['restore', '--replica-set', backup.set.name, '--optime', time, '--to', target.uri, '--yes'],
    longMs,
  );
  const took = (performance.now() - began) / 1000;
  assert.deepEqual(await hashesAt(inTarget, undefined), hashes);
  return took;
}

/** The most that processes hold, looked at ten times a second. */
class Watch implements Disposable {
  readonly most = { agent: 0, server: 0 };
  readonly #timer: NodeJS.Timeout;

  constructor(pids: { readonly agent: number; readonly server: number }) {
    this.#timer = setInterval(() => {
      this.most.agent = Math.max(this.most.agent, rssAnonMb(pids.agent));
      this.most.server = Math.max(this.most.server, rssAnonMb(pids.server));
    }, 100);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

for (const version of versions) await benchVersion(version);
