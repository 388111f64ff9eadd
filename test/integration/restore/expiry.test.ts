import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { collectionInfo, type MemoryCollection, memorySource } from '../../support/restore-source.ts';
import { runRestore } from './run-restore.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));
const eager = ['--setParameter', 'ttlMonitorSleepSecs=1'];

/** Everything in it expired long ago. */
function expired(changes = {}): MemoryCollection {
  const indexes = [
    raw({ v: 2, key: { _id: 1 }, name: '_id_' }),
    raw({ v: 2, key: { at: 1 }, name: 'at_1', expireAfterSeconds: 60 }),
  ];
  const documents = Array.from({ length: 500 }, (_, n) => raw({ _id: n, at: new Date(n) }));
  return { info: collectionInfo('shop.sessions', { indexes, ...changes }), documents };
}

for (const version of ['6.0', '4.4'] as const) {
  test(`what has expired is proved first, and expires in a mongod ${version} only then`, async () => {
    await using mongod = await startMongod({ version, args: eager });
    await using client = await mongod.connect();
    const waiting: MemoryCollection = { info: collectionInfo('shop.small'), documents: [raw({ _id: 1 })] };
    const passes = async (): Promise<number> => {
      const { metrics } = await client.db('admin').command({ serverStatus: 1 });
      return Number(metrics.ttl.passes);
    };
    const source = memorySource([expired(), waiting], {
      beforeChunks: async (uuid) => {
        if (uuid !== waiting.info.uuid) return;
        // The TTL thread has its chance between the data and the proof.
        const before = await passes();
        await eventually(async () => (await passes()) > before + 1, { what: 'two rounds of the TTL thread' });
      },
    });
    const report = await runRestore(source, mongod.uri, { parallel: 1 });
    assert.deepEqual(report.refusals, []);
    assert.deepEqual(
      report.collections.map(({ foundDocuments }) => foundDocuments),
      [500, 1],
    );
    const sessions = client.db('shop').collection('sessions');
    const index = (await sessions.indexes()).find(({ name }) => name === 'at_1');
    assert.equal(index?.['expireAfterSeconds'], 60);
    await eventually(async () => (await sessions.countDocuments({})) === 0, { what: 'the documents expire' });
  });
}

for (const version of ['6.0', '4.4'] as const)
  test(`with TTL kept off nothing expires, and the index is there: ${version}`, async () => {
    await using mongod = await startMongod({ version, args: eager });
    await using client = await mongod.connect();
    await runRestore(memorySource([expired()]), mongod.uri, { keepTtlOff: true });
    const sessions = client.db('shop').collection('sessions');
    const index = (await sessions.indexes()).find(({ name }) => name === 'at_1');
    assert.deepEqual(index, { v: 2, key: { at: 1 }, name: 'at_1' });
    assert.equal(await sessions.countDocuments({}), 500);
  });
