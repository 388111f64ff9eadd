import type { Document } from 'mongodb';
import { plainNames, randomDocument, tolerate } from './document-changes.ts';
import type { Workload } from './workload.ts';

type Change = (workload: Workload) => Promise<unknown>;

/** One random change of collections, indexes, options or views. */
export async function changeCatalog(workload: Workload): Promise<void> {
  await tolerate(() => workload.random.pick(changes)(workload));
}

const changes: readonly Change[] = [
  async ({ client, random }) => {
    const name = random.pick(plainNames);
    const index = random.pick(indexes(random.below(3)));
    return client.db(random.pick(['shop', 'stats'])).command({ createIndexes: name, indexes: [index] });
  },
  async ({ client, random }) => client.db('shop').collection(random.pick(plainNames)).dropIndexes(),
  async ({ client, random, databases }) => {
    const list = await client.db(random.pick(databases)).collection(random.pick(plainNames)).indexes();
    const victim = random.pick(list);
    return victim['name'] === '_id_'
      ? undefined
      : client.db('shop').collection('orders').dropIndex(String(victim['name']));
  },
  async ({ client, random }) =>
    client
      .db(random.pick(['stats', 'old']))
      .collection(random.pick(plainNames))
      .drop(),
  async ({ client, random }) =>
    client
      .db('old')
      .createCollection(random.pick(['log', 'log2']), { capped: true, size: 20_480, max: 40 + random.below(20) }),
  async ({ client, random }) =>
    client
      .db('old')
      .collection(random.pick(['log', 'log2']))
      .insertMany(Array.from({ length: 1 + random.below(30) }, () => randomDocument(random)) as never[]),
  async ({ client, random }) =>
    client.db('shop').createCollection(`names${random.below(2)}`, { collation: { locale: 'de', strength: 2 } }),
  async ({ client, random }) =>
    client
      .db('shop')
      .collection<{ _id: string }>(`names${random.below(2)}`)
      .insertMany(
        Array.from({ length: 10 }, () => ({
          _id: `${random.pick(['Ä', 'a', 'B', 'z', 'é'])}${random.below(500)}`,
          n: random.below(9),
        })),
        { ordered: false },
      ),
  async ({ client, random }) =>
    client.db('shop').createCollection(`strict${random.below(2)}`, {
      validator: { n: { $gte: 0 } },
      validationAction: 'warn',
      validationLevel: 'moderate',
    }),
  async ({ client, random }) =>
    client.db('shop').command({
      collMod: `strict${random.below(2)}`,
      validator: { n: { $gte: random.below(9) } },
      validationAction: random.pick(['warn', 'error']),
    }),
  async ({ client, random }) =>
    client.db('shop').command({
      collMod: random.pick(plainNames),
      index: { keyPattern: { at: 1 }, expireAfterSeconds: 2_000_000_000 + random.below(1000) },
    }),
  async ({ client, random }) =>
    client
      .db('stats')
      .collection(random.pick(plainNames))
      .rename(random.pick(plainNames), { dropTarget: random.chance(0.6) }),
  async ({ client, random }) =>
    client.db('admin').command({
      renameCollection: `shop.${random.pick(['carts', 'people'])}`,
      to: `old.${random.pick(plainNames)}`,
      dropTarget: true,
    }),
  async ({ client, random }) =>
    client
      .db('shop')
      .collection('orders')
      .aggregate([{ $match: { n: { $lt: 20 } } }, { $out: random.pick(['summary', 'tmp']) }])
      .toArray(),
  async ({ client }) =>
    client
      .db('shop')
      .collection('orders')
      .aggregate([{ $group: { _id: '$status', n: { $sum: 1 } } }, { $merge: { into: 'totals' } }])
      .toArray(),
  async ({ client, random }) =>
    client.db('old').command({ convertToCapped: random.pick(['tmp', 'carts']), size: 40_960 }),
  async ({ client, random }) => client.db('old').dropDatabase({ dbName: String(random.below(2)) } as never),
  async ({ client, random }) =>
    client
      .db('shop')
      .createCollection(`view${random.below(3)}`, { viewOn: 'orders', pipeline: [{ $match: { n: random.below(9) } }] }),
  async ({ client, random }) =>
    client
      .db('shop')
      .collection(`view${random.below(3)}`)
      .drop(),
  async ({ client, random, version }) => {
    if (version < 5) return undefined;
    return client.db('stats').createCollection(`weather${random.below(2)}`, {
      timeseries: { timeField: 'at', metaField: 'where', granularity: 'minutes' },
    });
  },
  async ({ client, random, version }) => {
    if (version < 5) return undefined;
    const documents = Array.from({ length: 8 }, () => ({
      at: new Date(1_700_000_000_000 + random.below(10_000_000)),
      where: `w${random.below(3)}`,
      t: random.next() * 30,
    }));
    const exists = await client.db('stats').listCollections({ name: 'weather0', type: 'timeseries' }).hasNext();
    return exists ? client.db('stats').collection('weather0').insertMany(documents) : undefined;
  },
  async ({ client, random, version }) => {
    if (version < 5.3) return undefined;
    await client
      .db('stats')
      .createCollection('clustered', { clusteredIndex: { key: { _id: 1 }, unique: true, name: 'by id' } })
      .catch(ignoreExisting);
    return client
      .db('stats')
      .collection('clustered')
      .insertMany(Array.from({ length: 10 }, () => randomDocument(random)) as never[], { ordered: false });
  },
  async ({ client }) => client.db('old').command({ emptycapped: 'log' }),
];

function ignoreExisting(thrown: unknown): void {
  if (!(thrown instanceof Error) || !('code' in thrown) || thrown.code !== 48) throw thrown;
}

function indexes(turn: number): readonly (Document & { readonly key: Document; readonly name: string })[] {
  return [
    { key: { n: 1 }, name: `n_${turn}` },
    { key: { n: 1, a: -1 }, name: 'n_a', partialFilterExpression: { n: { $gt: turn } } },
    { key: { at: 1 }, name: 'at_ttl', expireAfterSeconds: 2_000_000_000 },
    { key: { note: 'text', status: 'text' }, name: 'words', weights: { note: 3 }, default_language: 'german' },
    { key: { where: '2dsphere' }, name: 'place' },
    { key: { n: 'hashed' }, name: 'hashed' },
    { key: { '$**': 1 }, name: 'wild', wildcardProjection: { sub: 0 } },
    { key: { status: 1 }, name: 'folded', collation: { locale: 'fr', strength: 1 } },
    { key: { unique: 1 }, name: 'once', unique: true, sparse: true },
    { key: { b: 1 }, name: 'hidden', hidden: true },
  ];
}
