import { type BsonDocument, documentOf, documentsOf, numberOf, writeBson } from '../deployment/bson-values.ts';
import { sampleSources } from '../model/sample.ts';
import { toAppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import type { Poller } from './poller.ts';

interface SlowSettings {
  readonly databases: () => boolean;
  readonly collections: () => boolean;
  readonly log: Log;
}

const deadlineMs = 30_000;
const databasesEveryMs = 60_000;
const collectionsEveryMs = 300_000;
/** The slower collections may keep a host busy for this share of the time. */
const share = 0.01;
const maxDatabases = 200;
const topCollections = 20;

/** dbStats of every database, then $collStats and $indexStats of the largest collections, for one host, until the signal aborts. */
export async function collectSlowly(poller: Poller, settings: SlowSettings, signal: AbortSignal): Promise<void> {
  let databasesAt = 0;
  let collectionsAt = 0;
  while (await sleep(5000, signal)) {
    const { session } = poller;
    if (session === undefined || session.hello.type !== 'mongod') continue;
    const now = performance.now();
    try {
      if (settings.databases() && now >= databasesAt) {
        databasesAt = now + databasesEveryMs;
        const tookMs = await timed(() => databases(poller, signal));
        databasesAt = performance.now() + Math.max(databasesEveryMs, tookMs / share);
      }
      if (settings.collections() && now >= collectionsAt) {
        collectionsAt = now + collectionsEveryMs;
        const tookMs = await timed(() => collections(poller, signal));
        collectionsAt = performance.now() + Math.max(collectionsEveryMs, tookMs / share);
      }
    } catch (thrown) {
      if (signal.aborted) return;
      settings.log.debug(`slower collections of ${poller.host}`, { error: toAppError(thrown).message });
    }
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

async function databases(poller: Poller, signal: AbortSignal): Promise<void> {
  const client = poller.session?.client;
  if (client === undefined) return;
  const stats: BsonDocument = {};
  for (const name of (await databaseNames(poller, signal)).slice(0, maxDatabases)) {
    const {
      $clusterTime: _c,
      operationTime: _o,
      ok: _k,
      ...rest
    } = await client.command(name, { dbStats: 1 }, { deadlineMs, signal });
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

interface Collection {
  readonly database: string;
  readonly name: string;
  readonly stats: BsonDocument;
  readonly bytes: number;
}

async function collections(poller: Poller, signal: AbortSignal): Promise<void> {
  const largest: Collection[] = [];
  for (const database of await databaseNames(poller, signal)) {
    if (database === 'local' || database === 'config' || database === 'admin') continue;
    for (const name of await collectionNames(poller, database, signal)) {
      const found = await statsOf(poller, database, name, signal);
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
    (indexStats[database] ??= {})[name] = await indexesOf(poller, database, name, signal);
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
): Promise<Collection | undefined> {
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
