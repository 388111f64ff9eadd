import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, type Db } from 'mongodb';
import { onlyCollection } from '../../../src/restore/documents/restore-documents.ts';
import { makePlan } from '../../../src/restore/plan.ts';
import type { RestoreSource } from '../../../src/restore/ports.ts';
import { insertAsUpserts } from '../../../src/restore/raw-insert.ts';
import { startMongod } from '../../support/mongod.ts';
import { restoreChosen } from '../../support/restore-chosen.ts';
import { collectionInfo, memorySource, readDocuments } from '../../support/restore-source.ts';

const { Long, Int32, ObjectId, Timestamp, MinKey, MaxKey, Decimal128, Binary, UUID } = BSON;
const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document, { ignoreUndefined: false }));

/** A document with these elements, as bytes: what no driver would send. */
function rawElements(...elements: readonly (readonly [type: number, name: string, value: Buffer])[]): Buffer {
  const body = elements.map(([type, name, value]) => Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), value]));
  const size = Buffer.alloc(4);
  size.writeInt32LE(5 + body.reduce((sum, { length }) => sum + length, 0));
  return Buffer.concat([size, ...body, Buffer.of(0)]);
}
const int = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
};
const text = (bytes: Buffer): Buffer => Buffer.concat([int(bytes.length + 1), bytes, Buffer.of(0)]);

const brokenText = text(Buffer.from([0x61, 0xff, 0xfe]));
const pointer = Buffer.concat([text(Buffer.from('a.b')), Buffer.alloc(12, 7)]);
/** `_id`s of every allowed type, those that the driver cannot send too, and names that stand twice. */
const odd: readonly Buffer[] = [
  ...[1, new Long(2), 3.5, Decimal128.fromString('4.0'), 'text', '', new ObjectId(), true, null, new Date(5)].map(
    (_id) => raw({ _id, n: 1 }),
  ),
  ...[new MinKey(), new MaxKey(), new Binary(Buffer.from('ab')), new UUID(), new Timestamp({ t: 5, i: 1 })].map((_id) =>
    raw({ _id, n: 1 }),
  ),
  raw({ _id: { region: 'eu', n: 1 }, n: 1 }),
  raw({ _id: { n: 1, region: 'eu' }, n: 1 }),
  raw({ _id: { '10': 1, '9': [1, { a: null }] }, n: 1 }),
  rawElements([0x10, '_id', int(70)], [0x10, 'twice', int(1)], [0x10, 'twice', int(2)]),
  raw({ _id: 71, z: 1, $odd: { $x: [1] }, 'a.b': 2 }),
  rawElements([0x02, '_id', brokenText], [0x10, 'n', int(1)]),
  rawElements([0x0c, '_id', pointer], [0x10, 'n', int(1)]),
  rawElements([0x03, '_id', rawElements([0x06, 'gone', Buffer.alloc(0)])], [0x10, 'n', int(1)]),
  rawElements([0x03, '_id', rawElements([0x10, 'a', int(1)], [0x10, 'a', int(2)])], [0x10, 'n', int(1)]),
  raw({ _id: 80, at: new Timestamp({ t: 0, i: 0 }), z: 1 }),
];

function sourceOf(documents: readonly Buffer[], indexes: readonly object[] = []): RestoreSource {
  const idIndex = { v: 2, key: { _id: 1 }, name: '_id_' };
  return memorySource([
    { info: collectionInfo('shop.orders', { indexes: [idIndex, ...indexes].map(raw) }), documents },
  ]);
}

const sorted = (documents: readonly Buffer[]): string[] => documents.map((one) => one.toString('hex')).toSorted();
const inShop = async (database: Db): Promise<string[]> => sorted(await readDocuments(database, 'orders'));

for (const version of ['4.4', '6.0'] as const) {
  // 4.4 takes no names that begin with $.
  const documents = version === '4.4' ? odd.filter((one) => !one.includes('$odd')) : odd;
  test(`documents of every kind come back as bytes, beside others and in place of others: MongoDB ${version}`, async () => {
    await using mongod = await startMongod({ version });
    await using client = await mongod.connect();
    const shop = client.db('shop');
    const source = sourceOf(documents, [{ v: 2, key: { n: 1 }, name: 'n_1' }]);
    const made = await restoreChosen(source, mongod.uri);
    assert.deepEqual(made.refused, []);
    assert.deepEqual([made.survey.exists, made.written, made.indexes, made.refusals], [false, documents.length, 1, []]);
    assert.equal(made.proof.foundDocuments, documents.length);
    assert.deepEqual(await inShop(shop), sorted(documents));

    // Once more: they are there.
    const again = await restoreChosen(source, mongod.uri);
    assert.deepEqual([again.survey.same, again.written, again.survey.exists], [documents.length, 0, true]);

    // All of them changed, and one of the target's own.
    const own = raw({ _id: 'own', n: 5 });
    await shop.collection('orders').deleteMany({});
    for (const one of documents) await insertRawOne(shop, withField(one));
    await insertRawOne(shop, own);
    const before = await inShop(shop);
    const refused = restoreChosen(source, mongod.uri);
    await assert.rejects(refused, {
      code: 'TARGET_NOT_EMPTY',
      message: new RegExp(
        `shop\\.orders of .* has ${documents.length} of these ${documents.length} documents with other`,
      ),
    });
    assert.deepEqual(await inShop(shop), before);
    const kept = await restoreChosen(source, mongod.uri, { existing: 'keep' });
    assert.deepEqual([kept.kept, kept.written, kept.proof.documents], [documents.length, 0, 0]);
    assert.deepEqual(await inShop(shop), before);
    const replaced = await restoreChosen(source, mongod.uri, { existing: 'replace' });
    assert.deepEqual([replaced.written, replaced.refused], [documents.length, []]);
    assert.deepEqual(await inShop(shop), sorted([...documents, own]));
  });
}

