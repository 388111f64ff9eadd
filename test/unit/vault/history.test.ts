import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'bson';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { applyUpdate } from '../../../src/oplog/apply-update.ts';
import { Compactor } from '../../../src/vault/compactor.ts';
import { Folder } from '../../../src/vault/folder.ts';
import { retain } from '../../../src/vault/retain.ts';
import { at, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { testEngine } from './test-engine.ts';

const uuid = '11'.repeat(16);
const signal = new AbortController().signal;
const keyOf = (_id: unknown) => documentKey(Buffer.from(BSON.serialize({ _id })));

test('the history of a document has each change with its moment, over points, renames and compaction', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 400_000 });
  const source = new SourceModel();
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.nothing(at(110));
  const documents = [
    { _id: 1, n: 0 },
    { _id: 2, n: 0 },
  ];
  await scan(engine.vault, [{ uuid, database: 'shop', name: 'orders', documents }], at(100), at(110));
  await source.send(engine.vault);
  await new Folder(engine.stores, applyUpdate).fold(replicaSetId, { all: false, snapshot: null, signal });
  const history = async (_id: number, limit = 100) =>
    (await engine.vault.history(groupId, replicaSetId, 'shop.orders', keyOf(_id), limit)).map((version) => [
      Number((version.optime?.ts ?? 0n) >> 32n),
      version.kind,
      version.exact,
      version.document === null ? null : BSON.deserialize(version.document),
    ]);
  source.set(at(120), 'shop.orders', uuid, 1, { n: 1 });
  source.set(at(121), 'shop.orders', uuid, 1, { n: 2 });
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  source.set(at(130), 'shop.orders', uuid, 2, { n: 5 });
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  source.delete(at(140), 'shop.orders', uuid, 1);
  source.insert(at(141), 'shop.orders', uuid, { _id: 1, n: 7 });
  await source.send(engine.vault);
  const whole = [
    [110, 'found', false, { _id: 1, n: 0 }],
    [120, 'update', true, { _id: 1, n: 1 }],
    [121, 'update', true, { _id: 1, n: 2 }],
    [140, 'delete', true, null],
    [141, 'insert', true, { _id: 1, n: 7 }],
  ];
  assert.deepEqual(await history(1), whole);
  assert.deepEqual(await history(1, 2), whole.slice(-2));
  assert.deepEqual(await history(2), [
    [110, 'found', false, { _id: 2, n: 0 }],
    [130, 'update', true, { _id: 2, n: 5 }],
  ]);
  assert.deepEqual(await history(3), [[110, 'missing', false, null]]);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  const [set] = engine.metadata.sets();
  if (set === undefined) throw new Error('the set is gone');
  const compactor = new Compactor(engine.stores, applyUpdate);
  for (let next = compactor.next(set); next !== undefined; next = compactor.next(set))
    await compactor.run(set, next, signal);
  assert.deepEqual(await history(1), whole);
  // Two days later the slices are gone; the snapshots are not.
  engine.clock.nowMs = 130_000 + 26 * 3_600_000;
  await retain(engine.stores, set, new Set());
  assert.deepEqual(
    (await history(1)).map(([, kind, exact]) => [kind, exact]),
    [
      ['found', false],
      ['found', false],
      ['found', false],
    ],
  );
});
