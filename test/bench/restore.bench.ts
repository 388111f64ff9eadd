import { BSON, type Document } from 'mongodb';
import { makePlan } from '../../src/restore/plan.ts';
import { restore } from '../../src/restore/restore.ts';
import { restoreStream } from '../../src/restore/restore-stream.ts';
import { Target } from '../../src/restore/target.ts';
import { startMongod } from '../support/mongod.ts';
import { cpuSeconds, rssAnonMb } from '../support/process-use.ts';
import { type MemoryCollection, memorySource, readDatabases } from '../support/restore-source.ts';
import { benchCounts, fillBenchData } from '../support/workload/bench-data.ts';
import { reportFigure } from './report-figure.ts';

/** The restore alone, from a source in memory, beside a plain insertMany of the same documents with the same indexes. */
const scale = Number(process.env['LEAFWARD_BENCH_SCALE'] ?? 0.25);
const signal = new AbortController().signal;
const collections = await made();
const megabytes = collections.flatMap(({ documents }) => documents).reduce((sum, { length }) => sum + length, 0) / 1e6;
const source = memorySource(collections);
const plain = await insertMany();
await restoreFigures();
await streamFigures();

async function made(): Promise<MemoryCollection[]> {
  await using from = await startMongod({ cacheSizeGB: 1 });
  await using client = await from.connect();
  await fillBenchData(client, benchCounts(scale));
  return await readDatabases(client, ['bench']);
}

/** What a script would do: batches of a thousand, one after another, then the indexes. */
async function insertMany(): Promise<number> {
  await using to = await startMongod({ cacheSizeGB: 1 });
  await using client = await to.connect();
  let tookMs = 0;
  for (const { info, documents } of collections) {
    const collection = client.db(info.database).collection(info.name);
    for (let at = 0; at < documents.length; at += 1000) {
      const batch = documents.slice(at, at + 1000).map((document): Document => BSON.deserialize(document));
      // Making the objects is not its work.
      const begun = performance.now();
      await collection.insertMany(batch, { ordered: false });
      tookMs += performance.now() - begun;
    }
    const begun = performance.now();
    const indexes = info.indexes.map((index) => BSON.deserialize(index)).filter(({ name }) => name !== '_id_');
    if (indexes.length > 0) await client.db(info.database).command({ createIndexes: info.name, indexes });
    tookMs += performance.now() - begun;
  }
  return tookMs / 1000;
}

async function restoreFigures(): Promise<void> {
  await using to = await startMongod({ cacheSizeGB: 1 });
  await using target = await Target.open({ uri: to.uri, connections: 4, signal });
  const plan = makePlan(source, { namespaces: [], renames: [], usersAndRoles: false });
  const before = { own: cpuSeconds(process.pid), target: cpuSeconds(to.pid) };
  const { tookMs, copyMs, proofMs, documents } = await restore(source, target, plan, {
    drop: false,
    keepTtlOff: false,
    parallel: 4,
    onProgress: () => {},
    now: () => performance.now(),
  });
  const own = cpuSeconds(process.pid) - before.own;
  const its = cpuSeconds(to.pid) - before.target;
  reportFigure({
    what: 'restore: wall with indexes and proof, against a plain insertMany of the same documents and createIndexes',
    goal: '–',
    measured: `${(tookMs / 1000 / plain).toFixed(2)} × (${(tookMs / 1000).toFixed(1)} s, ${plain.toFixed(1)} s)`,
    remark:
      `${megabytes.toFixed(0)} MB, ${documents.toLocaleString('en')} documents from memory; ${(copyMs / 1000).toFixed(1)} s to write, ` +
      `${(proofMs / 1000).toFixed(1)} s to prove; CPU ${own.toFixed(1)} s here, ${its.toFixed(1)} s in mongod`,
  });
}

async function streamFigures(): Promise<void> {
  const before = rssAnonMb(process.pid);
  let most = before;
  let bytes = 0;
  const begun = performance.now();
  const cpu = cpuSeconds(process.pid);
  for await (const part of restoreStream({ source, format: 'archive', namespaces: [], signal })) {
    bytes += part.length;
    most = Math.max(most, rssAnonMb(process.pid));
  }
  const seconds = (performance.now() - begun) / 1000;
  reportFigure({
    what: 'restore link: archive with gzip, documents a second',
    goal: '–',
    measured: `${(megabytes / seconds).toFixed(0)} MB/s`,
    remark: `CPU ${(cpuSeconds(process.pid) - cpu).toFixed(1)} s, ${(bytes / 1e6).toFixed(0)} MB sent; memory grew by ${(most - before).toFixed(0)} MB`,
  });
}
