import { type Document, type MongoClient, MongoServerError } from 'mongodb';
import type { RandomSource } from '../../support/workload/random-source.ts';

const databases = ['x', 'y'] as const;
const names = ['a', 'b', 'c', 'd'] as const;

/** One random change of collections, indexes, options or views; answers whether the server took it. */
export async function changeSomething(client: MongoClient, random: RandomSource): Promise<boolean> {
  const change = random.pick(changes);
  try {
    await change(client, random);
    return true;
  } catch (thrown) {
    // What is there and what is not is left to chance, and not every version knows every option.
    if (thrown instanceof MongoServerError) return false;
    throw thrown;
  }
}

type Change = (client: MongoClient, random: RandomSource) => Promise<unknown>;

function onOne(make: (name: string, random: RandomSource) => Document): Change {
  return (client, random) => client.db(random.pick(databases)).command(make(random.pick(names), random));
}

const validators: readonly Document[] = [{}, { a: { $gt: 1 } }, { $jsonSchema: { required: ['q'] } }];

const indexKeys: readonly Document[] = [
  { key: { p: 1 }, name: 'p' },
  { key: { p: 1, q: -1 }, name: 'pq', unique: true, sparse: true },
  { key: { t: 1 }, name: 'ttl', expireAfterSeconds: 3_000_000 },
  { key: { t: 'text', u: 'text' }, name: 'text', weights: { u: 7 }, default_language: 'german' },
  { key: { g: '2dsphere' }, name: 'sphere' },
  { key: { g: '2d' }, name: 'flat', bits: 20 },
  { key: { h: 'hashed' }, name: 'hashed' },
  { key: { '$**': 1 }, name: 'wild', wildcardProjection: { a: 1, 'b.c': 1 } },
  { key: { p: 1 }, name: 'folded', collation: { locale: 'fr', strength: 1 } },
  { key: { r: 1 }, name: 'partial', partialFilterExpression: { r: { $gt: 5 } } },
  { key: { s: 1 }, name: 'hidden', hidden: true },
  { key: { v: 1 }, name: 'old', v: 1 },
  { key: { w: 1 }, name: 'back', background: true, storageEngine: { wiredTiger: {} } },
  { key: { '10': 1, '2': -1 }, name: 'digits' },
];

const creations: readonly ((random: RandomSource) => Document)[] = [
  () => ({}),
  (random) => ({ capped: true, size: 4096 + random.below(5000), ...(random.chance(0.5) && { max: 5 }) }),
  () => ({ collation: { locale: 'de', strength: 2 } }),
  (random) => ({ validator: random.pick(validators), validationLevel: 'moderate', validationAction: 'warn' }),
  () => ({ recordPreImages: true }),
  () => ({ changeStreamPreAndPostImages: { enabled: true } }),
  () => ({ clusteredIndex: { key: { _id: 1 }, unique: true }, expireAfterSeconds: 3_000_000 }),
  () => ({ clusteredIndex: { key: { _id: 1 }, unique: true, name: 'by id' } }),
  () => ({ storageEngine: { wiredTiger: { configString: 'block_compressor=zlib' } } }),
  () => ({ indexOptionDefaults: { storageEngine: { wiredTiger: { configString: '' } } } }),
];

const indexChanges: readonly Document[] = [
  { name: 'ttl', expireAfterSeconds: 2_000_000 },
  { keyPattern: { t: 1 }, expireAfterSeconds: 4_000_000.5 },
  { name: 'p', hidden: true },
  { keyPattern: { s: 1 }, hidden: false },
  { name: 'p', expireAfterSeconds: 30_000_000 },
  { name: 'p', prepareUnique: true },
  { name: 'p', unique: true },
  { name: 'digits', prepareUnique: true },
  { name: 'digits', prepareUnique: false },
  { name: 'ttl', expireAfterSeconds: 5_000_000, hidden: true },
];

const optionChanges: readonly Document[] = [
  { validator: { z: 1 } },
  { validator: {}, validationLevel: 'off' },
  { validator: { $or: [{ a: 1 }, { b: 2 }] }, validationLevel: 'strict', validationAction: 'error' },
  { validationAction: 'warn' },
  { recordPreImages: true },
  { recordPreImages: false },
  { changeStreamPreAndPostImages: { enabled: true } },
  { changeStreamPreAndPostImages: { enabled: false } },
  { expireAfterSeconds: 'off' },
  { expireAfterSeconds: 7_000_000 },
  { cappedSize: 9000 },
  { cappedMax: 22 },
  { cappedMax: 0 },
];

