import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { readBatches } from '../../../src/restore/batch-reader.ts';
import { DigestWriter } from '../../../src/restore/digest.ts';
import { makePlan } from '../../../src/restore/plan.ts';
import { proveCollection } from '../../../src/restore/proof.ts';
import { Slots } from '../../../src/restore/slots.ts';
import { Target } from '../../../src/restore/target.ts';
import { startMongod } from '../../support/mongod.ts';
import { collectionInfo, memorySource, readDatabases } from '../../support/restore-source.ts';
import { insertRaw } from '../../support/wire-insert.ts';
import { oddDocuments } from '../../support/workload/odd-documents.ts';
import { seed } from './every-kind.ts';

const signal = new AbortController().signal;
const settings = { namespaces: [], renames: [], usersAndRoles: false };

for (const version of ['6.0', '5.0', '4.4'] as const) {
  test(`a collection with _ids of every type is read back from a mongod ${version} in stretches, and a difference has its place`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    await using mongod = await startMongod({ version });
    await using client = await mongod.connect();
    await insertRaw(mongod.port, 'odd', oddDocuments(seed, 1200));
    const [collection] = await readDatabases(client, ['test']);
    assert.ok(collection !== undefined);
    const [planned] = makePlan(memorySource([collection]), settings).collections;
    assert.ok(planned !== undefined);
    const inOrder = collection.documents.toSorted((a, b) => Buffer.compare(documentKey(a), documentKey(b)));
    const digest = new DigestWriter('id', 1000);
    for (const document of inOrder) digest.add(document, 1);
    const sent = digest.finish();
    assert.ok(sent.stretches.length > 30, `${sent.stretches.length} stretches`);
    await using target = await Target.open({ uri: mongod.uri, connections: 4, signal });
    const prove = () => proveCollection(target, planned, sent, new Slots(4), () => {});

    assert.equal((await prove()).difference, null);

    const place = sent.stretches.findLastIndex(({ from }) => from instanceof BSON.ObjectId);
    const from = sent.stretches[place]?.from;
    assert.ok(from instanceof BSON.ObjectId);
    await client.db('test').collection('odd').deleteOne({ _id: from });
    const { difference } = await prove();
    assert.match(difference ?? '', /documents, \d+ were sent; the first difference lies between _id /);
    assert.ok(difference?.includes(from.toHexString()), difference ?? '');
  });
}

test('documents of one name with other bytes differ in every order', () => {
  const one = Buffer.from(BSON.serialize({ _id: 1, a: 1 }));
  const two = Buffer.from(BSON.serialize({ _id: 2, a: 1 }));
  const digestOf = (order: 'id' | 'any', documents: Buffer[]): string => {
    const writer = new DigestWriter(order);
    for (const document of documents) writer.add(document, 1);
    return writer.finish().digest;
  };
  assert.equal(digestOf('any', [one, two]), digestOf('any', [two, one]));
  assert.notEqual(digestOf('any', [one, two]), digestOf('any', [one, one]));
  assert.notEqual(digestOf('id', [one, two]), digestOf('id', [two, one]));
});

test('batches of a source hold its documents in order, a large one alone', async () => {
  const sizes = [100, 3_000_000, 5, 2_000_000, 90_000, 16_777_000, 1];
  const documents = sizes.map((size, _id) => Buffer.from(BSON.serialize({ _id, text: 'x'.repeat(size) })));
  const info = collectionInfo('shop.a');
  const batches: { bytes: Buffer; count: number }[] = [];
  for await (const batch of readBatches(memorySource([{ info, documents }]), info.uuid, signal)) batches.push(batch);
  assert.ok(Buffer.concat(batches.map(({ bytes }) => bytes)).equals(Buffer.concat(documents)));
  assert.equal(
    batches.reduce((sum, { count }) => sum + count, 0),
    sizes.length,
  );
  for (const { bytes, count } of batches) assert.ok(bytes.length <= 2 * 2 ** 20 || count === 1);
});
