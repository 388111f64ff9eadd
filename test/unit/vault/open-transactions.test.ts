import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, Long, Timestamp } from 'bson';
import { timestampText } from '../../../src/model/optime.ts';
import { retain } from '../../../src/vault/retain.ts';
import {
  fold,
  orders,
  protectedOrders as protectedSet,
  readOrders as readAt,
  ordersUuid as uuid,
} from './protected-orders.ts';
import { at, groupId, replicaSetId, type SourceModel, scan } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

const pointsOf = (engine: TestEngine) => engine.metadata.points(replicaSetId).map(({ optime }) => optime.ts);

const session = { lsid: { id: new BSON.UUID('0123456789abcdef0123456789abcdef') }, txnNumber: Long.fromNumber(1) };
const noPlace = { ts: new Timestamp(0n), t: Long.fromNumber(-1) };

function prepare(source: SourceModel, ts: bigint, _id: number, by = session): void {
  const operation = { op: 'i', ns: 'shop.orders', ui: source.uuid(uuid), o: { _id }, o2: { _id } };
  source.push(ts, {
    op: 'c',
    ns: 'admin.$cmd',
    ...by,
    o: { applyOps: [operation], prepare: true },
    prevOpTime: noPlace,
  });
}

function commit(source: SourceModel, ts: bigint, prepared: bigint, commitTimestamp: bigint, by = session): void {
  const previous = { ts: new Timestamp(prepared), t: Long.fromNumber(1) };
  const o = { commitTransaction: 1, commitTimestamp: new Timestamp(commitTimestamp) };
  source.push(ts, { op: 'c', ns: 'admin.$cmd', ...by, o, prevOpTime: previous });
}

test('a prepared transaction is visible from its commit timestamp on, wherever its commit entry stands', async () => {
  await using engine = testEngine({ automatic: false });
  const source = await protectedSet(engine);
  prepare(source, at(120), 1);
  source.insert(at(130), 'shop.orders', uuid, { _id: 2 });
  await source.send(engine.vault);
  // Nothing may end where a transaction is prepared: the point lies before it.
  await fold(engine);
  assert.equal(engine.metadata.newestPoint(replicaSetId)?.optime.ts, at(110));
  await assert.rejects(readAt(engine, at(125)), {
    code: 'NOT_RESTORABLE',
    message: /prepared at or before 125:1 is not resolved/,
  });
  assert.deepEqual(await readAt(engine, at(119)), []);
  source.insert(at(140), 'shop.orders', uuid, { _id: 3 });
  commit(source, at(150), at(120), at(125));
  source.nothing(at(160));
  await source.send(engine.vault);
  assert.deepEqual(await readAt(engine, at(124)), []);
  assert.deepEqual(await readAt(engine, at(125)), [{ _id: 1 }]);
  assert.deepEqual(await readAt(engine, at(130)), [{ _id: 1 }, { _id: 2 }]);
  const taken = await engine.vault.takeSnapshot(groupId, replicaSetId);
  assert.equal(taken.optime.ts, '160:1');
  assert.deepEqual(await readAt(engine, at(160)), [{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
});

test('while a transaction is open, the point before it stays, with the slices since then', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 10_000_000 });
  const source = await protectedSet(engine);
  const operation = (_id: number) => ({ op: 'i', ns: 'shop.orders', ui: source.uuid(uuid), o: { _id }, o2: { _id } });
  source.push(at(120), {
    op: 'c',
    ns: 'admin.$cmd',
    ...session,
    o: { applyOps: [operation(1)], partialTxn: true },
    prevOpTime: noPlace,
  });
  source.nothing(at(130));
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  const [set] = engine.metadata.sets();
  if (set === undefined) throw new Error('the set is gone');
  engine.clock.nowMs = at130Plus25Hours;
  await retain(engine.stores, set, new Set());
  assert.equal(engine.metadata.newestPoint(replicaSetId)?.optime.ts, at(110));
  assert.equal(engine.slices.of(replicaSetId)[0]?.info.last.ts, at(110), 'nothing went that is needed');
  const previous = { ts: new Timestamp(at(120)), t: Long.fromNumber(1) };
  source.push(at(140), {
    op: 'c',
    ns: 'admin.$cmd',
    ...session,
    o: { applyOps: [operation(2)], count: Long.fromNumber(2) },
    prevOpTime: previous,
  });
  await source.send(engine.vault);
  assert.deepEqual(await readAt(engine, at(130)), []);
  assert.deepEqual(await readAt(engine, at(140)), [{ _id: 1 }, { _id: 2 }]);
});
const at130Plus25Hours = 130_000 + 25 * 3_600_000;

