import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { startCuttingProxy } from '../../support/cutting-proxy.ts';
import { startMongod } from '../../support/mongod.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { collectionInfo, type MemoryCollection, memorySource, readDocuments } from '../../support/restore-source.ts';
import { runRestore } from './run-restore.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const idIndex = raw({ v: 2, key: { _id: 1 }, name: '_id_' });
const text = 'x'.repeat(1000);

function numbers(name: string, count: number, changes = {}): MemoryCollection {
  const documents = Array.from({ length: count }, (_, n) =>
    raw({ _id: n, n, text, at: new BSON.Timestamp({ t: 0, i: n % 500 === 0 ? 0 : 1 }) }),
  );
  return { info: collectionInfo(`shop.${name}`, { indexes: [idIndex], ...changes }), documents };
}

for (const version of ['6.0', '4.4'] as const) {
  test(`connections to a mongod ${version} that are cut again and again lose and double nothing`, async () => {
    await using mongod = await startMongod({ version });
    await using proxy = await startCuttingProxy(mongod.port, { cutEvery: 3_000_000, mostCuts: 8 });
    await using client = await mongod.connect();
    const capped = { capped: true, options: raw({ capped: true, size: 50_000_000 }) };
    const reversed = numbers('capped', 4000, capped);
    const collections = [
      numbers('orders', 20_000, { indexes: [idIndex, raw({ v: 2, key: { n: 1 }, name: 'n_1' })] }),
      { ...reversed, documents: reversed.documents.toReversed() },
    ];
    const retries: string[] = [];

    const report = await runRestore(
      memorySource(collections),
      `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`,
      { onRetry: (reason) => void retries.push(reason) },
    );

    assert.equal(proxy.cuts(), 8);
    assert.ok(retries.length > 0);
    assert.deepEqual(
      report.collections.map(({ difference }) => difference),
      [null, null],
    );
    for (const { info, documents } of collections) {
      const found = await readDocuments(client.db('shop'), info.name);
      const inOrder = info.capped ? found : found.toSorted((a, b) => a.readInt32LE(9) - b.readInt32LE(9));
      assert.ok(Buffer.concat(inOrder).equals(Buffer.concat(documents)), info.name);
    }
  });
}

for (const id of [2000, 2001])
  test(`a document that somebody else has put there meanwhile is never taken for ours: ${id}`, async () => {
    await using mongod = await startMongod();
    await using client = await mongod.connect();
    const collection = numbers('orders', 3000);
    const source = memorySource([collection], {
      targetBytes: 20_000,
      beforeChunks: async (_uuid, afterKey) => {
        if (afterKey !== null) return;
        await client.db('shop').collection<{ _id: number }>('orders').insertOne({ _id: id });
      },
    });
    await assert.rejects(runRestore(source, mongod.uri), {
      code: 'TARGET_REFUSED',
      message: new RegExp(`shop\\.orders holds another document with _id ${id}`),
    });
  });

test('a restore goes on over an election, and ends when a majority has it', async () => {
  await using set = await startReplicaSet({ members: 3 });
  await using client = await set.connect();
  const collection = numbers('orders', 20_000);
  let answers = 0;
  const source = memorySource([collection], {
    beforeChunks: async () => {
      if (++answers !== 2) return;
      // Connections of a primary that steps down stay open, but its writes are refused.
      await client.db('admin').command({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 50 });
    },
  });
  const report = await runRestore(source, set.uri);
  assert.equal(report.collections[0]?.difference, null);
  assert.equal(await client.db('shop').collection('orders').countDocuments({}), 20_000);
});

test('an abort ends it soon and leaves no insert behind', async () => {
  await using mongod = await startMongod();
  const stop = new AbortController();
  const source = memorySource([numbers('orders', 20_000)], {
    targetBytes: 100_000,
    beforeChunks: (_uuid, afterKey) => {
      if (afterKey !== null) stop.abort(new Error('enough'));
    },
  });
  await assert.rejects(runRestore(source, mongod.uri, { signal: stop.signal }), /enough/);
});

for (const version of ['6.0', '5.0', '4.4'] as const) {
  test(`Timestamp(0, 0) stays what it is in a mongod ${version}, also under a name that stands twice`, async () => {
    await using mongod = await startMongod({ version });
    await using client = await mongod.connect();
    const empty = new BSON.Timestamp(0n);
    const fields = (document: object): Buffer => raw(document).subarray(4, -1);
    const body = Buffer.concat([{ _id: 5 }, { at: empty }, { a: 1 }, { at: empty }, { b: text }].map(fields));
    const twice = Buffer.alloc(body.length + 5);
    twice.writeInt32LE(twice.length);
    body.copy(twice, 4);
    const rest = { _id: 3, at: empty, text: '' };
    const documents = [
      raw({ _id: 1, n: 0n }),
      raw({ _id: 2, at: empty, in: { at: empty } }),
      raw({ ...rest, text: 'x'.repeat(16 * 2 ** 20 - raw(rest).length) }),
      raw({ _id: 4, at: new BSON.Timestamp(1n) }),
      twice,
    ];
    const plain = { info: collectionInfo('shop.plain', { indexes: [idIndex] }), documents };
    const options = raw({ capped: true, size: 40_000_000 });
    const capped = {
      info: collectionInfo('shop.capped', { capped: true, options }),
      documents: documents.toReversed(),
    };
    const report = await runRestore(memorySource([plain, capped]), mongod.uri);
    assert.deepEqual(
      report.collections.map(({ difference }) => difference),
      [null, null],
    );
    assert.ok(Buffer.concat(await readDocuments(client.db('shop'), 'capped')).equals(Buffer.concat(capped.documents)));
  });
}
