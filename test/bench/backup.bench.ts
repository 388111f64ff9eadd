import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { MongoClient } from 'mongodb';
import type { Snapshot } from '../../src/wire/api/backups.ts';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { rssAnonMb } from '../support/process-use.ts';
import { type ReplicaSet, startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { benchCounts, fillBenchData } from '../support/workload/bench-data.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { reportFigure } from './report-figure.ts';

/**
 * Backup and restore of a data set of 616 MB (at LEAFWARD_BENCH_SCALE=1; default half of it), in one run with the peers that MONGODUMP and
 * MONGORESTORE name: ratios of times on the same machine.
 */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.5);
const { MONGODUMP: mongodump, MONGORESTORE: mongorestore } = process.env;

interface Peer {
  readonly seconds: number;
  readonly bytes: number;
}

await using folder = tempDir('bench-backup');
await using set = await startReplicaSet({ members: 1, cacheSizeGB: 1, oplogSizeMb: 990 });
const client = await set.connect();
const counts = benchCounts(scale);
await fillBenchData(client, counts);
const { dataSize, objects } = await client.db('bench').stats();
const megabytes = Number(dataSize) / 1e6;
const dump = dumpWithPeer(set, folder);
await using backedUp = await startBackedUpSet(folder, set);
await benchScan(backedUp);
await benchSnapshot(backedUp, client);
await benchRestore(backedUp);
await client.close();

function dumpWithPeer({ uri }: ReplicaSet, { file }: TempDir): Peer | undefined {
  if (mongodump === undefined) return undefined;
  const archive = file('dump.gz');
  const begun = performance.now();
  const { status } = spawnSync(mongodump, ['--uri', uri, '--gzip', `--archive=${archive}`, '--db', 'bench'], {
    stdio: 'ignore',
  });
  if (status !== 0) return undefined;
  return { seconds: (performance.now() - begun) / 1000, bytes: statSync(archive).size };
}

/** From switching it on to "protected": all is durable on the server then. */
async function benchScan(backup: BackedUpSet): Promise<void> {
  const begun = performance.now();
  const memory = { agent: 0, server: 0 };
  await eventually(
    async () => {
      memory.agent = Math.max(memory.agent, rssAnonMb(backup.agent.pid));
      memory.server = Math.max(memory.server, rssAnonMb(backup.product.server.pid));
      const { protectedUntil, scan } = await backup.view();
      return protectedUntil !== null && scan === null;
    },
    { timeoutMs: 600_000, everyMs: 100, what: 'the end of the initial sync' },
  );
  const seconds = (performance.now() - begun) / 1000;
  const { storedBytes } = await backup.view();
  const of = `${Math.round(megabytes)} MB in ${Number(objects).toLocaleString('en')} documents`;
  reportFigure({
    what: 'backup: initial sync, agent + server + durable, against mongodump --gzip --archive',
    goal: '0.4 ×',
    measured:
      dump === undefined
        ? `${seconds.toFixed(1)} s`
        : `${(seconds / dump.seconds).toFixed(2)} × (${seconds.toFixed(1)} s, ${dump.seconds.toFixed(1)} s)`,
    remark: `${of}; ${(megabytes / seconds).toFixed(0)} MB/s${dump === undefined ? '; no peer: set MONGODUMP' : ''}`,
  });
  reportFigure({
    what: "backup: bytes stored after it, against mongodump's gzip",
    goal: '0.85 ×',
    measured:
      dump === undefined
        ? `${(storedBytes / 1e6).toFixed(0)} MB`
        : `${(storedBytes / dump.bytes).toFixed(2)} × (${(storedBytes / 1e6).toFixed(0)} MB)`,
    remark:
      'zstd-3 in blocks of 256 KiB, with index blocks; the texts of this data set are words at random, which suit gzip',
  });
  reportFigure({
    what: 'backup: agent · server anonymous memory during it',
    goal: '300 · 400 MB',
    measured: `${memory.agent.toFixed(0)} · ${memory.server.toFixed(0)} MB`,
    remark: 'largest RssAnon, looked at every 0.1 s',
  });
}

/** One per cent of the documents changed, spread evenly. */
async function benchSnapshot(backup: BackedUpSet, source: MongoClient): Promise<void> {
  const orders = source.db('bench').collection('orders');
  const events = source.db('bench').collection('events');
  await orders.updateMany(
    { $expr: { $eq: [{ $mod: ['$_id', 100] }, 0] } },
    { $set: { status: 'returned' }, $inc: { total: 1 } },
  );
  await events.updateMany({ $expr: { $eq: [{ $mod: ['$_id', 100] }, 0] } }, { $inc: { v: 1 } });
  await backup.protectedUntil(await operationTime(source));
  const taken = await backup.leafward<Snapshot>(['backup', 'snapshot', backup.set.name]);
  reportFigure({
    what: 'backup: next snapshot after 1% of the documents changed, spread evenly: time · new bytes, against a mongodump --gzip',
    goal: '0.05 ×',
    measured:
      dump === undefined
        ? `${(taken.tookMs / 1000).toFixed(1)} s, ${(taken.newBytes / 1e6).toFixed(1)} MB`
        : `${(taken.tookMs / 1000 / dump.seconds).toFixed(3)} · ${(taken.newBytes / dump.bytes).toFixed(3)} ×`,
    remark: `${(taken.tookMs / 1000).toFixed(1)} s, ${(taken.newBytes / 1e6).toFixed(2)} MB new, ${(taken.readBytes / 1e6).toFixed(1)} MB read`,
  });
}

async function benchRestore(backup: BackedUpSet): Promise<void> {
  const peer = await restoreWithPeer();
  await using target = await startMongod({ cacheSizeGB: 1 });
  const at = await operationTime(client);
  await backup.protectedUntil(at);
  const begun = performance.now();
  const report = await backup.restoreTo(target, at);
  const seconds = (performance.now() - begun) / 1000;
  reportFigure({
    what: 'restore: wall with indexes and proof, against mongorestore --gzip --archive',
    goal: '0.9 ×',
    measured:
      peer === undefined
        ? `${seconds.toFixed(1)} s`
        : `${(seconds / peer).toFixed(2)} × (${seconds.toFixed(1)} s, ${peer.toFixed(1)} s)`,
    remark: `${(report.bytes / 1e6).toFixed(0)} MB, ${report.documents.toLocaleString('en')} documents; reading back and hashing included`,
  });
}

async function restoreWithPeer(): Promise<number | undefined> {
  if (mongorestore === undefined || dump === undefined) return undefined;
  await using target = await startMongod({ cacheSizeGB: 1 });
  const begun = performance.now();
  const { status } = spawnSync(
    mongorestore,
    ['--uri', target.uri, '--gzip', `--archive=${join(folder.path, 'dump.gz')}`],
    { stdio: 'ignore' },
  );
  return status === 0 ? (performance.now() - begun) / 1000 : undefined;
}
