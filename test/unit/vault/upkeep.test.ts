import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampText } from '../../../src/model/optime.ts';
import { applyUpdate } from '../../../src/oplog/apply-update.ts';
import { Compactor } from '../../../src/vault/compactor.ts';
import { Folder } from '../../../src/vault/folder.ts';
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
  const views = new Views(stores, applyUpdate);
  const folder = new Folder(stores, applyUpdate);
  const compactor = new Compactor(stores, applyUpdate);
  const upkeep = new Upkeep({ stores, folder, compactor, views, turns: new Turns(), log });
  return { views, folder, upkeep };
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

test('a stopped set keeps every snapshot, however long it is stopped', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 120_000 });
  await fiveDays(engine);
  const { upkeep } = upkeepOf(engine);
  await engine.vault.stop(groupId, replicaSetId);
  engine.clock.nowMs += 400 * 24 * hourMs;
  await upkeep.tick(signal);
  assert.equal((await engine.vault.snapshots(groupId, replicaSetId)).length, 21);
});