const changes: readonly Change[] = [
  onOne((name, random) => ({ create: name, ...random.pick(creations)(random) })),
  onOne((name, random) => ({ create: name, ...random.pick(creations)(random) })),
  onOne((name, random) => ({ create: name, ...random.pick(creations)(random) })),
  (client, random) =>
    client
      .db(random.pick(databases))
      .collection(random.pick(names))
      .insertMany([{ p: 1 }, { p: 2, r: 9 }]),
  onOne((name, random) => ({ createIndexes: name, indexes: [random.pick(indexKeys)] })),
  onOne((name, random) => ({ createIndexes: name, indexes: [random.pick(indexKeys), random.pick(indexKeys)] })),
  onOne((name, random) => ({ createIndexes: name, indexes: [random.pick(indexKeys), random.pick(indexKeys)] })),
  onOne((name, random) => ({ createIndexes: name, indexes: [random.pick(indexKeys), random.pick(indexKeys)] })),
  onOne((name, random) => ({ collMod: name, index: random.pick(indexChanges) })),
  onOne((name, random) => ({ collMod: name, index: random.pick(indexChanges) })),
  onOne((name, random) => ({ collMod: name, ...random.pick(optionChanges) })),
  onOne((name, random) => ({ collMod: name, ...random.pick(optionChanges) })),
  onOne((name, random) => ({ dropIndexes: name, index: random.pick(indexKeys)['name'] })),
  onOne((name, random) => ({ dropIndexes: name, index: random.pick(indexKeys)['key'] })),
  onOne((name) => ({ dropIndexes: name, index: ['p', 'pq'] })),
  onOne((name, random) => ({ dropIndexes: name, index: random.chance(0.2) ? '*' : 'p' })),
  onOne((name) => ({ drop: name })),
  (client, random) => renameSome(client, random),
  (client, random) => renameSome(client, random),
  (client, random) => {
    const source = client.db(random.pick(databases)).collection(random.pick(names));
    return source.aggregate([{ $out: { db: random.pick(databases), coll: random.pick(names) } }]).toArray();
  },
  onOne((name) => ({ convertToCapped: name, size: 9000 })),
  onOne((name, random) => ({
    create: `view${random.below(2)}`,
    viewOn: name,
    pipeline: [{ $match: { p: random.below(3) } }],
  })),
  onOne((name, random) => ({
    create: `view${random.below(2)}`,
    viewOn: name,
    pipeline: [],
    collation: { locale: 'fr' },
  })),
  onOne((name, random) => ({ collMod: `view${random.below(2)}`, viewOn: name, pipeline: [{ $limit: 5 }] })),
  onOne((_name, random) => ({ drop: `view${random.below(2)}` })),
  onOne((_name, random) => ({
    create: `series${random.below(2)}`,
    timeseries: { timeField: 't', metaField: 'm', granularity: random.pick(['seconds', 'minutes']) },
    ...(random.chance(0.5) && { expireAfterSeconds: 100_000_000 }),
    ...(random.chance(0.3) && { collation: { locale: 'de' } }),
  })),
  onOne((_name, random) => ({
    collMod: `series${random.below(2)}`,
    ...random.pick([
      { timeseries: { granularity: 'hours' } },
      { timeseries: { granularity: 'minutes' } },
      { expireAfterSeconds: 'off' },
      { expireAfterSeconds: 200_000_000 },
      { timeseriesBucketsMayHaveMixedSchemaData: true },
    ]),
  })),
  onOne((_name, random) => ({
    createIndexes: `series${random.below(2)}`,
    indexes: [{ key: { m: 1, t: -1 }, name: 'meta' }],
  })),
  onOne((_name, random) => ({ dropIndexes: `series${random.below(2)}`, index: 'meta' })),
  onOne((_name, random) => ({ drop: `series${random.below(2)}` })),
  async (client, random) => {
    if (random.chance(0.3)) await client.db(random.pick(databases)).dropDatabase();
  },
  async (client, random) => {
    await client.withSession((session) =>
      session.withTransaction(async () => {
        const database = client.db(random.pick(databases));
        const name = random.pick(names);
        await database.collection(name).insertOne({ p: 1 }, { session });
        if (random.chance(0.5)) await database.createCollection(random.pick(names), { session });
      }),
    );
  },
  onOne((name, random) => ({
    applyOps: [{ op: 'c', ns: `${random.pick(databases)}.$cmd`, o: { create: name, collation: { locale: 'sv' } } }],
  })),
  // A unique index over equal values: the build begins and is given up.
  async (client, random) => {
    const collection = client.db(random.pick(databases)).collection(random.pick(names));
    await collection.insertMany([{ dup: 1 }, { dup: 1 }]);
    await collection.createIndex({ dup: 1 }, { unique: true, name: 'never' });
  },
];

function renameSome(client: MongoClient, random: RandomSource): Promise<unknown> {
  return client.db('admin').command({
    renameCollection: `${random.pick(databases)}.${random.pick(names)}`,
    to: `${random.pick(databases)}.${random.pick(names)}`,
    dropTarget: random.chance(0.7),
  });
}
