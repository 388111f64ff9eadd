import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { Long, Timestamp } from 'bson';
import { timestampText } from '../../../src/model/optime.ts';
import { at, groupId, replicaSetId, SourceModel, scan, settings } from './source-model.ts';
import { testEngine } from './test-engine.ts';

const uuid = '11'.repeat(16);
const entries = 6;
const inEach = 8;

/** Entries of one transaction that insert documents of half a megabyte, in the reverse order of their keys. */
function transact(source: SourceModel, seconds: number): void {
  const lsid = { id: source.uuid('22'.repeat(16)), uid: Buffer.alloc(32) };
  for (let entry = 0; entry < entries; entry++) {
    const applyOps = Array.from({ length: inEach }, (_, index) => ({
      ...{ op: 'i', ns: 'shop.orders', ui: source.uuid(uuid) },
      o: { _id: 1000 - entry * inEach - index, noise: randomBytes(2 ** 19) },
    }));
    const last = entry === entries - 1;
    source.push(at(seconds, entry + 1), {
      ...{ lsid, txnNumber: Long.fromNumber(1), op: 'c', ns: 'admin.$cmd' },
      o: { applyOps, ...(last ? { count: Long.fromNumber(entries * inEach) } : { partialTxn: true }) },
      prevOpTime: {
        ts: new Timestamp({ t: entry === 0 ? 0 : seconds, i: entry }),
        t: Long.fromNumber(entry === 0 ? -1 : 1),
      },
    });
  }
}

test('a transaction that is larger than what is held becomes runs as it is read, and no point lies inside of it', async () => {
  await using engine = testEngine({ automatic: false, nowMs: 400_000, heldBytes: 4 * 2 ** 20 });
  const { vault, metadata } = engine;
  await vault.start(groupId, replicaSetId, 'rs0', settings);
  const source = new SourceModel();
  source.nothing(at(100));
  source.nothing(at(110));
  await scan(vault, [{ uuid, database: 'shop', name: 'orders', documents: [{ _id: 1 }] }], at(100), at(105));
  transact(source, 200);
  source.nothing(at(300));
  // Each entry comes in a slice of its own, and a snapshot is asked for when most of them are here.
  const all = source.entries.splice(0);
  for (const [index, one] of all.entries()) {
    source.entries.push(one);
    await source.send(vault);
    if (index === all.length - 3) await vault.takeSnapshot(groupId, replicaSetId);
  }
  await vault.takeSnapshot(groupId, replicaSetId);
  const inside = metadata
    .points(replicaSetId)
    .filter(({ optime }) => optime.ts > at(200, 3) && optime.ts < at(200, entries));
  assert.deepEqual(inside, []);
  const [orders] = metadata.collectionsAt(replicaSetId, at(300));
  assert.ok((orders?.runs.length ?? 0) > 3, `${orders?.runs.length} runs`);
  for (const [moment, documents] of [
    [at(200, entries - 1), 1],
    [at(200, entries), 1 + entries * inEach],
    [at(300), 1 + entries * inEach],
  ] as const) {
    const { viewId } = await vault.openView(groupId, replicaSetId, { optime: timestampText(moment) });
    let found = 0;
    for (let after: Buffer | null = null; ; ) {
      const chunks = await vault.readView(viewId, uuid, after, 2 ** 22);
      for (const chunk of chunks) found += chunk.documents;
      after = chunks.at(-1)?.lastKey ?? null;
      if (after === null) break;
    }
    assert.equal(found, documents, timestampText(moment));
    await vault.closeView(viewId);
  }
});
