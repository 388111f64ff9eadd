import type { MongoClient } from 'mongodb';
import type { Snapshot } from '../../src/wire/api/backups.ts';
import { type BackedUpSet, startBackedUpSet } from '../support/backed-up-set.ts';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { rssAnonMb } from '../support/process-use.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { operationTime } from '../support/workload/random-workload.ts';
import { reportFigure } from './report-figure.ts';

/** A replica set of very many small collections (default 10,000), from its initial sync to its restore. */
const collections = Number(process.env['LEAFWARD_BENCH_COLLECTIONS'] ?? 10_000);
const perDatabase = 500;
const documents = 5;

/** So many files are more than a process may have open: those that are idle are closed at once. */
const fewFiles = [
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
await using backedUp = await startBackedUpSet(folder, set, { settled: true });
await benchScan(backedUp);
await benchFold(backedUp);
await benchPages(backedUp);
await benchRestore(backedUp);
await client.close();

function* names(): Generator<readonly [string, string]> {
  for (let at = 0; at < collections; at++) yield [`many${Math.floor(at / perDatabase)}`, `c${at}`];
}

async function fill(to: MongoClient): Promise<void> {
  const todo = names();
  const work = async (): Promise<void> => {
    for (const [database, name] of todo) {
      const made = Array.from({ length: documents }, (_, at) => ({ _id: at, name, text: `document ${at} of ${name}` }));
      await to
        .db(database)
        .collection<{ _id: number }>(name)
        .insertMany(made, { writeConcern: { w: 1, j: false } });
    }
  };
  await Promise.all(Array.from({ length: 8 }, work));
}

async function benchScan(backup: BackedUpSet): Promise<void> {
  const { most, tookMs } = await watched(backup, async () => {
    await eventually(
      async () => {
        const { protectedUntil, scan } = await backup.view();
        return protectedUntil !== null && scan === null;
      },
      { timeoutMs: 600_000, everyMs: 250, what: 'the end of the initial sync' },
    );
  });
  figure('initial sync', '60 s', `${(tookMs / 1000).toFixed(1)} s`, `${documents} documents in each; ${memory(most)}`);
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
  const { most, tookMs } = await watched(backup, async () => {
    taken = await backup.leafward<Snapshot>(['backup', 'snapshot', set.name]);
  });
  const remark = `folded in ${((taken?.tookMs ?? 0) / 1000).toFixed(1)} s, ${taken?.newBytes ?? 0} new bytes; ${memory(most)}`;
  figure('snapshot after a change in each', '–', `${(tookMs / 1000).toFixed(1)} s`, remark);
  const again = await watched(backup, async () => void (await backup.leafward(['backup', 'snapshot', set.name])));
  figure('next snapshot', '–', `${(again.tookMs / 1000).toFixed(1)} s`, memory(again.most));
}

async function benchPages(backup: BackedUpSet): Promise<void> {
  for (const path of ['/backups', `/backups/${backup.replicaSetId}`]) {
    const from = performance.now();
    const answer = JSON.stringify(await backup.product.api('GET', path));
    figure(`GET ${path.replace(backup.replicaSetId, ':set')}`, '–', `${seconds(from)} s`, `${answer.length} bytes`);
  }
}

async function benchRestore(backup: BackedUpSet): Promise<void> {
  await using target = await startMongod({ cacheSizeGB: 1, args: fewFiles });
  const at = await operationTime(client);
  await backup.protectedUntil(at);
  const { most, tookMs } = await watched(backup, async () => {
    const time = `${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}`;
    const where = ['--replica-set', set.name, '--optime', time, '--to', target.uri, '--yes'];
    const { documents: restored } = await backup.leafward<{ documents: number }>(['restore', ...where], 900_000);
    if (restored < collections * documents) throw new Error(`${restored} documents were restored`);
  });
  figure('restore with proof', '–', `${(tookMs / 1000).toFixed(1)} s`, memory(most));
}

interface Memory {
  agent: number;
  server: number;
}

async function watched(backup: BackedUpSet, work: () => Promise<void>): Promise<{ most: Memory; tookMs: number }> {
  const most: Memory = { agent: 0, server: 0 };
  const look = (): void => {
    most.agent = Math.max(most.agent, rssAnonMb(backup.agent.pid));
    most.server = Math.max(most.server, rssAnonMb(backup.product.server.pid));
  };
  const timer = setInterval(look, 100);
  const from = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  return { most, tookMs: performance.now() - from };
}

function memory({ agent, server }: Memory): string {
  return `agent · server at most ${agent.toFixed(0)} · ${server.toFixed(0)} MB`;
}

function figure(what: string, goal: string, measured: string, remark: string): void {
  reportFigure({ what: `${collections.toLocaleString('en')} collections: ${what}`, goal, measured, remark });
}

function seconds(from: number): string {
  return ((performance.now() - from) / 1000).toFixed(1);
}
