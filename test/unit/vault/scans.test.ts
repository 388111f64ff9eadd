import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampText } from '../../../src/model/optime.ts';
import { eventually } from '../../support/eventually.ts';
import { fold, orders, protectedOrders } from './protected-orders.ts';
import { at, type Doc, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

const hidden = { uuid: '33'.repeat(16), database: 'secret', name: 'papers' };
const documents = [1, 2, 3].map((id) => ({ _id: id, n: 0 }));

async function readAt(engine: TestEngine, ts: bigint): Promise<Record<string, Doc[]>> {
  const { viewId, view } = await engine.vault.openView(groupId, replicaSetId, { optime: timestampText(ts) });
  const found: Record<string, Doc[]> = {};
  for (const { info } of view.collections) {
    found[`${info.database}.${info.name}`] = await documentsOf(engine.vault, viewId, info.uuid);
  }
  await engine.vault.closeView(viewId);
  return found;
}

const protectedSet = (engine: TestEngine, filter = settings.filter) => protectedOrders(engine, documents, filter);

test('a resync while capture goes on takes the place of what was there, and the past stays', async () => {
  await using engine = testEngine({ automatic: false });
  const source = await protectedSet(engine);
  source.set(at(120), 'shop.orders', orders.uuid, 1, { n: 1 });
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  await engine.vault.requestScan(groupId, replicaSetId, 'resync');
  const state = await engine.vault.set(groupId, replicaSetId);
  assert.equal(state?.scan?.kind, 'resync');
  assert.equal(state?.checkpoint?.ts, at(120), 'capture goes on where it is');
  // What the scan reads is of some moment between 125 and 140; the source had a document that the store had lost.
  source.set(at(130), 'shop.orders', orders.uuid, 2, { n: 2 });
  source.insert(at(135), 'shop.orders', orders.uuid, { _id: 9, n: 9 });
  source.nothing(at(140));
  const seen = [
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
    { _id: 3, n: 0 },
    { _id: 4, n: 4 },
  ];
  await scan(engine.vault, [{ ...orders, documents: seen }], at(125), at(140));
  source.set(at(150), 'shop.orders', orders.uuid, 4, { n: 5 });
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  const now = [
    { _id: 1, n: 1 },
    { _id: 2, n: 2 },
    { _id: 3, n: 0 },
    { _id: 4, n: 5 },
    { _id: 9, n: 9 },
  ];
  assert.deepEqual(await readAt(engine, at(150)), { 'shop.orders': now });
  source.delete(at(160), 'shop.orders', orders.uuid, 4);
  await source.send(engine.vault);
  assert.deepEqual(await readAt(engine, at(160)), { 'shop.orders': now.filter(({ _id }) => _id !== 4) });
  assert.deepEqual(await readAt(engine, at(120)), { 'shop.orders': [{ _id: 1, n: 1 }, documents[1], documents[2]] });
});

test('a lost place: what was there stays, the resync begins anew, between them is a hole', async () => {
  await using engine = testEngine({ automatic: false });
  await protectedSet(engine);
  await engine.vault.markLost(groupId, replicaSetId, 'PLACE_LOST', 'the oplog begins at 400:1');
  assert.equal((await engine.vault.set(groupId, replicaSetId))?.lost?.code, 'PLACE_LOST');
  await engine.vault.requestScan(groupId, replicaSetId, 'resync');
  const lost = await engine.vault.set(groupId, replicaSetId);
  assert.equal(lost?.lost, null);
  assert.equal(lost?.checkpoint, null, 'the capture begins anew');
  const anew = new SourceModel();
  anew.nothing(at(500));
  anew.insert(at(505), 'shop.orders', orders.uuid, { _id: 7, n: 7 });
  anew.nothing(at(510));
  await scan(engine.vault, [{ ...orders, documents: [{ _id: 1, n: 3 }] }], at(500), at(510));
  assert.equal((await engine.vault.set(groupId, replicaSetId))?.checkpoint, null, 'the capture begins anew');
  await anew.send(engine.vault);
  assert.equal((await engine.vault.set(groupId, replicaSetId))?.checkpoint?.ts, at(510));
  await fold(engine);
  assert.deepEqual(await readAt(engine, at(510)), {
    'shop.orders': [
      { _id: 1, n: 3 },
      { _id: 7, n: 7 },
    ],
  });
  assert.deepEqual(await readAt(engine, at(110)), { 'shop.orders': documents });
  await assert.rejects(readAt(engine, at(300)), { code: 'NOT_RESTORABLE' });
  await assert.rejects(readAt(engine, at(505)), { code: 'NOT_RESTORABLE' }, 'before the end of the scan');
  const { spans, holes } = await engine.vault.timeline(groupId, replicaSetId);
  assert.deepEqual(spans, [
    { fromMs: 110_000, untilMs: 110_000 },
    { fromMs: 510_000, untilMs: 510_000 },
  ]);
  assert.deepEqual(
    holes.map(({ fromMs, untilMs }) => [fromMs, untilMs]),
    [[110_000, 510_000]],
  );
});

test('a collection that is renamed into view is copied alone, and not shown before', async () => {
  await using engine = testEngine({ automatic: false });
  const source = await protectedSet(engine, { include: [], exclude: ['secret.*'] });
  source.insert(at(115), 'secret.papers', hidden.uuid, { _id: 1, text: 'a' });
  source.command(
    at(120),
    'secret',
    { renameCollection: 'secret.papers', to: 'shop.papers', stayTemp: false },
    hidden.uuid,
  );
  source.nothing(at(121));
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  assert.deepEqual(Object.keys(await readAt(engine, at(121))), ['shop.orders']);
  const wanted = (await engine.vault.set(groupId, replicaSetId))?.scan;
  assert.deepEqual([wanted?.kind, wanted?.only], ['collections', [hidden.uuid]]);
  source.nothing(at(130));
  source.set(at(133), 'shop.papers', hidden.uuid, 1, { text: 'b' });
  source.insert(at(134), 'shop.papers', hidden.uuid, { _id: 2, text: 'c' });
  source.set(at(135), 'shop.orders', orders.uuid, 3, { n: 3 });
  source.nothing(at(140));
  await scan(engine.vault, [{ ...hidden, database: 'shop', documents: [{ _id: 1, text: 'b' }] }], at(130), at(140));
  source.insert(at(150), 'shop.papers', hidden.uuid, { _id: 3, text: 'd' });
  await source.send(engine.vault);
  await fold(engine);
  const expected = {
    'shop.orders': [documents[0], documents[1], { _id: 3, n: 3 }],
    'shop.papers': [
      { _id: 1, text: 'b' },
      { _id: 2, text: 'c' },
      { _id: 3, text: 'd' },
    ],
  };
  assert.deepEqual(await readAt(engine, at(150)), expected);
  source.delete(at(160), 'shop.papers', hidden.uuid, 1);
  await source.send(engine.vault);
  assert.deepEqual((await readAt(engine, at(160)))['shop.papers'], expected['shop.papers'].slice(1));
});

test('what is excluded later goes, what is included later is copied alone', async () => {
  await using engine = testEngine({ automatic: true });
  const source = await protectedSet(engine);
  source.nothing(at(120));
  await source.send(engine.vault);
  await engine.vault.configure(groupId, replicaSetId, {
    ...settings,
    filter: { include: [], exclude: ['shop.orders'] },
  });
  source.set(at(125), 'shop.orders', orders.uuid, 1, { n: 1 });
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  assert.deepEqual(await readAt(engine, at(125)), {});
  assert.deepEqual(await readAt(engine, at(110)), { 'shop.orders': documents }, 'the past stays');
  assert.deepEqual(await readAt(engine, at(120)), { 'shop.orders': documents }, 'between two points as well');
  await engine.vault.configure(groupId, replicaSetId, settings);
  const wanted = await eventually(async () => (await engine.vault.set(groupId, replicaSetId))?.scan ?? undefined);
  assert.deepEqual([wanted.kind, wanted.only], ['collections', null]);
  source.nothing(at(130));
  source.nothing(at(140));
  await source.send(engine.vault);
  await scan(engine.vault, [{ ...orders, documents: [{ _id: 1, n: 1 }] }], at(130), at(140));
  source.insert(at(150), 'shop.orders', orders.uuid, { _id: 5, n: 5 });
  await source.send(engine.vault);
  await eventually(async () => (await readAt(engine, at(150)))['shop.orders'] !== undefined);
  assert.deepEqual(await readAt(engine, at(150)), {
    'shop.orders': [
      { _id: 1, n: 1 },
      { _id: 5, n: 5 },
    ],
  });
});
