import { BSON, type MongoClient, type Timestamp } from 'mongodb';

const mostShown = 8;

/** Of a collection that came back otherwise: documents that differ, what the collection is, and the oplog around the moment. */
export async function explainDifference(
  source: MongoClient,
  target: MongoClient,
  namespace: string,
  at: Timestamp,
): Promise<string> {
  const [database = '', ...rest] = namespace.split('.');
  const collection = rest.join('.');
  const [info] = await source.db(database).listCollections({ name: collection }).toArray();
  // A mongod of before 5.3 reads no capped collection of the past: what it holds now tells something too.
  const wanted = await documentsOf(source, database, collection, at).catch(() =>
    documentsOf(source, database, collection, undefined).catch((thrown: unknown) => String(thrown)),
  );
  const found = await documentsOf(target, database, collection, undefined);
  const entries = await source
    .db('local')
    .collection('oplog.rs')
    .find({ $or: [{ ns: namespace }, { ns: `${database}.$cmd` }, { ns: 'admin.$cmd' }], ts: { $lte: at } })
    .sort({ $natural: -1 })
    .limit(2 * mostShown)
    .toArray();
  return [
    `${namespace} at ${at.getHighBitsUnsigned()}:${at.getLowBitsUnsigned()}: ${textOf(info)}`,
    ...(typeof wanted === 'string' ? [`source: ${wanted}`] : differences(wanted, found)),
    ...entries.map((entry) => `oplog ${textOf(entry)}`),
  ].join('\n');
}

function differences(wanted: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  const bytes = (documents: ReadonlyMap<string, string>): number =>
    documents.values().reduce((sum, text) => sum + text.length, 0);
  const lines: string[] = [
    `source: ${wanted.size} documents, restored: ${found.size}; ${bytes(wanted)} and ${bytes(found)} characters`,
  ];
  for (const [id, document] of wanted) {
    const other = found.get(id);
    if (other !== document) lines.push(`- ${document}\n+ ${other ?? 'is missing'}`);
  }
  lines.length = Math.min(lines.length, mostShown / 2);
  for (const [id, document] of found) if (!wanted.has(id)) lines.push(`+ ${document} (not in the source)`);
  return lines.slice(0, mostShown);
}

async function documentsOf(
  client: MongoClient,
  database: string,
  collection: string,
  at: Timestamp | undefined,
): Promise<Map<string, string>> {
  const readConcern = at === undefined ? {} : { readConcern: { level: 'snapshot', atClusterTime: at } };
  const reply = await client.db(database).command({ find: collection, batchSize: 100_000, ...readConcern });
  const list: BSON.Document[] = reply['cursor'].firstBatch;
  return new Map(list.map((document) => [textOf(document['_id']), textOf(document)]));
}

function textOf(value: unknown): string {
  return value === undefined ? 'none' : BSON.EJSON.stringify(value as BSON.Document, { relaxed: false }).slice(0, 400);
}
