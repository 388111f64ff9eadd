import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, type ClientSession, type Document, type MongoClient } from 'mongodb';
import { OplogReader } from '../../../src/oplog/oplog-reader.ts';
import type { MongodVersion } from '../../support/mongod-binary.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { RandomSource } from '../../support/workload/random-source.ts';
import { showBson } from '../../unit/oplog/show-bson.ts';
import { byKey, PlainFold, rawDocuments, rawOplog, readAll } from './oplog-source.ts';

const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const versions: readonly MongodVersion[] = ['4.4', '5.0', '6.0'];
const testCommands = ['--setParameter', 'enableTestCommands=1'];
/** Two operations an entry: most transactions take several, prepared ones too. */
const shortEntries = ['--setParameter', 'maxNumberOfTransactionOperationsInSingleOplogEntry=2'];
const ids = 25;

for (const version of versions) {
  test(`transactions and applyOps give the documents of mongod ${version}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    await using set = await startReplicaSet({ version, args: [...testCommands, ...shortEntries] });
    await using client = await set.connect();
    const random = new RandomSource(seed);
    // To create one needs a lock that a prepared transaction holds.
    for (const name of ['plain', 'made', 'beside']) await client.db('shop').createCollection(name);
    for (let round = 0; round < 40; round++) await transact(client, random);
    await applyOpsOfUser(client, version);

    const all = await rawOplog(client);
    const chained = all.filter((entry) => entry.includes('partialTxn')).length;
    const prepared = all.filter((entry) => entry.includes('commitTimestamp')).length;
    assert.ok(chained > 10 && prepared > 3, `${chained} parts, ${prepared} commits of prepared ones`);
    // A new reader that begins where nothing is open goes on as the old one would.
    const middle = idleAfter(all, Math.floor(all.length / 2));
    const first = readAll(new OplogReader(), all.slice(0, middle));
    const rest = new OplogReader();
    const second = readAll(rest, all.slice(middle));
    const folds = new Map<string, PlainFold>();
    for (const change of [...first.changes, ...second.changes]) {
      const fold = folds.get(change.collection) ?? new PlainFold();
      folds.set(change.collection, fold);
      fold.apply(change);
    }
    for (const { name, info } of (await client.db('shop').listCollections().toArray()) as Document[]) {
      const fold = folds.get(info.uuid.toString('hex'));
      const real = byKey(await rawDocuments(client, 'shop', name));
      assert.equal(fold?.documents.size ?? 0, real.size, name);
      for (const [key, document] of real) {
        const ours = fold?.documents.get(key);
        assert.ok(ours?.equals(document), `${name}: ${showBson(ours)}\nis not\n${showBson(document)}`);
      }
    }
    assert.deepEqual(rest.unresolved(), []);
  });
}

/** The first place from an entry on at which no transaction is open. */
function idleAfter(entries: readonly Buffer[], from: number): number {
  const reader = new OplogReader();
  const place = entries.findIndex((entry, at) => {
    reader.push(entry, { change() {}, catalog() {}, nothing() {} });
    return at >= from && reader.isIdle;
  });
  assert.ok(place > 0, 'there is such a place');
  return place + 1;
}

test('a prepared transaction is placed at the moment from which it can be read', async () => {
  await using set = await startReplicaSet({ args: testCommands });
  await using client = await set.connect();
  for (const name of ['plain', 'other']) await client.db('shop').createCollection(name);
  const session = client.startSession();
  session.startTransaction({ writeConcern: { w: 'majority' } });
  const collection = client.db('shop').collection<{ _id: number }>('plain');
  await collection.insertOne({ _id: 1 }, { session });
  const { prepareTimestamp } = await prepare(client, session);
  for (let _id = 2; _id < 6; _id++) await client.db('shop').collection<{ _id: number }>('other').insertOne({ _id });
  await commitPrepared(client, session, prepareTimestamp);
  await session.endSession();

  const entries = await rawOplog(client);
  const { changes } = readAll(new OplogReader(), entries);
  const placed = changes.filter(({ body }) => body.length > 0 && BSON.deserialize(body)['_id'] === 1).at(-1);
  assert.equal(placed?.ts, prepareTimestamp.toBigInt());
});

async function transact(client: MongoClient, random: RandomSource): Promise<void> {
  const session = client.startSession();
  session.startTransaction({ writeConcern: { w: 'majority' } });
  try {
    for (let turn = 0; turn <= random.below(5); turn++) await write(client, session, random);
    if (random.chance(0.2)) await session.abortTransaction();
    else if (random.chance(0.4)) {
      const { prepareTimestamp } = await prepare(client, session);
      await client
        .db('shop')
        .collection('beside')
        .insertOne({ n: random.below(9) });
      if (random.chance(0.3)) await session.abortTransaction();
      else await commitPrepared(client, session, prepareTimestamp);
    } else await session.commitTransaction();
  } catch (thrown) {
    // Two operations of one transaction may be at odds (a key twice): the server has ended it.
    if (!(thrown instanceof Error) || !thrown.name.startsWith('Mongo')) throw thrown;
    await session.abortTransaction().catch(() => {});
  } finally {
    await session.endSession();
  }
}

async function write(client: MongoClient, session: ClientSession, random: RandomSource): Promise<unknown> {
  const collection = client.db('shop').collection<{ _id: number }>('plain');
  const filter = { _id: random.below(ids) };
  switch (random.below(6)) {
    case 0:
      return collection.deleteOne(filter, { session });
    case 1:
      return collection.replaceOne(filter, { n: random.below(9), b: [1, { c: 2 }] }, { upsert: true, session });
    case 2:
      return client
        .db('shop')
        .collection(`born${random.below(1000)}`)
        .insertOne({ n: 1 }, { session });
    case 3:
      return collection.updateOne(filter, [{ $set: { 'b.d': random.below(9), n: '$$NOW' } }], { session });
    default:
      return collection.updateOne(
        filter,
        { $set: { [`f${random.below(4)}.x`]: random.below(9) }, $inc: { n: 1 } } as Document,
        { upsert: random.chance(0.7), session },
      );
  }
}

async function applyOpsOfUser(client: MongoClient, version: string): Promise<void> {
  const shop = client.db('shop');
  const ns = 'shop.made';
  const apply = (...operations: Document[]) => shop.command({ applyOps: operations });
  await apply({ op: 'i', ns, o: { a: 1, _id: 3, 10: 1 } });
  await apply({ op: 'u', ns, o: { $set: new Map(Object.entries({ z: 1, b: 1 })) }, o2: { _id: 3 } });
  await apply({
    op: 'u',
    ns,
    o: { $set: new Map(Object.entries({ 'y.z': 1, c: 1, 'y.a': 5, 'list.3': 9 })) },
    o2: { _id: 4 },
    b: true,
  });
  await apply({ op: 'u', ns, o: { $set: { list: [1] } }, o2: { _id: 5 } });
  await apply({ op: 'u', ns, o: { $set: { 'list.3': 9, 'list.4.x': 9 }, $unset: { 'list.0': 1 } }, o2: { _id: 5 } });
  await apply({ op: 'i', ns, o: { b: 2, _id: 8 } });
  await apply({ op: 'i', ns, o: { _id: 9 } }, { op: 'd', ns, o: { _id: 9 } });
  // 4.4 has another order of names that are numbers, and no diffs here.
  if (version === '4.4') return;
  const digits = new Map([
    ['10', 1],
    ['2', 2],
    ['b', 3],
    ['a.10', 4],
    ['a.9', 5],
    ['a.a', 6],
    ['02', 7],
  ] as const);
  await apply({ op: 'u', ns, o: { $set: digits }, o2: { _id: 10 } });
  await apply({ op: 'u', ns, o: { $v: 2, diff: { u: { q: 2 }, i: { w: 1 } } }, o2: { _id: 6 } });
  await apply({ op: 'u', ns, o: { $v: 2, diff: { i: { w: 1 } } }, o2: { _id: 3 } });
}

/** The driver adds session and transaction number. */
async function prepare(client: MongoClient, session: ClientSession): Promise<Document> {
  return client.db('admin').command({ prepareTransaction: 1, writeConcern: { w: 'majority' } }, { session });
}

async function commitPrepared(client: MongoClient, session: ClientSession, commitTimestamp: unknown): Promise<void> {
  const command = { commitTransaction: 1, commitTimestamp, writeConcern: { w: 'majority' } };
  await client.db('admin').command(command, { session });
}
