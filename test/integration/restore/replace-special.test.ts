import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, type MongoClient } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { insertAsUpserts } from '../../../src/restore/raw-insert.ts';
import { startMongod } from '../../support/mongod.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { restoreChosen } from '../../support/restore-chosen.ts';
import { collectionInfo, memorySource, readDocuments } from '../../support/restore-source.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const odd = raw({ _id: 1, $odd: { $x: 1 }, at: new BSON.Timestamp({ t: 0, i: 0 }), z: 1, a: 2 });
/** The same, with a name that stands twice. */
const twins = raw({ _id: 2, $odd: 1, twice: 1, twicf: 2 });
twins.write('twice', twins.indexOf('twicf'));

/** By `_id`: natural order is another one after a crash. */
const ordersOf = async (client: MongoClient): Promise<Buffer[]> =>
  (await readDocuments(client.db('shop'), 'orders')).toSorted((a, b) => Buffer.compare(documentKey(a), documentKey(b)));

async function replace(documents: readonly Buffer[], uri: string, signal?: AbortSignal) {
  const source = memorySource([{ info: collectionInfo('shop.orders'), documents }]);
  return await restoreChosen(source, uri, { existing: 'replace', parallel: 1, signal });
}

test('whatever breaks between the old document and the new one: one of the two is there', async () => {
  await using set = await startReplicaSet({ args: ['--setParameter', 'enableTestCommands=1'] });
  const [member] = set.members;
  assert.ok(member !== undefined);
  const before = [raw({ _id: 1, old: true }), raw({ _id: 2, old: true })];
  {
    await using client = await set.connect();
    await client
      .db('shop')
      .collection<{ _id: number; old: boolean }>('orders')
      .insertMany([
        { _id: 1, old: true },
        { _id: 2, old: true },
      ]);
    // The upsert comes after the delete.
    const data = { failCommands: ['update'], blockConnection: true, blockTimeMS: 60_000 };
    const admin = client.db('admin');
    const { count } = await admin.command({ configureFailPoint: 'failCommand', mode: 'alwaysOn', data });
    const stop = new AbortController();
    const broken = replace([odd, twins], set.uri, stop.signal);
    const failed = assert.rejects(broken);
    await admin.command({ waitForFailPoint: 'failCommand', timesEntered: Number(count) + 1, maxTimeMS: 30_000 });
    // Nobody else sees that it is half done.
    assert.deepEqual(await ordersOf(client), before);
    await member.crash();
    stop.abort(new Error('killed'));
    await failed;
  }
  await member.restart();
  await set.primary();
  await using client = await set.connect();
  assert.deepEqual(await ordersOf(client), before);
  const report = await replace([odd, twins], set.uri);
  assert.deepEqual([report.written, report.refused, report.proof.difference], [2, [], null]);
  assert.deepEqual(await ordersOf(client), [odd, twins]);
});

test('a standalone mongod replaces them in one step; what it cannot stays as it is, with the reason', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const shop = client.db('shop');
  const before = [raw({ _id: 1, old: 1 }), raw({ _id: 2, old: 2 })];
  const signal = new AbortController().signal;
  assert.deepEqual(await insertAsUpserts(shop, 'orders', before, { ordered: true, signal }), []);
  const report = await replace([odd, twins], mongod.uri);
  assert.deepEqual(
    report.refused.map(({ id, reason }) => [id, /stands in it twice/.test(reason)]),
    [['2', true]],
  );
  assert.deepEqual(await ordersOf(client), [odd, before[1]]);
});
