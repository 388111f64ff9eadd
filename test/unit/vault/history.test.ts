import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'bson';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { updateRules } from '../../../src/oplog/update-rules.ts';
import { Compactor } from '../../../src/vault/compactor.ts';
import type { DocumentHistory } from '../../../src/vault/document-history.ts';
import { Folder } from '../../../src/vault/folder.ts';
import { historyOf } from '../../../src/vault/history.ts';
import { retain } from '../../../src/vault/retain.ts';
import { at, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

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
  await new Folder(engine.stores, updateRules).fold(replicaSetId, { all: false, snapshot: null, signal });
  const history = async (_id: number, limit = 100) =>
    (await engine.vault.history(groupId, replicaSetId, 'shop.orders', keyOf(_id), limit)).versions.map((version) => [
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
  const compactor = new Compactor(engine.stores, updateRules);
  for (let next = compactor.due(set)[0]; next !== undefined; next = compactor.due(set)[0])
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

/** A set with a base of one document, its newest point at 110. */
async function based(
  engine: TestEngine,
): Promise<{ source: SourceModel; fold(): Promise<unknown>; compact(): Promise<void> }> {
  const source = new SourceModel();
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.nothing(at(110));
  const documents = [{ _id: 1, n: 0 }];
  await scan(engine.vault, [{ uuid, database: 'shop', name: 'orders', documents }], at(100), at(110));
  const folder = new Folder(engine.stores, updateRules);
  const fold = async () => {
    await source.send(engine.vault);
    return folder.fold(replicaSetId, { all: true, snapshot: null, signal });
  };
  await fold();
  return {
    source,
    fold,
    async compact() {
      const [set] = engine.metadata.sets();
      if (set === undefined) throw new Error('the set is gone');
      const compactor = new Compactor(engine.stores, updateRules);
      for (let next = compactor.due(set)[0]; next !== undefined; next = compactor.due(set)[0])
        await compactor.run(set, next, signal);
    },
  };
}

const seconds = ({ versions }: DocumentHistory) => versions.map(({ optime }) => Number((optime?.ts ?? 0n) >> 32n));

test('a change and its exact reversal are found, also when the runs that held them became a new base', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 400_000 });
  const { source, fold, compact } = await based(engine);
  source.set(at(120), 'shop.orders', uuid, 1, { n: 1 });
  source.set(at(121), 'shop.orders', uuid, 1, { n: 0 });
  await fold();
  source.nothing(at(130));
  await fold();
  const history = () => engine.vault.history(groupId, replicaSetId, 'shop.orders', keyOf(1), 100);
  const before = await history();
  assert.deepEqual([seconds(before), before.exactFrom?.ts, before.cut], [[110, 120, 121], at(110), null]);
  await compact();
  const [run] = engine.metadata.collectionsAt(replicaSetId, at(130))[0]?.runs ?? [];
  assert.equal(run?.kind, 'base');
  assert.deepEqual(await history(), before);
});

test('a document of a collection that was there only between two points is found', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 400_000 });
  const { source, fold } = await based(engine);
  const brief = '22'.repeat(16);
  source.command(at(120), 'shop', { create: 'brief', idIndex: { v: 2, key: { _id: 1 }, name: '_id_' } }, brief);
  source.insert(at(121), 'shop.brief', brief, { _id: 1, n: 1 });
  source.command(at(122), 'shop', { drop: 'brief' }, brief);
  await fold();
  source.nothing(at(500));
  await fold();
  const history = await engine.vault.history(groupId, replicaSetId, 'shop.brief', keyOf(1), 100);
  assert.ok(seconds(history).includes(121), JSON.stringify(seconds(history)));
});

test('what a history leaves out, it says: a limit, no time, damaged slices', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 400_000 });
  const { source, fold } = await based(engine);
  for (let second = 120; second < 150; second += 10) {
    source.set(at(second), 'shop.orders', uuid, 1, { n: second });
    await fold();
  }
  const query = {
    ...{ namespace: 'shop.orders', key: keyOf(1), limit: 100, rules: updateRules, signal },
  };
  const [set] = engine.metadata.sets();
  if (set === undefined) throw new Error('the set is gone');
  const whole = await historyOf(engine.stores, set, query);
  assert.deepEqual([seconds(whole), whole.exactFrom?.ts, whole.cut], [[110, 120, 130, 140], at(110), null]);
  const limited = await historyOf(engine.stores, set, { ...query, limit: 2 });
  assert.deepEqual([seconds(limited), limited.exactFrom?.ts, limited.cut], [[130, 140], at(130), 'limit']);
  const late = await historyOf(engine.stores, set, { ...query, budgetMs: -1 });
  assert.deepEqual([seconds(late), late.exactFrom, late.cut], [[], null, 'time']);
  engine.slices.damage(at(130));
  const damaged = await historyOf(engine.stores, set, query);
  assert.deepEqual([seconds(damaged), damaged.exactFrom?.ts, damaged.cut], [[110, 120, 130, 140], at(130), 'damage']);
  assert.deepEqual(
    damaged.versions.map(({ exact }) => exact),
    [false, false, false, true],
  );
});
