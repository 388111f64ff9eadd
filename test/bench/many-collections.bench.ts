import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import type { MongoClient } from 'mongodb';
import type { BackupDrill, Snapshot } from '../../src/wire/api/backups.ts';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { cpuSeconds, rssAnonMb } from '../support/process-use.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { reportFigure } from './report-figure.ts';

/**
 * A replica set of very many small collections (default 10,000 with three indexes each), from its initial sync to its restores, beside the
 * peers that MONGODUMP and MONGORESTORE name.
 */
const collections = Number(process.env['LEAFWARD_BENCH_COLLECTIONS'] ?? 10_000);
const perDatabase = Number(process.env['LEAFWARD_BENCH_PER_DATABASE'] ?? 500);
const { MONGODUMP: mongodump, MONGORESTORE: mongorestore } = process.env;
const documents = 5;
const run = promisify(execFile);
const longMs = 1_800_000;

/** So many files are more than a process may have open: those that are idle are closed at once, and those that were written to after the next checkpoint. */
const fewFiles = [
  '--syncdelay',
  '5',
  '--setParameter',
  'wiredTigerCursorCacheSize=0',
  '--wiredTigerEngineConfigString',
  'file_manager=(close_idle_time=3,close_scan_interval=1,close_handle_minimum=100)',
];
const source = { members: 1, cacheSizeGB: 1, oplogSizeMb: 990, args: fewFiles } as const;

await using folder = tempDir('bench-many');
await using set = await startReplicaSet(source);
const client = await set.connect();
const began = performance.now();
await fill(client);
console.log(`filled in ${seconds(began)} s`);
await using drillTarget = await startMongod({ cacheSizeGB: 1, args: fewFiles });
writeFileSync(folder.file('target.uri'), `${drillTarget.uri}\n`, { mode: 0o600 });
const agentSettings = ['drillTargetFile = target.uri'];
await using backedUp = await startBackedUpSet(folder, set, {
  settled: true,
  agentSettings,
});
const sync = await benchScan(backedUp);
const peer = await benchPeers(sync);
await benchFold(backedUp);
await benchPages(backedUp);
await benchRestore(backedUp, peer);
await benchDrill(backedUp, peer);
await client.close();

function* names(): Generator<readonly [string, string]> {
  for (let at = 0; at < collections; at++) yield [`many${Math.floor(at / perDatabase)}`, `c${at}`];
}

