import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { startBackupServer } from '../../support/backup-server.ts';
import { backUp, startCapturing, untilScanned } from '../../support/capturing.ts';
import { eventually } from '../../support/eventually.ts';
import { startReplicaSet } from '../../support/replica-set.ts';

test('a set is scanned once and its oplog is followed from before the first read, without a hole', async () => {
  await using set = await startReplicaSet({ members: 1 });
  await using client = await set.connect();
  const shop = client.db('shop');
  const orders = Array.from({ length: 5000 }, (_, index) => ({ _id: index, text: 'x'.repeat(index % 300) }));
  await shop.collection<{ _id: number }>('orders').insertMany(orders);
  await shop.collection('empty').insertOne({});
  await shop.collection('empty').deleteMany({});
  await using server = await startBackupServer();
  const state = backUp(server, set);
  await using capturing = await startCapturing(server);
  await untilScanned(state, capturing);
  const { uuid } = state.collection('shop.orders');
  const copied = [...state.documentsOf(uuid).values()].map((document) => BSON.deserialize(document));
  assert.deepEqual(copied, orders);
  assert.equal(state.documentsOf(state.collection('shop.empty').uuid).size, 0);
  await shop.collection<{ _id: number }>('orders').updateOne({ _id: 7 }, { $set: { text: 'changed' } });
  await eventually(() => state.entries.some((entry) => BSON.deserialize(entry)['o2']?._id === 7));
  assert.equal(state.slices[0]?.after, null);
});
