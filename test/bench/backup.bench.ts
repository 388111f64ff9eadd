import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { MongoClient } from 'mongodb';
import type { Snapshot } from '../../src/wire/api/backups.ts';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { backUpWithPbm } from '../support/pbm.ts';
import { rssAnonMb } from '../support/process-use.ts';
import { type ReplicaSet, startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { benchCounts, fillBenchData } from '../support/workload/bench-data.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { reportFigure } from './report-figure.ts';

/**
 * Backup and restore of a data set of 641 MB (at LEAFWARD_BENCH_SCALE=1; default half of it), in one run with the peers that MONGODUMP,
 * MONGORESTORE and PBM name: ratios of times on the same machine.
 */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.5);
const { MONGODUMP: mongodump, MONGORESTORE: mongorestore, PBM: pbm } = process.env;

interface Scan {
  readonly seconds: number;
  readonly storedBytes: number;
  /** Most anonymous memory, MB. */
  readonly agent: number;
  readonly server: number;
}

interface Peer {
  readonly seconds: number;
  readonly bytes: number;
}

const small = await benchSmall();
await using folder = tempDir('bench-backup');
await using set = await startReplicaSet({ members: 1, cacheSizeGB: 1, oplogSizeMb: 990 });
const client = await set.connect();
const counts = benchCounts(scale);
await fillBenchData(client, counts);
const { dataSize, objects } = await client.db('bench').stats();
const megabytes = Number(dataSize) / 1e6;
const dump = dumpWithPeer(set, folder);
const ofPbm = pbm === undefined ? undefined : await backUpWithPbm(pbm, set, folder);
await using backedUp = await startBackedUpSet(folder, set, { settled: true });
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
async function scanOf(backup: BackedUpSet): Promise<Scan> {
  const begun = performance.now();
  const most = { agent: 0, server: 0 };
  await eventually(
    async () => {
      most.agent = Math.max(most.agent, rssAnonMb(backup.agent.pid));
      most.server = Math.max(most.server, rssAnonMb(backup.product.server.pid));
      const { protectedUntil, scan } = await backup.view();
      return protectedUntil !== null && scan === null;
    },
    { timeoutMs: 600_000, everyMs: 100, what: 'the end of the initial sync' },
  );
  const { storedBytes } = await backup.view();
  return { seconds: (performance.now() - begun) / 1000, storedBytes, ...most };
}

/** A tenth of the data, for the memory that it takes. */
async function benchSmall(): Promise<Scan> {
  await using dir = tempDir('bench-small');
  await using source = await startReplicaSet({ members: 1, cacheSizeGB: 1, oplogSizeMb: 990 });
  await using open = await source.connect();
  await fillBenchData(open, benchCounts(scale / 10));
  await using backup = await startBackedUpSet(dir, source, { settled: true });
  return await scanOf(backup);
}

async function benchScan(backup: BackedUpSet): Promise<void> {
  const { seconds, storedBytes, agent, server } = await scanOf(backup);
  const of = `${Math.round(megabytes)} MB in ${Number(objects).toLocaleString('en')} documents`;
  reportFigure({
    what: 'backup: initial sync, agent + server + durable, against mongodump --gzip --archive',
    goal: '0.4 ×',
    measured: timesOf(seconds, dump),
    remark: `${of}; ${(megabytes / seconds).toFixed(0)} MB/s${dump === undefined ? '; no peer: set MONGODUMP' : ''}`,
  });
  reportFigure({
    what: 'backup: initial sync, against a logical backup of PBM with zstd to a local folder',
    goal: '1.0 ×',
    measured: timesOf(seconds, ofPbm),
    remark:
      ofPbm === undefined
        ? 'no peer: set PBM'
        : `seconds of pbm backup --wait, of which about 8 pass before it begins; it stores ${(ofPbm.bytes / 1e6).toFixed(0)} MB, ${(ofPbm.bytes / 1e6 / megabytes).toFixed(3)} of the data`,
  });
  reportFigure({
    what: "backup: bytes stored after it, against mongodump's gzip",
    goal: '0.85 ×',
    measured: `${dump === undefined ? '' : `${(storedBytes / dump.bytes).toFixed(2)} × `}(${(storedBytes / 1e6).toFixed(0)} MB)`,
    remark: `${(storedBytes / 1e6 / megabytes).toFixed(3)} of the data, index blocks included${dump === undefined ? '' : `; gzip ${(dump.bytes / 1e6 / megabytes).toFixed(3)}`}${ofPbm === undefined ? '' : `; ${(storedBytes / ofPbm.bytes).toFixed(2)} × PBM`}`,
  });
  reportFigure({
    what: 'backup: agent · server anonymous memory during it',
    goal: '300 · 400 MB',
    measured: `${agent.toFixed(0)} · ${server.toFixed(0)} MB`,
    remark: `with a tenth of the data ${small.agent.toFixed(0)} · ${small.server.toFixed(0)} MB; largest RssAnon, looked at every 0.1 s`,
  });
}

function timesOf(seconds: number, peer: Peer | undefined): string {
  if (peer === undefined) return `${seconds.toFixed(1)} s`;
  return `${(seconds / peer.seconds).toFixed(2)} × (${seconds.toFixed(1)} s, ${peer.seconds.toFixed(1)} s)`;
}

/** One per cent of the documents changed, spread evenly. */
async function benchSnapshot(backup: BackedUpSet, source: MongoClient): Promise<void> {
  const orders = source.db('bench').collection('orders');
  const events = source.db('bench').collection('events');
  await orders.updateMany({ _id: { $mod: [100, 0] } } as never, { $set: { status: 'returned' }, $inc: { total: 1 } });
  await events.updateMany({ ms: { $mod: [100, 0] } }, { $inc: { ms: 100 } });
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
    measured: timesOf(seconds, peer),
    remark: `${(report.bytes / 1e6).toFixed(0)} MB, ${report.documents.toLocaleString('en')} documents; reading back and hashing included`,
  });
}

async function restoreWithPeer(): Promise<Peer | undefined> {
  if (mongorestore === undefined || dump === undefined) return undefined;
  await using target = await startMongod({ cacheSizeGB: 1 });
  const begun = performance.now();
  const archive = join(folder.path, 'dump.gz');
  const { status } = spawnSync(mongorestore, ['--uri', target.uri, '--gzip', `--archive=${archive}`], {
    stdio: 'ignore',
  });
  return status === 0 ? { seconds: (performance.now() - begun) / 1000, bytes: dump.bytes } : undefined;
}
