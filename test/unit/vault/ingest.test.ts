import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packContent } from '../../../src/blocks/block-codec.ts';
import { BlockCutter } from '../../../src/blocks/block-cutter.ts';
import type { AppError } from '../../../src/runtime/errors.ts';
import type { BlocksHead, SlicesHead } from '../../../src/wire/backup-messages.ts';
import { at, describeBlock, groupId, piece, replicaSetId, SourceModel, settings } from './source-model.ts';
import { type TestEngine, testEngine } from './test-engine.ts';

const uuid = '11'.repeat(16);
const empty = Buffer.from([5, 0, 0, 0, 0]).toString('base64');
const documents = Array.from({ length: 100 }, (_, _id) => ({ _id, text: 'x'.repeat(40) }));
type Changeable<T> = { -readonly [K in keyof T]: Changeable<T[K]> };

async function begun(engine: TestEngine, parts = 1) {
  await engine.vault.start(groupId, replicaSetId, 'rs0', settings);
  const scanId = (await engine.vault.set(groupId, replicaSetId))?.scan?.scanId ?? '';
  const request = { replicaSetId, epoch: 1, scanId };
  await engine.vault.beginScan(groupId, { ...request, from: { ts: '100:1', term: 1 } });
  await engine.vault.planScan(groupId, {
    ...request,
    collections: [
      {
        ...{ uuid, database: 'shop', name: 'orders', type: 'collection', options: empty, indexes: [] },
        ...{ capped: false, temporary: false, documents: 100, bytes: 5000 },
      },
    ],
    parts: Array.from({ length: parts }, (_, part) => ({ uuid, part, order: 'id' as const, lower: null, upper: null })),
    last: true,
  });
  const made = piece({ uuid, documents }, await engine.vault.blockKey(groupId));
  const head: Changeable<BlocksHead> = { ...request, pieces: [made.head] };
  return { request, head, bytes: made.bytes };
}

const lies: Readonly<
  Record<string, (head: Changeable<BlocksHead>, bytes: Buffer) => { code: string; message: RegExp }>
> = {
  'another hash': (_head, bytes) => {
    const block = packContent(Buffer.from('LWB\x01', 'latin1'), 1);
    block.copy(bytes);
    return { code: 'FORMAT_INVALID', message: /block/ };
  },
  'a flipped bit': (_head, bytes) => {
    bytes[40] = (bytes[40] ?? 0) ^ 4;
    return { code: 'FORMAT_INVALID', message: /block/ };
  },
  'another first key': (head) => {
    for (const one of head.pieces[0]?.blocks.slice(0, 1) ?? []) one.firstKey = 'AAAA';
    return { code: 'FORMAT_INVALID', message: /its first key is another one/ };
  },
  'another last key': (head) => {
    for (const one of head.pieces[0]?.blocks.slice(0, 1) ?? []) one.lastKey = 'AAAA';
    return { code: 'FORMAT_INVALID', message: /its last key is another one/ };
  },
  'another count': (head) => {
    for (const one of head.pieces[0]?.blocks.slice(0, 1) ?? []) one.count++;
    return { code: 'FORMAT_INVALID', message: /entries, not/ };
  },
  'blocks out of order': (head, bytes) => {
    const blocks = head.pieces[0]?.blocks ?? [];
    const [one, other] = blocks;
    if (one === undefined || other === undefined) throw new Error('there are too few blocks');
    blocks.splice(0, 2, other, one);
    const both = Buffer.concat([bytes.subarray(one.length, one.length + other.length), bytes.subarray(0, one.length)]);
    both.copy(bytes);
    return { code: 'FORMAT_INVALID', message: /not above those of the block before/ };
  },
  'a block that is not here': (head) => {
    for (const one of head.pieces[0]?.blocks ?? []) one.length = 0;
    return { code: 'CONFLICT', message: /without its bytes/ };
  },
  'a piece that is not its turn': (head) => {
    for (const one of head.pieces) one.number = 3;
    return { code: 'CONFLICT', message: /piece 3 came, piece 0 is awaited/ };
  },
  'another scan': (head) => {
    head.scanId = 'other';
    return { code: 'NOT_FOUND', message: /no open scan/ };
  },
  'a part that was not planned': (head) => {
    for (const one of head.pieces) one.part = 8;
    return { code: 'INPUT_INVALID', message: /no part 8/ };
  },
};

for (const [what, lie] of Object.entries(lies)) {
  test(`an envelope of blocks that claims ${what} is refused and changes nothing`, async () => {
    await using engine = testEngine({ automatic: false });
    const { head, bytes } = await begun(engine);
    const told = structuredClone(head);
    const sent = Buffer.from(bytes);
    const refusal = lie(told, sent);
    const cut = told.pieces[0]?.blocks.every(({ length }) => length === 0) === true ? Buffer.alloc(0) : sent;
    await assert.rejects(engine.vault.addBlocks(groupId, told, cut), refusal);
    const before = (await engine.vault.scanState(groupId, replicaSetId))?.parts[0];
    assert.deepEqual([before?.next, before?.documents], [0, 0]);
    await engine.vault.addBlocks(groupId, head, bytes);
    assert.equal((await engine.vault.scanState(groupId, replicaSetId))?.parts[0]?.documents, 100);
  });
}

