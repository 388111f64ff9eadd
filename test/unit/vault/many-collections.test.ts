import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON } from 'bson';
import { timestampText } from '../../../src/model/optime.ts';
import { at, groupId, piece, replicaSetId, SourceModel, settings } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

const many = 300;
const uuids = Array.from({ length: many }, (_, index) => index.toString(16).padStart(32, '0'));
const documentsOf = (uuid: string) => [1, 2, 3].map((_id) => ({ _id, of: uuid }));
const empty = Buffer.from(BSON.serialize({})).toString('base64');

/** A scan of many small collections, planned; its pieces as one envelope. */
async function planned({ vault }: TestEngine) {
  await vault.start(groupId, replicaSetId, 'rs0', settings);
  const { scanId = '' } = (await vault.set(groupId, replicaSetId))?.scan ?? {};
  const request = { replicaSetId, epoch: 1, scanId };
  await vault.beginScan(groupId, { ...request, from: { ts: timestampText(at(100)), term: 1 } });
  await vault.planScan(groupId, {
    ...request,
    collections: uuids.map((uuid) => ({
      ...{ uuid, database: 'many', name: `c${uuid}`, type: 'collection' as const, capped: false, temporary: false },
      ...{ options: empty, indexes: [], documents: 3, bytes: 150 },
    })),
    parts: uuids.map((uuid) => ({ uuid, part: 0, order: 'id' as const, lower: null, upper: null })),
    last: true,
  });
  const blockKey = await vault.blockKey(groupId);
  const pieces = uuids.map((uuid) => piece({ uuid, documents: documentsOf(uuid) }, blockKey));
  return { request, head: pieces.map(({ head }) => head), bytes: Buffer.concat(pieces.map((one) => one.bytes)) };
}

test('many small collections in one envelope are one transaction and one sync; so are their runs', async () => {
  await using engine = testEngine({ automatic: false });
  const { request, head, bytes } = await planned(engine);
  engine.count.commits = 0;
  await engine.vault.addBlocks(groupId, { ...request, pieces: head }, bytes);
  // Blocks in memory take no transaction of their own: in the store it is theirs.
  assert.deepEqual([engine.blocks.puts, engine.count.commits], [1, 1]);
  const source = new SourceModel();
  for (const [index, uuid] of uuids.entries()) {
    source.set(at(100 + index), `many.c${uuid}`, uuid, 2, { changed: index });
  }
  await source.send(engine.vault);
  await engine.vault.finishScan(groupId, { ...request, until: { ts: timestampText(at(100)), term: 1 } });
  engine.count.commits = 0;
  engine.blocks.puts = 0;
  await engine.vault.takeSnapshot(groupId, replicaSetId);
  assert.ok(engine.blocks.puts <= 6, `${engine.blocks.puts} puts for a base and a delta of ${many} collections`);
  assert.ok(engine.count.commits <= 12, `${engine.count.commits} transactions`);
});

test('how far a scan is, is told of at most 200 collections, those under way and those that wait first', async () => {
  await using engine = testEngine({ automatic: false });
  const { request, head } = await planned(engine);
  const progress = async () => (await engine.vault.set(groupId, replicaSetId))?.scanProgress;
  assert.equal((await progress())?.collections.length, 200);
  const blockKey = await engine.vault.blockKey(groupId);
  const send = async (of: typeof head, change: object = {}): Promise<void> => {
    const made = of.map(({ uuid }) => piece({ uuid, documents: documentsOf(uuid) }, blockKey));
    const pieces = made.map((one) => ({ ...one.head, ...change }));
    await engine.vault.addBlocks(groupId, { ...request, pieces }, Buffer.concat(made.map(({ bytes }) => bytes)));
  };
  await send(head.slice(0, 250));
  await send(head.slice(260, 261), { done: false });
  for (const restarted of [false, true]) {
    if (restarted) await engine.restart();
    const now = await progress();
    assert.deepEqual([now?.allCollections, now?.doneCollections, now?.documents], [many, 250, 753]);
    assert.deepEqual(
      now?.collections.slice(0, 2).map(({ documents, done }) => [documents, done]),
      [
        [3, false],
        [0, false],
      ],
    );
    assert.equal(now?.collections.filter(({ done }) => done).length, 150);
  }
  await send(head.slice(260, 261), { number: 1, restart: true });
  const { documents, doneCollections } = (await progress()) ?? {};
  assert.deepEqual([documents, doneCollections], [753, 251], 'a part that began anew counts once');
});