/** Of another session for each number. */
function sessionOf(number: number) {
  const id = new BSON.UUID(number.toString(16).padStart(32, '0'));
  return { lsid: { id }, txnNumber: Long.fromNumber(1) };
}

/** Slices of three entries: the commit of the transaction before, an insert, and what prepares the next one. */
async function sendOverlapping(engine: TestEngine, source: SourceModel, rounds: number, body: Buffer): Promise<void> {
  for (let round = 1; round <= rounds; round++) {
    const seconds = 200 + 10 * round;
    if (round === 1) source.nothing(at(seconds));
    else commit(source, at(seconds), at(seconds - 8), at(seconds - 8), sessionOf(round - 1));
    source.insert(at(seconds + 1), 'shop.orders', uuid, { _id: -round, body });
    prepare(source, at(seconds + 2), round, sessionOf(round));
  }
  const { head, frames } = source.slices(3);
  assert.deepEqual(
    head.slices.map(({ last }) => last.ts),
    Array.from({ length: rounds }, (_, round) => timestampText(at(200 + 10 * (round + 1) + 2))),
  );
  await engine.vault.appendSlices(groupId, head, frames);
}

test('where a transaction is open at the end of every slice, points lie between two entries', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 1_000_000 });
  const source = await protectedSet(engine);
  await sendOverlapping(engine, source, 4, Buffer.alloc(1));
  await fold(engine);
  assert.equal(pointsOf(engine).at(-1), at(241), 'before the one that is open');
  const ids = (await readAt(engine, at(241))).map(({ _id }) => _id);
  assert.deepEqual(ids, [-4, -3, -2, -1, 1, 2, 3]);
});

test('a fold of much oplog ends at the first good place, also inside of a slice', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 1_000_000 });
  const source = await protectedSet(engine);
  await sendOverlapping(engine, source, 9, Buffer.alloc(9 * 2 ** 20));
  await fold(engine, false);
  const inside = pointsOf(engine).filter((ts) => ts > at(200));
  assert.equal(inside.length, 1, inside.map(timestampText).join());
  assert.equal((Number((inside[0] ?? 0n) >> 32n) - 200) % 10, 0, 'right after a commit');
  await fold(engine);
  assert.equal(pointsOf(engine).at(-1), at(291));
  for (const ts of [inside[0] ?? 0n, at(291)]) {
    const seen = (await readAt(engine, ts)).length;
    const rounds = Math.floor((Number(ts >> 32n) - 200) / 10);
    assert.equal(seen, rounds - 1 + (ts === at(291) ? rounds : rounds - 1), timestampText(ts));
  }
});

test('a transaction that is prepared where a resync ends is there once', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 1_000_000 });
  const source = await protectedSet(engine);
  source.insert(at(120), 'shop.orders', uuid, { _id: 1 });
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  await engine.vault.requestScan(groupId, replicaSetId, 'resync');
  await scan(engine.vault, [{ ...orders, documents: [{ _id: 1 }, { _id: 7 }] }], at(115), at(140));
  prepare(source, at(130), 2, sessionOf(1));
  source.nothing(at(140));
  source.set(at(145), 'shop.orders', uuid, 1, { n: 1 });
  commit(source, at(150), at(130), at(130), sessionOf(1));
  source.set(at(160), 'shop.orders', uuid, 2, { n: 2 });
  await source.send(engine.vault);
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  assert.deepEqual(await readAt(engine, at(160)), [{ _id: 1, n: 1 }, { _id: 2, n: 2 }, { _id: 7 }]);
});
