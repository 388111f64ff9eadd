import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'bson';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { timestampText } from '../../../src/model/optime.ts';
import { updateRules } from '../../../src/oplog/update-rules.ts';
import { Compactor } from '../../../src/vault/compactor.ts';
import { Folder } from '../../../src/vault/folder.ts';
import { historyOf } from '../../../src/vault/history.ts';
import { Holds } from '../../../src/vault/holds.ts';
import { Turns } from '../../../src/vault/turns.ts';
import { Upkeep } from '../../../src/vault/upkeep-loop.ts';
import { Views } from '../../../src/vault/views.ts';
import { at, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

const uuid = '11'.repeat(16);
const hourMs = 3_600_000;
const { signal } = new AbortController();

function upkeepOf({ stores }: TestEngine) {
  const log = {
    info: () => undefined,
    warn: (message: string, fields?: object) => assert.fail(`${message} ${JSON.stringify(fields)}`),
  };
  const views = new Views(stores, updateRules);
  const folder = new Folder(stores, updateRules);
  const compactor = new Compactor(stores, updateRules);
  const holds = new Holds([]);
  const upkeep = new Upkeep({ stores, folder, compactor, views, holds, turns: new Turns(), log });
  return { views, holds, folder, upkeep };
}

/** Snapshots every six hours for five days, each after one change. */
async function fiveDays(engine: TestEngine): Promise<void> {
  const { folder } = upkeepOf(engine);
  const source = new SourceModel();
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.nothing(at(110));
  await scan(
    engine.vault,
    [{ uuid, database: 'shop', name: 'orders', documents: [{ _id: 0, n: 0 }] }],
    at(100),
    at(110),
  );
  await source.send(engine.vault);
  await folder.fold(replicaSetId, { all: false, snapshot: null, signal });
  for (let snapshot = 1; snapshot <= 20; snapshot++) {
    const seconds = 110 + snapshot * 6 * 3600;
    source.set(at(seconds), 'shop.orders', uuid, 0, { n: snapshot });
    await source.send(engine.vault);
    engine.clock.nowMs = (seconds + 1) * 1000;
    await engine.vault.takeSnapshot(groupId, replicaSetId);
  }
}

test('an active set lets go what its schedule does not keep, while a view that reads it goes on to its end', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 120_000 });
  await fiveDays(engine);
  const { views, upkeep } = upkeepOf(engine);
  // Past the days for which most of them are kept.
  engine.clock.nowMs += 4 * 24 * hourMs;
  const [initial] = await engine.vault.snapshots(groupId, replicaSetId);
  const { viewId } = await views.open(groupId, replicaSetId, { snapshotId: initial?.id ?? '' });
  const before = await engine.blocks.use();
  await upkeep.tick(signal);
  const kept = await engine.vault.snapshots(groupId, replicaSetId);
  assert.ok(kept.length < 21 && kept.length >= 3, `${kept.length} snapshots are kept`);
  assert.ok(!kept.some(({ id }) => id === initial?.id) || kept[0]?.keptAs.length !== 0);
  const chunks = await views.read(viewId, uuid, null, 1000);
  assert.equal(chunks[0]?.documents, 1);
  views.closeAll();
  engine.clock.nowMs += 2 * hourMs;
  await upkeep.tick(signal);
  assert.ok((await engine.blocks.use()).blocks < before.blocks, 'blocks were given back');
  for (const { id, optime } of kept) {
    const { viewId: again } = await engine.vault.openView(groupId, replicaSetId, { snapshotId: id });
    const [document] = await documentsOf(engine.vault, again, uuid);
    assert.equal(document?.['n'], (Number(optime.ts.split(':')[0]) - 110) / 6 / 3600);
  }
  const first = engine.slices.of(replicaSetId)[0]?.info.last.ts ?? 0n;
  assert.ok(first > at(110), `slices before ${timestampText(first)} went`);
});