/** The same `_id`, other content. */
function withField(document: Buffer): Buffer {
  const added = Buffer.concat([document.subarray(4, -1), Buffer.from('\x10other\0'), int(9), Buffer.of(0)]);
  const size = Buffer.alloc(4);
  size.writeInt32LE(added.length + 4);
  return Buffer.concat([size, added]);
}

async function insertRawOne(database: Db, document: Buffer): Promise<void> {
  const settings = { ordered: false, signal: new AbortController().signal };
  assert.deepEqual(await insertAsUpserts(database, 'orders', [document], settings), []);
}

test('some are there: the first are named, the others come when they are kept; another name is free', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const shop = client.db('shop');
  const orders = shop.collection<{ _id: number; state: string }>('orders');
  await orders.insertMany([
    { _id: 3, state: 'changed' },
    { _id: 4, state: 'lost' },
  ]);
  const source = sourceOf([1, 2, 3, 4].map((_id) => raw({ _id: new Int32(_id), state: 'lost' })));
  await assert.rejects(restoreChosen(source, mongod.uri), {
    code: 'TARGET_NOT_EMPTY',
    message: /has 1 of these 4 documents with other content: _id 3$/,
  });
  assert.equal(await orders.countDocuments(), 2);
  const kept = await restoreChosen(source, mongod.uri, { existing: 'keep' });
  assert.deepEqual([kept.written, kept.kept, kept.survey.same], [2, 1, 1]);
  assert.deepEqual(
    (await orders.find().sort({ _id: 1 }).toArray()).map(({ state }) => state),
    ['lost', 'lost', 'changed', 'lost'],
  );
  const beside = await restoreChosen(source, mongod.uri, { rename: 'shop.orders=audit.lost' });
  assert.deepEqual([beside.proof.to, beside.written], ['audit.lost', 4]);
});

test('more than is held is read again, to write it and to prove it', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const documents = Array.from({ length: 5000 }, (_, _id) => raw({ _id, text: 'x'.repeat(2000) }));
  let reads = 0;
  const info = collectionInfo('shop.orders', { indexes: [raw({ v: 2, key: { _id: 1 }, name: '_id_' })] });
  const beforeChunks = (_uuid: string, afterKey: Buffer | null) => void (afterKey === null && reads++);
  const source = memorySource([{ info, documents }], { beforeChunks });
  const report = await restoreChosen(source, mongod.uri, { heldBytes: 2_000_000 });
  assert.deepEqual([report.written, report.proof.foundDocuments, reads], [5000, 5000, 3]);
  const again = await restoreChosen(source, mongod.uri);
  assert.deepEqual([again.survey.same, again.written, reads], [5000, 0, 4]);
  assert.deepEqual(await inShop(client.db('shop')), sorted(documents));
});

test('what a unique index of the target refuses is told, and everything else is there and proved', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const orders = client.db('shop').collection<{ _id: number; mail: string }>('orders');
  await orders.createIndex({ mail: 1 }, { unique: true });
  await orders.insertOne({ _id: 9, mail: 'b' });
  const source = sourceOf(['a', 'b', 'c'].map((mail, _id) => raw({ _id, mail })));
  const report = await restoreChosen(source, mongod.uri);
  assert.equal(report.written, 2);
  assert.equal(report.refused.length, 1);
  assert.match(report.refused[0]?.reason ?? '', /mail_1 dup key/);
  assert.equal(report.refused[0]?.id, '1');
  assert.equal(await orders.countDocuments(), 3);
});

test('what is skipped cannot be chosen from', () => {
  const settings = { namespaces: [], renames: [], usersAndRoles: false };
  const planOf = (namespace: string) =>
    makePlan(memorySource([{ info: collectionInfo(namespace), documents: [] }]), settings);
  assert.throws(() => onlyCollection(planOf('config.transactions')), {
    code: 'USAGE',
    message: 'config.transactions: config belongs to one deployment alone',
  });
});

test('a document that goes away before the proof is found missing; names that are no collection are refused', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const shop = client.db('shop');
  await shop.createCollection('seen', { viewOn: 'orders' });
  const documents = Array.from({ length: 5000 }, (_, _id) => raw({ _id, text: 'x'.repeat(1000) }));
  await assert.rejects(restoreChosen(sourceOf(documents), mongod.uri, { rename: 'shop.orders=shop.seen' }), {
    code: 'TARGET_REFUSED',
    message: /shop\.seen is a view/,
  });
  let reads = 0;
  const info = collectionInfo('shop.orders', { indexes: [raw({ v: 2, key: { _id: 1 }, name: '_id_' })] });
  const source = memorySource([{ info, documents }], {
    async beforeChunks(_uuid, afterKey) {
      // More than is held is read once to look, once to write, and once more for the proof.
      if (afterKey === null && ++reads === 3) await shop.collection('orders').deleteMany({});
    },
  });
  await assert.rejects(restoreChosen(source, mongod.uri, { heldBytes: 2_000_000 }), {
    code: 'RESTORE_DIFFERS',
    message: /documents are not there; the first has _id/,
  });
});
