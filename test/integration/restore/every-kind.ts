import type { MongoClient } from 'mongodb';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { insertRaw } from '../../support/wire-insert.ts';
import { deepDocument, oddDocuments } from '../../support/workload/odd-documents.ts';

export const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);

/** Databases `test` and `shop` with documents of every type and collections and indexes of every kind that this version has. */
export async function fillEveryKind(client: MongoClient, port: number, version: MongodVersion): Promise<void> {
  await insertRaw(port, 'odd', [...oddDocuments(seed, 1500), deepDocument(-1, 100)]);
  await client
    .db('test')
    .collection<{ _id: string }>('large')
    .insertOne({ _id: 'large', text: 'x'.repeat(16_777_100) } as never);
  const shop = client.db('shop');
  await shop.createCollection('orders', { validator: { total: { $gte: 0 } }, validationAction: 'error' });
  const orders = shop.collection('orders');
  await orders.insertMany([{ total: -5 }, { total: 7 }], { bypassDocumentValidation: true });
  await orders.createIndexes([
    { key: { total: 1, '10': -1, '2': 1 } },
    { key: { a: 'text', b: 'text' }, weights: { b: 3 }, default_language: 'german' },
    { key: { place: '2dsphere' }, sparse: true },
    { key: { '$**': 1 }, wildcardProjection: { secret: 0 } },
    { key: { x: 1 }, unique: true, partialFilterExpression: { x: { $exists: true } } },
    { key: { y: 'hashed' } },
    { key: { at: 1 }, expireAfterSeconds: 3600 },
    { key: { hidden: 1 }, hidden: true },
  ]);
  await shop.createCollection('log', { capped: true, size: 100_000, max: 50 });
  for (let n = 0; n < 120; n++) await shop.collection<{ _id: number }>('log').insertOne({ _id: (n * 7) % 120 });
  await shop.createCollection('names', { collation: { locale: 'de', strength: 2 } });
  await shop.collection<{ _id: string }>('names').insertMany([{ _id: 'b' }, { _id: 'A' }, { _id: 'ä' }, { _id: 'C' }]);
  await shop.collection('names').createIndex({ plain: 1 }, { collation: { locale: 'simple' } });
  await shop.createCollection('empty');
  await shop.createCollection('big orders', { viewOn: 'all orders', pipeline: [{ $match: { total: { $gt: 5 } } }] });
  await shop.createCollection('all orders', { viewOn: 'orders', pipeline: [] });
  if (version === '4.4') return;
  await shop.createCollection('weather', {
    timeseries: { timeField: 't', metaField: 'place', granularity: 'minutes' },
    expireAfterSeconds: 1_000_000_000,
  });
  const samples = Array.from({ length: 300 }, (_, n) => ({ t: new Date(1.6e12 + n * 1e5), place: n % 3, value: n }));
  await shop.collection('weather').insertMany(samples);
  await shop.collection('weather').createIndex({ place: 1, t: -1 });
  if (version === '5.0') return;
  await shop.createCollection('clustered', { clusteredIndex: { key: { _id: 1 }, unique: true } });
  await shop.collection<{ _id: number }>('clustered').insertMany([{ _id: 3 }, { _id: 1 }, { _id: 2 }]);
}
