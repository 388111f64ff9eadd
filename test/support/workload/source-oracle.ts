import type { Document, MongoClient, Timestamp } from 'mongodb';
import { BSON, MongoServerError } from 'mongodb';

/** MD5 of nothing. */
const emptyHash = 'd41d8cd98f00b204e9800998ecf8427e';
const serversOwn = new Set(['admin', 'config', 'local']);

/**
 * The source's own answer for a moment in the past: dbHash with `$_internalReadAtClusterTime`. The mongod must have been started with
 * `--setParameter enableTestCommands=1`; history reaches back minSnapshotHistoryWindowInSeconds.
 */
export async function hashesAt(client: MongoClient, at: Timestamp | undefined): Promise<Map<string, string>> {
  const { databases } = await client.db('admin').command({ listDatabases: 1, nameOnly: true });
  const hashes = new Map<string, string>();
  for (const { name } of databases) {
    if (serversOwn.has(name)) continue;
    const reply = await client
      .db(name)
      .command({ dbHash: 1, ...(at === undefined ? {} : { $_internalReadAtClusterTime: at }) });
    for (const [collection, hash] of Object.entries(reply['collections'])) {
      // Where the last view was dropped; a database with views that never were is the same to whoever uses it.
      if (collection === 'system.views' && hash === emptyHash) continue;
      hashes.set(`${name}.${collection}`, String(hash));
    }
  }
  return hashes;
}

const snapshotUnavailable = 246;

/** The same, or undefined where a collection has been made, renamed or dropped since: the source cannot look behind that. */
export async function hashesIfKnown(client: MongoClient, at: Timestamp): Promise<Map<string, string> | undefined> {
  try {
    return await hashesAt(client, at);
  } catch (thrown) {
    if (thrown instanceof MongoServerError && thrown.code === snapshotUnavailable) return undefined;
    throw thrown;
  }
}

/**
 * Capped collections of whose past the source tells nothing. What a 4.4 removes from a full one has no timestamp: asked for the past, it leaves out
 * what later inserts pushed out. Of those only what they hold now is known.
 */
export async function withoutPast(client: MongoClient): Promise<ReadonlySet<string>> {
  const { versionArray } = await client.db('admin').command({ buildInfo: 1 });
  if (Number(versionArray[0]) >= 5) return new Set();
  const capped = [...(await catalogNow(client))].filter(([, described]) => described.includes('"capped":true'));
  return new Set(capped.map(([namespace]) => namespace));
}

/** Options and indexes of every collection and view of users' databases, as canonical Extended JSON without UUIDs. */
export async function catalogNow(client: MongoClient): Promise<Map<string, string>> {
  const { databases } = await client.db('admin').command({ listDatabases: 1, nameOnly: true });
  const catalog = new Map<string, string>();
  for (const { name } of databases) {
    if (serversOwn.has(name)) continue;
    const database = client.db(name);
    const views = await database.collection('system.views').countDocuments();
    for (const entry of await database.listCollections({}, { promoteValues: false }).toArray()) {
      const info: Document = entry;
      if (String(info['name']) === 'system.views' && views === 0) continue;
      const indexes = String(info['type']) === 'view' ? [] : await indexesOf(client, name, String(info['name']));
      const described = { type: info['type'], options: info['options'] ?? {}, indexes };
      catalog.set(`${name}.${String(info['name'])}`, BSON.EJSON.stringify(described, { relaxed: false }));
    }
  }
  return catalog;
}

async function indexesOf(client: MongoClient, database: string, collection: string): Promise<Document[]> {
  const reply = await client.db(database).command({ listIndexes: collection, cursor: { batchSize: 1000 } });
  const list: Document[] = reply['cursor'].firstBatch;
  return list
    .map(({ ns: _ns, background: _background, ...index }) => index)
    .toSorted((one, other) => (String(one['name']) < String(other['name']) ? -1 : 1));
}

/** Every document of a capped collection in natural order, as hex: dbHash does not see the order. */
export async function naturalOrder(client: MongoClient, database: string, collection: string): Promise<string[]> {
  const cursor = client
    .db(database)
    .collection(collection)
    .find({}, { raw: true, hint: { $natural: 1 } });
  const found: string[] = [];
  for await (const document of cursor) found.push(Buffer.from(document as unknown as Uint8Array).toString('hex'));
  return found;
}
