import { type BsonDocument, documentOf, documentsOf, numberOf, writeBson } from '../deployment/bson-values.ts';
import { sampleSources } from '../model/sample.ts';
import { toAppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import { Pace } from './pace.ts';
import type { Poller } from './poller.ts';

interface SlowSettings {
  readonly databases: () => boolean;
  readonly collections: () => boolean;
  readonly log: Log;
}

const deadlineMs = 30_000;
const databasesEveryMs = 60_000;
const collectionsEveryMs = 300_000;
/** The two slower collections may together keep a host busy for 1% of the time, on average. */
const shareOfEach = 0.005;
const maxDatabases = 200;
const topCollections = 20;

type Collect = (poller: Poller, pace: Pace, signal: AbortSignal) => Promise<void>;

/** dbStats of every database, $collStats and $indexStats of the largest collections, for one host, until the signal aborts. */
export async function collectSlowly(poller: Poller, settings: SlowSettings, signal: AbortSignal): Promise<void> {
  const again = async (isWanted: () => boolean, everyMs: number, collect: Collect): Promise<void> => {
    let dueAt = 0;
    while (await sleep(5000, signal)) {
      const { session } = poller;
      if (session === undefined || session.hello.type !== 'mongod' || !isWanted() || performance.now() < dueAt)
        continue;
      const pace = new Pace(signal);
      try {
        await collect(poller, pace, signal);
      } catch (thrown) {
        if (signal.aborted) return;
        settings.log.debug(`slower collections of ${poller.host}`, { error: toAppError(thrown).message });
      }
      dueAt = performance.now() + Math.max(everyMs, pace.busyMs / shareOfEach);
    }
  };
  // Two loops: to walk through thousands of collections takes its time.
  await Promise.all([
    again(settings.databases, databasesEveryMs, databases),
    again(settings.collections, collectionsEveryMs, collections),
  ]);
}

async function databases(poller: Poller, pace: Pace, signal: AbortSignal): Promise<void> {
  const client = poller.session?.client;
  if (client === undefined) return;
  const stats: BsonDocument = {};
  for (const name of (await databaseNames(poller, signal)).slice(0, maxDatabases)) {
    const {
      $clusterTime: _c,
      operationTime: _o,
      ok: _k,
      ...rest
    } = await pace.run(() => client.command(name, { dbStats: 1 }, { deadlineMs, signal }));
    stats[name] = rest;
  }
  if (Object.keys(stats).length > 0) {
    poller.addSample(sampleSources.databases, writeBson({ dbStats: stats }), Date.now());
  }
}

async function databaseNames(poller: Poller, signal: AbortSignal): Promise<string[]> {
  const reply = await poller.session?.client.command(
    'admin',
    { listDatabases: 1, nameOnly: true },
    { deadlineMs, signal },
  );
  return documentsOf(reply?.['databases']).flatMap(({ name }) => (typeof name === 'string' ? name : []));
}

interface LargeCollection {
  readonly database: string;
  readonly name: string;
  readonly stats: BsonDocument;
  readonly bytes: number;
}

async function collections(poller: Poller, pace: Pace, signal: AbortSignal): Promise<void> {
  const largest: LargeCollection[] = [];
  for (const database of await databaseNames(poller, signal)) {
    if (database === 'local' || database === 'config' || database === 'admin') continue;
    for (const name of await pace.run(() => collectionNames(poller, database, signal))) {
      const found = await pace.run(() => statsOf(poller, database, name, signal));
      if (found === undefined) continue;
      largest.push(found);
      largest.sort((a, b) => b.bytes - a.bytes);
      largest.length = Math.min(largest.length, topCollections);
    }
  }
  if (largest.length === 0) return;
  const collStats: Record<string, BsonDocument> = {};
  const indexStats: Record<string, BsonDocument> = {};
  for (const { database, name, stats } of largest) {
    (collStats[database] ??= {})[name] = stats;
    (indexStats[database] ??= {})[name] = await pace.run(() => indexesOf(poller, database, name, signal));
  }
  poller.addSample(sampleSources.collections, writeBson({ collStats, indexStats }), Date.now());
}

async function collectionNames(poller: Poller, database: string, signal: AbortSignal): Promise<string[]> {
  const command = { listCollections: 1, nameOnly: true, filter: { type: 'collection' }, cursor: { batchSize: 10_000 } };
  const found = (await poller.session?.client.firstBatch(database, command, deadlineMs, signal)) ?? [];
  return found.flatMap(({ name }) => (typeof name === 'string' && !name.startsWith('system.') ? name : []));
}

async function statsOf(
  poller: Poller,
  database: string,
  name: string,
  signal: AbortSignal,
): Promise<LargeCollection | undefined> {
  const pipeline = [{ $collStats: { latencyStats: {}, storageStats: {} } }];
  const [stats] = await aggregate(poller, database, name, pipeline, signal);
  const storage = documentOf(stats?.['storageStats']);
  if (stats === undefined || storage === undefined) return undefined;
  const { wiredTiger: _w, indexDetails: _i, ...figures } = storage;
  const { ns: _n, host: _h, localTime: _l, ...rest } = stats;
  return { database, name, stats: { ...rest, storageStats: figures }, bytes: numberOf(storage['size']) ?? 0 };
}

async function indexesOf(poller: Poller, database: string, name: string, signal: AbortSignal): Promise<BsonDocument> {
  const indexes: BsonDocument = {};
  for (const index of await aggregate(poller, database, name, [{ $indexStats: {} }], signal)) {
    if (typeof index['name'] === 'string')
      indexes[index['name']] = { accesses: { ops: documentOf(index['accesses'])?.['ops'] } };
  }
  return indexes;
}

/** A collection may be dropped meanwhile, or be one of which nothing is told. */
async function aggregate(
  poller: Poller,
  database: string,
  name: string,
  pipeline: BsonDocument[],
  signal: AbortSignal,
): Promise<BsonDocument[]> {
  const command = { aggregate: name, pipeline, cursor: { batchSize: 1000 } };
  try {
    return (await poller.session?.client.firstBatch(database, command, deadlineMs, signal)) ?? [];
  } catch (thrown) {
    signal.throwIfAborted();
    if (toAppError(thrown).code === 'MONGODB_UNREACHABLE' && toAppError(thrown).details['answered'] !== true)
      throw thrown;
    return [];
  }
}
