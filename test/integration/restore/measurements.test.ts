import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Db } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { QueryThreads } from '../../../src/query/query-threads.ts';
import { type SelectableSource, selectDocuments } from '../../../src/query/selection.ts';
import { measurementKey } from '../../../src/restore/documents/measurements.ts';
import type { DocumentsSettings } from '../../../src/restore/documents/restore-documents.ts';
import type { RestoreSource, SourceCollection } from '../../../src/restore/ports.ts';
import type { Selection } from '../../../src/wire/api/backup-reading.ts';
import { startMongod } from '../../support/mongod.ts';
import { restoreChosen } from '../../support/restore-chosen.ts';
import { memorySource, readDatabases, readDocuments } from '../../support/restore-source.ts';

const threads = new QueryThreads();
const begin = Date.UTC(2026, 10, 22);
const metas = ['north', 'south', null, undefined, { city: 'Bonn', floors: [1, 2] }] as const;

/** Measurements of some places over hours, full buckets among them; the first one stands twice. */
function weather(): Record<string, unknown>[] {
  const made = Array.from({ length: 4000 }, (_, n) => {
    const m = n < 1500 ? 'north' : metas[n % metas.length];
    const wind = n % 3 === 0 ? { wind: { from: n % 360 } } : {};
    return { t: new Date(begin + n * 9000), ...(m === undefined ? {} : { m }), v: n, ...wind };
  });
  return [...made, { ...made[0] }];
}

/** What the server's view of chosen measurements gives. */
async function chosen(database: Db, selection: Partial<Selection>): Promise<RestoreSource> {
  const memory = memorySource(await readDatabases(database.client, [database.databaseName]));
  const whole: SelectableSource<SourceCollection> = {
    collections: memory.collections,
    chunks: async (...args) => (await memory.chunks(...args)).map((chunk) => ({ ...chunk, contentBytes: 1000 })),
    byKey: async (_uuid, key) => (documentKey(key), undefined),
  };
  const { collection, chunks } = selectDocuments(
    whole,
    { namespace: 'shop.weather', filter: {}, ...selection },
    threads,
  );
  return { ...memory, collections: [collection], chunks };
}

const keysOf = async (database: Db, name: string): Promise<string[]> =>
  (await readDocuments(database, name)).map(measurementKey).toSorted();

for (const version of ['5.0', '6.0'] as const) {
  test(`chosen measurements go through a time series, each once, beside what it holds: ${version}`, async () => {
    await using mongod = await startMongod({ version });
    await using client = await mongod.connect();
    const shop = client.db('shop');
    const series = { timeseries: { timeField: 't', metaField: 'm' }, expireAfterSeconds: 1_000_000_000 };
    await shop.createCollection('weather', series);
    await shop.collection('weather').createIndex({ m: 1, t: 1 });
    await shop.collection('weather').insertMany(weather(), { ordered: false });

    const all = await chosen(shop, {});
    const made = await restoreChosen(all, mongod.uri, { rename: 'shop.weather=copy.weather' });
    assert.deepEqual([made.written, made.refused, made.proof.difference, made.refusals], [4001, [], null, []]);
    const copy = client.db('copy');
    assert.deepEqual(await keysOf(copy, 'weather'), await keysOf(shop, 'weather'));
    const [listed] = await copy.listCollections({ name: 'weather' }).toArray();
    assert.equal(listed?.type, 'timeseries');
    assert.deepEqual((await copy.collection('weather').indexes()).filter(({ name }) => name === 'm_1_t_1').length, 1);

    // Some of them, then more: what is there is not written again.
    const hour = {
      $gte: { $date: new Date(begin).toISOString() },
      $lt: { $date: new Date(begin + 3_600_000).toISOString() },
    };
    const some = await chosen(shop, { filter: { t: hour, m: 'north' } });
    const part = { rename: 'shop.weather=copy.part' };
    const first = await restoreChosen(some, mongod.uri, part);
    assert.deepEqual([first.survey.exists, first.written], [false, 401]);
    const more = await restoreChosen(await chosen(shop, { filter: { v: { $lt: 500 }, m: 'north' } }), mongod.uri, part);
    assert.deepEqual([more.survey.same, more.written, more.proof.foundDocuments], [401, 100, 501]);
    assert.equal(await copy.collection('part').countDocuments(), 501);
  });
}

test('what cannot be: another kind of collection, other names of the fields, replacing', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const shop = client.db('shop');
  await shop.createCollection('weather', { timeseries: { timeField: 't', metaField: 'm' } });
  await shop.collection('weather').insertOne({ t: new Date(begin), m: 1, v: 1 });
  await shop.collection('plain').insertOne({ v: 1 });
  await shop.createCollection('other', { timeseries: { timeField: 'at' } });
  const source = await chosen(shop, {});
  const into = (name: string, existing: DocumentsSettings['existing'] = 'refuse') =>
    restoreChosen(source, mongod.uri, { rename: `shop.weather=shop.${name}`, existing });
  await assert.rejects(into('plain'), {
    code: 'TARGET_REFUSED',
    message: /shop\.plain is a collection .*: measurements go into a time series/,
  });
  await assert.rejects(into('other'), { code: 'TARGET_REFUSED', message: /with time "at", not time "t" and meta "m"/ });
  await assert.rejects(into('new', 'replace'), { code: 'USAGE', message: /--existing replace: a measurement/ });
  await assert.rejects(chosen(shop, { namespace: 'shop.system.buckets.weather' }), {
    code: 'INPUT_INVALID',
    hint: 'Choose measurements of shop.weather.',
  });
});
