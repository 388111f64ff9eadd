import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckProgress } from '../../../src/vault/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { at, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { testEngine } from './test-engine.ts';

const uuid = '11'.repeat(16);
const ns = 'shop.orders';

test('a snapshot is read to its end, and one flipped bit in any of its blocks is found', async () => {
  await using engine = testEngine();
  const source = new SourceModel();
  const documents = Array.from({ length: 1500 }, (_, _id) => ({ _id, text: `order ${_id} `.repeat(10) }));
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  await scan(engine.vault, [{ uuid, database: 'shop', name: 'orders', documents }], at(100), at(110));
  source.nothing(at(110));
  source.insert(at(120), ns, uuid, { _id: 5000, text: 'new' });
  source.set(at(121), ns, uuid, 7, { text: 'changed' });
  source.delete(at(122), ns, uuid, 8);
  source.nothing(at(130));
  await source.send(engine.vault);
  await eventually(async () => (await engine.vault.snapshots(groupId, replicaSetId)).length === 1);
  const { id } = await engine.vault.takeSnapshot(groupId, replicaSetId);
  const check = () => engine.vault.checkSnapshot(groupId, replicaSetId, id);

  const whole = await check();
  assert.equal(await engine.vault.checkProgress(groupId, replicaSetId), null);
  assert.deepEqual([whole.collections, whole.documents, whole.damage], [1, 1500, []]);
  assert.ok(whole.bytes > 150_000);
  const { blocks } = engine.blocks;
  let found = 0;
  for (const [name, stored] of [...blocks]) {
    const flipped = Buffer.from(stored);
    const middle = flipped.length >> 1;
    flipped[middle] = (flipped[middle] ?? 0) ^ 16;
    blocks.set(name, flipped);
    const { damage } = await check();
    blocks.set(name, stored);
    found += damage.length;
    assert.deepEqual(
      damage.map(({ namespace }) => namespace),
      damage.length === 0 ? [] : [ns],
    );
  }
  // Those of the runs of an earlier point alone are not its own.
  assert.ok(found >= 4, `${found} of ${blocks.size}`);
  assert.deepEqual((await check()).damage, []);
});

test('while a snapshot is read, how far it is can be asked', async () => {
  await using engine = testEngine();
  const source = new SourceModel();
  source.nothing(at(100));
  const documents = Array.from({ length: 4000 }, (_, _id) => ({ _id, text: `order ${_id} `.repeat(100) }));
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  await scan(engine.vault, [{ uuid, database: 'shop', name: 'orders', documents }], at(100), at(110));
  source.nothing(at(110));
  source.nothing(at(130));
  await source.send(engine.vault);
  await eventually(async () => (await engine.vault.snapshots(groupId, replicaSetId)).length === 1);
  const { id } = await engine.vault.takeSnapshot(groupId, replicaSetId);
  const seen: (CheckProgress | null)[] = [];
  const read = engine.blocks.read.bind(engine.blocks);
  engine.blocks.read = async (name) => {
    seen.push(await engine.vault.checkProgress(groupId, replicaSetId));
    return read(name);
  };
  await engine.vault.checkSnapshot(groupId, replicaSetId, id);
  const last = seen.at(-1) ?? assert.fail('nothing was said before the last block');
  assert.ok(last.documents > 0 && last.bytes <= last.allBytes * 2 && last.namespace === ns);
});

test('a snapshot that is not there is no damage', async () => {
  await using engine = testEngine();
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  await assert.rejects(engine.vault.checkSnapshot(groupId, replicaSetId, 'none'), { code: 'NOT_FOUND' });
});
