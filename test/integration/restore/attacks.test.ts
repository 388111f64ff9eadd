import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { startCuttingProxy } from '../../support/cutting-proxy.ts';
import { startMongod } from '../../support/mongod.ts';
import { restoreChosen } from '../../support/restore-chosen.ts';
import { collectionInfo, type MemoryCollection, memorySource, readDocuments } from '../../support/restore-source.ts';
import { runRestore } from './run-restore.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const idIndex = raw({ v: 2, key: { _id: 1 }, name: '_id_' });

test('names of every kind: dots, spaces, unicode, as long as a server takes them', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const names = [
    'a.b.c',
    'x..y',
    'a=b,c',
    '日本 語',
    'é'.repeat(60),
    `l${'o'.repeat(240)}ng`,
    'systemic',
    'systems.foo',
  ];
  const collections = names.map(
    (name, n): MemoryCollection => ({
      info: collectionInfo(`shop.${name}`, { indexes: [idIndex, raw({ v: 2, key: { 'a.b': 1 }, name: 'a.b_1' })] }),
      documents: [raw({ _id: n, 'dotted.name': 1 })],
    }),
  );
  const view: MemoryCollection = {
    info: collectionInfo('shop.sight', { type: 'view', options: raw({ viewOn: '日本 語', pipeline: [] }) }),
    documents: [],
  };
  const report = await runRestore(memorySource([...collections, view]), mongod.uri);
  assert.deepEqual([report.refusals, report.skipped, report.views], [[], [], 1]);
  for (const [n, name] of names.entries()) {
    assert.equal(await client.db('shop').collection<{ _id: number }>(name).countDocuments({ _id: n }), 1, name);
  }
  assert.equal(await client.db('shop').collection('sight').countDocuments(), 1);
  // One that is too long for its new database is told, and the others are there.
  const long = { from: 'shop.l*', to: `${'d'.repeat(60)}.l*` };
  const renamed = await runRestore(memorySource(collections), mongod.uri, { renames: [long], drop: true });
  assert.deepEqual(
    renamed.refusals.map(({ kind }) => kind),
    ['collection'],
  );
  assert.match(renamed.refusals[0]?.reason ?? '', /too long|longer/);
  assert.equal(renamed.collections.length, names.length - 1);
});

test('two restores into one target at once: what is there at the end is whole, and one of them says that it was not alone', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const collection = (n: number): MemoryCollection => ({
    info: collectionInfo('shop.orders', { indexes: [idIndex] }),
    documents: Array.from({ length: 3000 }, (_, _id) => raw({ _id, n, text: 'x'.repeat(500) })),
  });
  const both = Promise.withResolvers<void>();
  let begun = 0;
  const beforeChunks = async (_uuid: string, afterKey: Buffer | null): Promise<void> => {
    if (afterKey !== null) return;
    if (++begun === 2) both.resolve();
    await both.promise;
  };
  const one = (n: number) =>
    runRestore(memorySource([collection(n)], { beforeChunks }), mongod.uri, { parallel: 1 })
      // One that finds the other's collection ends before it asks for documents.
      .finally(() => both.resolve());
  const [first, second] = await Promise.allSettled([one(1), one(2)]);
  // Whoever comes second is refused the name, at once or when it makes the collection; or meets documents that are not its own.
  const told = [first, second].filter((one) => one.status === 'rejected' || one.value.refusals.length > 0);
  assert.ok(told.length >= 1, 'both say that all is well');
  for (const one of told) {
    const words = one.status === 'rejected' ? String(one.reason) : (one.value.refusals[0]?.reason ?? '');
    assert.match(words, /already|another document with _id/);
  }
  const whole = [first, second].filter((one) => !told.includes(one));
  const found = await client.db('shop').collection('orders').distinct('n');
  if (whole.length === 1) assert.equal(found.length, 1);
});

test('measurements over connections that are cut again and again: none is lost, none stands twice', async () => {
  await using mongod = await startMongod();
  await using proxy = await startCuttingProxy(mongod.port, { cutEvery: 500_000, mostCuts: 4 });
  await using client = await mongod.connect();
  const timeseries = { timeField: 't', metaField: 'm', granularity: 'seconds', bucketMaxSpanSeconds: 3600 };
  const info = collectionInfo('shop.system.buckets.weather', { options: raw({ timeseries }) });
  const documents = Array.from({ length: 8_000 }, (_, n) =>
    raw({ t: new Date(1_700_000_000_000 + n * 500), m: n % 3, _id: n, v: 'x'.repeat(200) }),
  );
  const source = memorySource([{ info, documents }]);
  const uri = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
  const report = await restoreChosen(source, uri, { parallel: 3 });
  assert.ok(proxy.cuts() > 0);
  assert.deepEqual([report.refused, report.proof.difference, report.written], [[], null, 8_000]);
  const ids = (await readDocuments(client.db('shop'), 'weather')).map((one) => Number(BSON.deserialize(one)['_id']));
  assert.equal(ids.length, 8_000);
  assert.equal(new Set(ids).size, 8_000);
});
