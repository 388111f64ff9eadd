import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'bson';
import { BlockCutter } from '../../../src/blocks/block-cutter.ts';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { collectGroup } from '../../../src/vault/collect.ts';
import { eventually } from '../../support/eventually.ts';
import {
  fold,
  protectedOrders as protectedSet,
  readOrders as readAt,
  signal,
  ordersUuid as uuid,
} from './protected-orders.ts';
import { at, describeBlock, groupId, replicaSetId, SourceModel, settings } from './source-model.ts';
import { testEngine } from './test-engine.ts';

test('an entry that nobody knows stops the snapshots and nothing else', async () => {
  await using engine = testEngine();
  const source = await protectedSet(engine);
  source.insert(at(120), 'shop.orders', uuid, { _id: 1 });
  source.command(at(130), 'shop', { inventTheFuture: 1 }, uuid);
  await source.send(engine.vault);
  await assert.rejects(engine.vault.takeSnapshot(groupId, replicaSetId), {
    code: 'OPLOG_UNKNOWN',
    message: /130:1.*inventTheFuture/,
  });
  source.insert(at(140), 'shop.orders', uuid, { _id: 2 });
  await source.send(engine.vault);
  const set = await engine.vault.set(groupId, replicaSetId);
  assert.equal(set?.checkpoint?.ts, at(140));
  assert.equal(set?.foldProblem?.code, 'OPLOG_UNKNOWN');
  assert.deepEqual(await readAt(engine, at(129)), [{ _id: 1 }]);
  await assert.rejects(readAt(engine, at(140)), { code: 'OPLOG_UNKNOWN' });
  assert.deepEqual((await engine.vault.timeline(groupId, replicaSetId)).spans, [{ fromMs: 110_000, untilMs: 130_000 }]);
});

test('a capped collection comes back in natural order, cut as the source cuts it', async () => {
  await using engine = testEngine({ automatic: false });
  const source = new SourceModel();
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  const scanId = (await engine.vault.set(groupId, replicaSetId))?.scan?.scanId ?? '';
  const request = { replicaSetId, epoch: 1, scanId };
  await engine.vault.beginScan(groupId, { ...request, from: { ts: '100:1', term: 1 } });
  const options = Buffer.from(BSON.serialize({ capped: true, size: 4096, max: 6 })).toString('base64');
  const described = {
    uuid,
    database: 'shop',
    name: 'orders',
    type: 'collection' as const,
    options,
    indexes: [],
    capped: true,
    temporary: false,
  };
  await engine.vault.planScan(groupId, {
    ...request,
    collections: [{ ...described, documents: 4, bytes: 100 }],
    parts: [{ uuid, part: 0, order: 'natural', lower: null, upper: null }],
    last: true,
  });
  const sequences = [9, 4, 7, 1].map((_id, ordinal) => {
    const sequence = Buffer.alloc(12);
    sequence.writeUInt32BE(ordinal, 8);
    return { sequence, document: Buffer.from(BSON.serialize({ _id })) };
  });
  // Two pieces that were sorted each for itself: two runs.
  const blocks = [sequences.slice(0, 2), sequences.slice(2)].map((some) => cut(some));
  const pieces = [
    {
      ...{ uuid, part: 0, number: 0, restart: true, after: null, done: true, documents: 4, bytes: 100 },
      blocks: blocks.map((block, run) => ({ run, ...describeBlock(block) })),
    },
  ];
  await engine.vault.addBlocks(groupId, { ...request, pieces }, Buffer.concat(blocks.map(({ stored }) => stored)));
  await engine.vault.finishScan(groupId, { ...request, until: { ts: '110:1', term: 1 } });
  source.nothing(at(100));
  source.nothing(at(110));
  source.insert(at(120), 'shop.orders', uuid, { _id: 5 });
  source.insert(at(121), 'shop.orders', uuid, { _id: 3 });
  source.push(at(122), { op: 'u', ns: 'shop.orders', ui: source.uuid(uuid), o: { _id: 4, r: 1 }, o2: { _id: 4 } });
  source.set(at(123), 'shop.orders', uuid, 7, { u: 1 });
  source.insert(at(124), 'shop.orders', uuid, { _id: 2 });
  source.command(at(130), 'shop', { emptycapped: 'orders' }, uuid);
  source.insert(at(131), 'shop.orders', uuid, { _id: 8 });
  await source.send(engine.vault);
  await fold(engine);
  const ids = async (ts: bigint) => (await readAt(engine, ts)).map(({ _id }) => _id);
  assert.deepEqual(await ids(at(110)), [9, 4, 7, 1]);
  assert.deepEqual(await ids(at(121)), [9, 4, 7, 1, 5, 3]);
  // 4.4 logs no delete of what the cap removes.
  assert.deepEqual(await readAt(engine, at(124)), [
    { _id: 4, r: 1 },
    { _id: 7, u: 1 },
    { _id: 1 },
    { _id: 5 },
    { _id: 3 },
    { _id: 2 },
  ]);
  assert.deepEqual(await ids(at(131)), [8]);
});

function cut(some: readonly { readonly sequence: Buffer; readonly document: Buffer }[]) {
  const cutter = new BlockCutter({ groupKey: Buffer.alloc(32, 7) });
  const keyed = some.map((one) => ({ ...one, key: documentKey(one.document) }));
  keyed.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const entry of keyed) cutter.addEntry({ kind: 'put', ...entry });
  const block = cutter.finish();
  if (block === undefined) throw new Error('there is no block');
  return block;
}

test('a terminated set is gone after its time, one that was started again stays', async () => {
  await using engine = testEngine();
  await protectedSet(engine, [{ _id: 1 }]);
  const now = engine.clock.nowMs;
  await engine.vault.terminate(groupId, replicaSetId, now + 1000);
  assert.equal((await engine.vault.set(groupId, replicaSetId))?.standing, 'terminating');
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  engine.clock.nowMs = now + 2000;
  assert.equal((await engine.vault.set(groupId, replicaSetId))?.standing, 'active');
  assert.deepEqual(await readAt(engine, at(110)), [{ _id: 1 }]);
  await engine.vault.terminate(groupId, replicaSetId, now + 3000);
  engine.clock.nowMs = now + 4000;
  await eventually(async () => (await engine.vault.set(groupId, replicaSetId)) === undefined);
  assert.deepEqual(await engine.slices.spans(replicaSetId), []);
  await collectGroup(engine.stores, groupId, signal);
  assert.equal((await engine.blocks.use()).blocks, 0);
});