test('a block of a scan holds documents alone', async () => {
  await using engine = testEngine({ automatic: false });
  const { request } = await begun(engine);
  const cutter = new BlockCutter({ groupKey: await engine.vault.blockKey(groupId) });
  cutter.addEntry({ kind: 'delete', key: Buffer.from('2840', 'hex') });
  const block = cutter.finish();
  if (block === undefined) throw new Error('there is no block');
  const described = { ...describeBlock(block), run: 0 };
  const pieces = [
    { uuid, part: 0, number: 0, restart: false, after: null, done: true, documents: 1, bytes: 9, blocks: [described] },
  ];
  await assert.rejects(engine.vault.addBlocks(groupId, { ...request, pieces }, block.stored), {
    code: 'FORMAT_INVALID',
    message: /documents alone/,
  });
});

test('a piece that is sent again is acknowledged once, one that begins anew takes the place of the part', async () => {
  await using engine = testEngine({ automatic: false });
  const { request, head, bytes } = await begun(engine);
  for (let again = 0; again < 2; again++) await engine.vault.addBlocks(groupId, head, bytes);
  assert.equal((await engine.vault.scanState(groupId, replicaSetId))?.parts[0]?.documents, 100);
  const fresh = piece({ uuid, documents: documents.slice(0, 50) }, await engine.vault.blockKey(groupId));
  const pieces = [{ ...fresh.head, number: 1, restart: true }];
  await engine.vault.addBlocks(groupId, { ...request, pieces }, fresh.bytes);
  assert.equal((await engine.vault.scanState(groupId, replicaSetId))?.parts[0]?.documents, 50);
  const ids = fresh.head.blocks.map(({ id }) => id);
  assert.deepEqual(await engine.vault.have(groupId, { ...request, ids: [...ids, '00'.repeat(32)] }), [
    ...ids.map(() => true),
    false,
  ]);
});

test('parts that overlap are noticed before the scan ends', async () => {
  await using engine = testEngine({ automatic: false });
  const { request, head, bytes } = await begun(engine, 2);
  await engine.vault.addBlocks(groupId, head, bytes);
  const finish = () => engine.vault.finishScan(groupId, { ...request, until: { ts: '110:1', term: 1 } });
  await assert.rejects(finish(), { code: 'CONFLICT', message: /part 1 .* is not done/ });
  const other = piece(
    { uuid, documents: documents.slice(90).concat({ _id: 200, text: '' }) },
    await engine.vault.blockKey(groupId),
  );
  await engine.vault.addBlocks(groupId, { ...request, pieces: [{ ...other.head, part: 1 }] }, other.bytes);
  await assert.rejects(finish(), { code: 'FORMAT_INVALID', message: /parts of shop.orders overlap/ });
});

const wrongSlices: Readonly<Record<string, (head: Changeable<SlicesHead>) => { code: string; message: RegExp }>> = {
  'a hole': (head) => {
    head.slices.splice(0, 1);
    return { code: 'SLICE_GAP', message: /does not go on/ };
  },
  'another chain': (head) => {
    for (const one of head.slices) one.chain = '00'.repeat(32);
    return { code: 'SLICE_GAP', message: /chain/ };
  },
  'another hash': (head) => {
    for (const one of head.slices) one.hash = '00'.repeat(32);
    return { code: 'FORMAT_INVALID', message: /hash/ };
  },
  'other entries': (head) => {
    for (const one of head.slices) one.entries++;
    return { code: 'FORMAT_INVALID', message: /entries, not/ };
  },
  'another end': (head) => {
    for (const one of head.slices) one.last.ts = '190:1';
    return { code: 'FORMAT_INVALID', message: /its last entry is/ };
  },
  'a beginning of its own': (head) => {
    for (const one of head.slices) one.after = null;
    return { code: 'SLICE_GAP', message: /nobody asked for/ };
  },
};

for (const [what, lie] of Object.entries(wrongSlices)) {
  test(`slices with ${what} are refused with the place to go on from`, async () => {
    await using engine = testEngine({ automatic: false });
    await begun(engine);
    const source = new SourceModel();
    for (let ordinal = 1; ordinal <= 10; ordinal++) source.nothing(at(100, ordinal));
    const first = source.slices(10);
    const { chain } = await engine.vault.appendSlices(groupId, first.head, first.frames);
    for (let ordinal = 11; ordinal <= 20; ordinal++) source.nothing(at(100, ordinal));
    const { head, frames } = source.slices(5);
    const told = structuredClone(head);
    const refusal = lie(told);
    const sent = told.slices.length < head.slices.length ? frames.subarray(head.slices[0]?.length) : frames;
    await assert.rejects(engine.vault.appendSlices(groupId, told, sent), (thrown: AppError) => {
      assert.match(thrown.message, refusal.message);
      assert.equal(thrown.code, refusal.code);
      if (refusal.code === 'SLICE_GAP')
        assert.deepEqual(thrown.details, { checkpoint: { ts: '100:10', term: 1 }, chain });
      return true;
    });
    assert.equal((await engine.vault.set(groupId, replicaSetId))?.checkpoint?.ts, at(100, 10));
    // Sent again with what is known already before it.
    const again = { ...head, slices: [...first.head.slices, ...head.slices] };
    const answer = await engine.vault.appendSlices(groupId, again, Buffer.concat([first.frames, frames]));
    assert.deepEqual(answer.checkpoint, { ts: '100:20', term: 1 });
  });
}