async function fill(to: MongoClient): Promise<void> {
  const todo = names();
  const indexes = [
    { key: { at: 1 }, name: 'at_1' },
    { key: { name: 1, at: -1 }, name: 'name_1_at_-1' },
  ];
  const work = async (): Promise<void> => {
    for (const [database, name] of todo) {
      // An index that a new collection is created with needs no build.
      await to.db(database).command({ createIndexes: name, indexes });
      const made = Array.from({ length: documents }, (_, at) => ({ _id: at, at, name, text: `${at} of ${name}` }));
      await to
        .db(database)
        .collection<{ _id: number }>(name)
        .insertMany(made, { writeConcern: { w: 1, j: false } });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

/** Seconds of the initial sync. */
async function benchScan(backup: BackedUpSet): Promise<number> {
  const used = await watched(backup, set.members[0]?.pid ?? 0, async () => {
    await eventually(
      async () => {
        const { protectedUntil, scan } = await backup.view();
        return protectedUntil !== null && scan === null;
      },
      { timeoutMs: longMs, everyMs: 250, what: 'the end of the initial sync' },
    );
  });
  figure(
    'initial sync',
    '60 s',
    `${(used.tookMs / 1000).toFixed(1)} s`,
    `${documents} documents in each; ${use(used)}`,
  );
  return used.tookMs / 1000;
}

/** The same data by mongodump and mongorestore: seconds of the restore. */
async function benchPeers(syncSeconds: number): Promise<number | undefined> {
  if (mongodump === undefined || mongorestore === undefined) return undefined;
  const archive = folder.file('dump.archive.gz');
  const options = { maxBuffer: 1 << 28, timeout: longMs };
  const dumpBegan = performance.now();
  await run(mongodump, ['--uri', set.uri, '--gzip', `--archive=${archive}`], options);
  const dumped = (performance.now() - dumpBegan) / 1000;
  figure(
    'initial sync, against mongodump --gzip',
    '–',
    `${(syncSeconds / dumped).toFixed(2)} ×`,
    `${dumped.toFixed(1)} s`,
  );
  await using target = await startMongod({ cacheSizeGB: 1, args: fewFiles });
  const cpu = cpuSeconds(target.pid);
  const restoreBegan = performance.now();
  await run(mongorestore, ['--uri', target.uri, '--gzip', `--archive=${archive}`], options);
  const restored = (performance.now() - restoreBegan) / 1000;
  const remark = `the peer; CPU of mongod ${(cpuSeconds(target.pid) - cpu).toFixed(1)} s`;
  figure('mongorestore --gzip --archive', '–', `${restored.toFixed(1)} s`, remark);
  return restored;
}

async function benchFold(backup: BackedUpSet): Promise<void> {
  const todo = names();
  const work = async (): Promise<void> => {
    for (const [database, name] of todo) {
      await client
        .db(database)
        .collection<{ _id: number; text: string }>(name)
        .updateOne({ _id: 2 }, { $set: { text: 'changed' } });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
  await backup.protectedUntil(await operationTime(client));
  let taken: Snapshot | undefined;
  const pid = set.members[0]?.pid ?? 0;
  const used = await watched(backup, pid, async () => {
    taken = await backup.leafward<Snapshot>(['backup', 'snapshot', set.name], longMs);
  });
  const remark = `folded in ${((taken?.tookMs ?? 0) / 1000).toFixed(1)} s, ${taken?.newBytes ?? 0} new bytes; ${use(used)}`;
  figure('snapshot after a change in each', '–', `${(used.tookMs / 1000).toFixed(1)} s`, remark);
  const again = await watched(backup, pid, async () => {
    await backup.leafward(['backup', 'snapshot', set.name], longMs);
  });
  figure('next snapshot', '–', `${(again.tookMs / 1000).toFixed(1)} s`, use(again));
}

async function benchPages(backup: BackedUpSet): Promise<void> {
  for (const path of ['/backups', `/backups/${backup.replicaSetId}`]) {
    const from = performance.now();
    const answer = JSON.stringify(await backup.product.api('GET', path));
    figure(`GET ${path.replace(backup.replicaSetId, ':set')}`, '–', `${seconds(from)} s`, `${answer.length} bytes`);
  }
}

async function benchRestore(backup: BackedUpSet, peerSeconds: number | undefined): Promise<void> {
  await using target = await startMongod({ cacheSizeGB: 1, args: fewFiles });
  const at = await operationTime(client);
  await backup.protectedUntil(at);
  const used = await watched(backup, target.pid, async () => {
    const time = `${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}`;
    const where = ['--replica-set', set.name, '--optime', time, '--to', target.uri, '--yes'];
    const { documents: restored } = await backup.leafward<{ documents: number }>(['restore', ...where], longMs);
    if (restored < collections * documents) throw new Error(`${restored} documents were restored`);
  });
  restoreFigure('leafward restore with proof', used, peerSeconds);
}

/** The restore that the agent makes, twice: the second one drops what the first one left. */
async function benchDrill(backup: BackedUpSet, peerSeconds: number | undefined): Promise<void> {
  for (const what of [
    'restore by the agent (a drill, with proof and indexes compared)',
    'the same in place of the one before',
  ]) {
    const used = await watched(backup, drillTarget.pid, async () => {
      const wait = ['--wait', '--timeout', String(longMs / 1000)];
      const { ok, message } = await backup.leafward<BackupDrill>(['backup', 'drill', set.name, ...wait], longMs);
      if (ok !== true) throw new Error(message);
    });
    restoreFigure(what, used, peerSeconds);
  }
}

function restoreFigure(what: string, used: Used, peerSeconds: number | undefined): void {
  const took = used.tookMs / 1000;
  const ratio = peerSeconds === undefined ? '' : `${(took / peerSeconds).toFixed(2)} × (`;
  const both = peerSeconds === undefined ? '' : `, ${peerSeconds.toFixed(1)} s)`;
  figure(`${what}, against mongorestore`, '1 ×', `${ratio}${took.toFixed(1)} s${both}`, use(used));
}

interface OfEach {
  agent: number;
  server: number;
  mongod: number;
}

interface Used {
  readonly most: OfEach;
  readonly cpu: OfEach;
  readonly tookMs: number;
}

async function watched(backup: BackedUpSet, mongod: number, work: () => Promise<void>): Promise<Used> {
  const pids = { agent: backup.agent.pid, server: backup.product.server.pid, mongod };
  const most: OfEach = { agent: 0, server: 0, mongod: 0 };
  const names = ['agent', 'server', 'mongod'] as const;
  const look = (): void => {
    for (const name of names) most[name] = Math.max(most[name], rssAnonMb(pids[name]));
  };
  const cpu = { agent: 0, server: 0, mongod: 0 };
  for (const name of names) cpu[name] = -cpuSeconds(pids[name]);
  const timer = setInterval(look, 100);
  const from = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  for (const name of names) cpu[name] += cpuSeconds(pids[name]);
  return { most, cpu, tookMs: performance.now() - from };
}

function use({ most, cpu }: Used): string {
  const each = ({ agent, server, mongod }: OfEach): string =>
    [agent, server, mongod].map((one) => one.toFixed(0)).join(' · ');
  return `agent · server · mongod: CPU ${each(cpu)} s, memory at most ${each(most)} MB`;
}

function figure(what: string, goal: string, measured: string, remark: string): void {
  const where = perDatabase === 500 ? '' : ` in databases of ${perDatabase}`;
  reportFigure({ what: `${collections.toLocaleString('en')} collections${where}: ${what}`, goal, measured, remark });
}

function seconds(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(1);
}
