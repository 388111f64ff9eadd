import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timestampText } from '../../../src/model/optime.ts';
import { eventually } from '../../support/eventually.ts';
import { at, documentsOf, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

const uuid = '11'.repeat(16);
const ns = 'shop.orders';
const orders = { uuid, database: 'shop', name: 'orders' };

async function view(engine: TestEngine, moment: { optime: string } | { snapshotId: string } | { atMs: number }) {
  const opened = await engine.vault.openView(groupId, replicaSetId, moment);
  const documents = await documentsOf(engine.vault, opened.viewId, uuid);
  await engine.vault.closeView(opened.viewId);
  return { optime: opened.view.optime.ts, documents };
}

test('what was scanned and what the oplog says since come back at every moment', async () => {
  await using engine = testEngine();
  const source = new SourceModel();
  const base = Array.from({ length: 200 }, (_, index) => ({ _id: index, n: 0 }));
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  source.nothing(at(100));
  // Before the scan's end: what the scan saw already, and what it never saw.
  source.insert(at(101), ns, uuid, { _id: 5, n: 0 });
  source.set(at(102), ns, uuid, 9999, { n: 1 });
  source.nothing(at(110));
  await scan(engine.vault, [{ ...orders, documents: base }], at(100), at(110));
  await source.send(engine.vault);
  await eventually(async () => (await engine.vault.snapshots(groupId, replicaSetId)).length === 1);
  const [initial] = await engine.vault.snapshots(groupId, replicaSetId);
  assert.equal(initial?.reason, 'initial');
  assert.equal(initial?.optime.ts, timestampText(at(110)));
  assert.deepEqual((await view(engine, { snapshotId: initial?.id ?? '' })).documents, base);

  source.set(at(120), ns, uuid, 7, { n: 1 });
  source.delete(at(121), ns, uuid, 8);
  source.insert(at(122), ns, uuid, { _id: 1000, n: 5 });
  source.set(at(123), ns, uuid, 1000, { n: 6 });
  source.nothing(at(130));
  await source.send(engine.vault);
  const of = async (ts: bigint) =>
    new Map((await view(engine, { optime: timestampText(ts) })).documents.map((d) => [d['_id'], d['n']]));
  assert.equal((await of(at(119, 9))).get(7), 0);
  assert.equal((await of(at(120))).get(7), 1);
  assert.equal((await of(at(120))).has(8), true);
  assert.equal((await of(at(121))).has(8), false);
  assert.equal((await of(at(122))).get(1000), 5);
  assert.equal((await of(at(123))).get(1000), 6);
  assert.equal((await of(at(130))).size, 200);
  assert.equal((await view(engine, { atMs: 121_000 })).documents.length, 199);

  const taken = await engine.vault.takeSnapshot(groupId, replicaSetId);
  assert.equal(taken.optime.ts, timestampText(at(130)));
  await engine.restart();
  assert.equal((await of(at(130))).get(1000), 6);
  assert.equal((await of(at(122))).get(1000), 5);
  const set = await engine.vault.set(groupId, replicaSetId);
  assert.equal(set?.restorable?.from.ts, at(110));
  assert.equal(set?.restorable?.until.ts, at(130));
  await assert.rejects(view(engine, { optime: timestampText(at(109)) }), { code: 'NOT_RESTORABLE' });
  await assert.rejects(view(engine, { optime: timestampText(at(131)) }), {
    code: 'NOT_RESTORABLE',
    message: /any second from 110:1 to 130:1/,
  });
});
