import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { collectionInfo, memorySource } from '../../support/restore-source.ts';
import { smallDisk, whyNoSmallDisk } from '../../support/small-disk.ts';
import { runRestore } from './run-restore.ts';

const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));

test('a target whose disk fills dies; started again with room, it gets the rest of the restore', {
  skip: whyNoSmallDisk() ?? false,
}, async () => {
  await using small = smallDisk(220);
  await using mongod = await startMongod({
    dbPath: small.file('data'),
    // It would end the process at once.
    args: ['--setParameter', 'diagnosticDataCollectionEnabled=false'],
  });
  const noise = randomBytes(200_000);
  // 250 MB that do not get smaller.
  const documents = Array.from({ length: 1250 }, (_, n) => {
    noise.writeUInt32LE(n, n * 4);
    return raw({ _id: n, noise });
  });
  const info = collectionInfo('shop.noise', { indexes: [raw({ v: 2, key: { _id: 1 }, name: '_id_' })] });
  const retries: string[] = [];
  const stop = new AbortController();
  await using _ = { [Symbol.asyncDispose]: async () => stop.abort() };
  const restored = runRestore(memorySource([{ info, documents }]), mongod.uri, {
    signal: stop.signal,
    onRetry: (reason) => void retries.push(reason),
  });
  restored.catch(() => {});
  await eventually(async () => retries.length > 0, { timeoutMs: 120_000, what: 'the restore to meet a full disk' });
  await mongod.crash();
  small.grow(1200);
  await mongod.restart();
  const report = await restored;
  assert.deepEqual([report.documents, report.refusals], [documents.length, []]);
  await using client = await mongod.connect();
  assert.equal(await client.db('shop').collection('noise').countDocuments(), documents.length);
});