test('the runs of all collections that need it are joined in one go', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 120_000 });
  const { upkeep, folder } = upkeepOf(engine);
  const source = new SourceModel();
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  source.nothing(at(110));
  const collections = Array.from({ length: 20 }, (_, index) => ({
    uuid: `${uuid.slice(0, -2)}${String(index + 10)}`,
    database: 'shop',
    name: `orders${index}`,
    documents: [{ _id: 0, n: 0 }],
  }));
  await scan(engine.vault, collections, at(100), at(110));
  await source.send(engine.vault);
  await folder.fold(replicaSetId, { all: false, snapshot: null, signal });
  for (let snapshot = 1; snapshot <= 6; snapshot++) {
    for (const [index, collection] of collections.entries()) {
      source.set(at(110 + snapshot, index + 1), `shop.${collection.name}`, collection.uuid, 0, { n: snapshot });
    }
    await source.send(engine.vault);
    engine.clock.nowMs = (111 + snapshot) * 1000;
    await engine.vault.takeSnapshot(groupId, replicaSetId);
  }
  const runs = (): readonly number[] => {
    const newest = engine.stores.metadata.newestPoint(replicaSetId);
    return engine.stores.metadata
      .collectionsAt(replicaSetId, newest?.optime.ts ?? 0n)
      .filter(({ info }) => info.database === 'shop')
      .map((collection) => collection.runs.length);
  };
  assert.deepEqual(new Set(runs()), new Set([7]));
  await upkeep.tick(signal);
  assert.equal(runs().length, 20);
  assert.deepEqual(new Set(runs()), new Set([1]));
});

test('a stopped set keeps every snapshot, however long it is stopped', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 120_000 });
  await fiveDays(engine);
  const { upkeep } = upkeepOf(engine);
  await engine.vault.stop(groupId, replicaSetId);
  engine.clock.nowMs += 400 * 24 * hourMs;
  await upkeep.tick(signal);
  assert.equal((await engine.vault.snapshots(groupId, replicaSetId)).length, 21);
});

test('a moment that was promised can be brought back until then, the others go', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 120_000 });
  await fiveDays(engine);
  const { holds, upkeep } = upkeepOf(engine);
  const open = (seconds: number) =>
    engine.vault.openView(groupId, replicaSetId, { optime: timestampText(at(seconds)) });
  // An hour before the third and the fourth snapshot.
  const promised = 110 + 18 * 3600 - 3600;
  const untilMs = engine.clock.nowMs + 5 * 24 * hourMs;
  assert.equal(
    (await engine.vault.hold(groupId, replicaSetId, { atMs: promised * 1000 }, untilMs)) >> 32n,
    BigInt(promised),
  );
  holds.add({ replicaSetId, ts: at(promised), untilMs }, engine.clock.nowMs);
  engine.clock.nowMs += 4 * 24 * hourMs;
  await upkeep.tick(signal);
  const { viewId } = await open(promised);
  assert.deepEqual(await documentsOf(engine.vault, viewId, uuid), [{ _id: 0, n: 2 }]);
  await engine.vault.closeView(viewId);
  engine.clock.nowMs = untilMs + hourMs;
  await upkeep.tick(signal);
  await assert.rejects(open(promised), { code: 'NOT_RESTORABLE' });
});

test('the history of a document is the same while snapshots and their blocks go', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 120_000 });
  await fiveDays(engine);
  const { views, upkeep } = upkeepOf(engine);
  const [set] = engine.metadata.sets();
  if (set === undefined) throw new Error('the set is gone');
  const key = documentKey(Buffer.from(BSON.serialize({ _id: 0 })));
  const query = { namespace: 'shop.orders', key, limit: 100, rules: updateRules, signal };
  const history = () => views.whileReading(() => historyOf(engine.stores, set, query));
  const before = await history();
  engine.clock.nowMs += 10 * 24 * hourMs;
  const read = engine.blocks.read.bind(engine.blocks);
  let ticking: Promise<void> | undefined;
  engine.blocks.read = async (id) => {
    // Everything that may go does so when the history reads its first block.
    if (ticking === undefined) {
      ticking = upkeep.tick(signal);
      await ticking;
    }
    return read(id);
  };
  assert.deepEqual(await history(), before);
  assert.ok(ticking !== undefined, 'nothing was let go meanwhile');
  await upkeep.tick(signal);
  assert.ok((await history()).versions.length < before.versions.length, 'it goes afterwards');
});
