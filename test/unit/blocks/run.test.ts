import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packContent, unpackContent } from '../../../src/blocks/block-codec.ts';
import { BlockCutter } from '../../../src/blocks/block-cutter.ts';
import { refOf } from '../../../src/blocks/index-block.ts';
import { IndexCache } from '../../../src/blocks/index-cache.ts';
import { RunReader } from '../../../src/blocks/run-reader.ts';
import { RunWriter } from '../../../src/blocks/run-writer.ts';
import { fc } from '../../support/properties.ts';
import { MemoryBlocks } from './memory-blocks.ts';
import { anyEntries, groupKey, keyOf, place, put, raw, remove, shown, update, writeRun } from './run-entries.ts';

const invalid = { code: 'FORMAT_INVALID' };
const small = { targetBytes: 200, indexTargetBytes: 300 };
const many = Array.from({ length: 2000 }, (_, index) => put(index * 2, `leaf ${index}`));

async function all(reader: RunReader, from?: Buffer, to?: Buffer): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of reader.entries(from, to)) found.push(shown(entry));
  return found;
}

test('entries of all kinds come back in order, whole, in part and one by one, at any size of blocks', async () => {
  const bounds = fc.tuple(fc.integer({ min: -1, max: 61 }), fc.integer({ min: -1, max: 61 }));
  await fc.assert(
    fc.asyncProperty(
      anyEntries(60, ['put', 'delete', 'update']),
      fc.integer({ min: 40, max: 900 }),
      fc.integer({ min: 100, max: 600 }),
      bounds,
      async (entries, targetBytes, indexTargetBytes, [from, to]) => {
        const blocks = new MemoryBlocks();
        const info = await writeRun(blocks, entries, { targetBytes, indexTargetBytes });
        const reader = new RunReader(blocks, info, { groupKey });
        assert.equal(info.entries, entries.length);
        assert.deepEqual(await all(reader), entries.map(shown));
        const inside = entries.filter(({ key }) => key.compare(keyOf(from)) >= 0 && key.compare(keyOf(to)) < 0);
        assert.deepEqual(await all(reader, keyOf(from), keyOf(to)), inside.map(shown));
        for (let id = -1; id <= 61; id++) {
          const expected = entries.find(({ key }) => key.equals(keyOf(id)));
          const found = await reader.get(keyOf(id));
          assert.equal(found && shown(found), expected && shown(expected));
        }
        const ids = (await Array.fromAsync(reader.blockIds())).map((id) => id.toString('hex'));
        assert.deepEqual(new Set(ids), new Set(blocks.blocks.keys()));
      },
    ),
    { numRuns: 40 },
  );
});

test('an empty run has no root and reads as nothing', async () => {
  const info = await writeRun(new MemoryBlocks(), []);
  assert.deepEqual(info, { root: null, levels: 0, entries: 0, blocks: 0, contentBytes: 0, storedBytes: 0 });
  const reader = new RunReader(new MemoryBlocks(), info, { groupKey });
  assert.deepEqual(await all(reader), []);
  assert.equal(await reader.get(keyOf(1)), undefined);
  assert.deepEqual(await Array.fromAsync(reader.blockIds()), []);
});

test('one document is found by one block of each level, and by fewer when the index is known', async () => {
  const blocks = new MemoryBlocks();
  const info = await writeRun(blocks, many, small);
  assert.ok(info.levels >= 3, `${info.levels} levels`);
  const reader = new RunReader(blocks, info, { groupKey });
  await reader.get(keyOf(2000));
  assert.equal(blocks.reads, info.levels + 1);
  await reader.get(keyOf(2000));
  assert.equal(blocks.reads, info.levels + 2);
  assert.equal(await reader.get(keyOf(2001)), undefined);
});

test('references after a key begin with the block that may hold the next one', async () => {
  const blocks = new MemoryBlocks();
  const reader = new RunReader(blocks, await writeRun(blocks, many, small), { groupKey });
  const refs = await Array.fromAsync(reader.refs());
  for (const [index, ref] of refs.entries()) {
    const next = (await reader.refs(ref.lastKey).next()).value;
    assert.deepEqual(next, refs[index + 1]);
    if (ref.count > 1) assert.deepEqual((await reader.refs(ref.firstKey).next()).value, ref);
  }
});

test('ready blocks and entries make the run that entries alone make; an overlap is refused', async () => {
  const blocks = new MemoryBlocks();
  const cutter = new BlockCutter({ groupKey });
  for (let id = 100; id < 200; id++) cutter.add(raw({ _id: id, text: 'ready' }));
  const ready = cutter.finish();
  assert.ok(ready !== undefined);
  await blocks.put(ready.id, ready.stored);
  const writer = new RunWriter(blocks, { groupKey });
  await writer.add(put(99, 'before'));
  await writer.addRef(refOf(ready));
  await writer.add(put(200, 'after'));
  const info = await writer.finish();
  assert.deepEqual([info.entries, info.blocks], [102, 3]);
  const expected = [
    put(99, 'before'),
    ...Array.from({ length: 100 }, (_, i) => put(100 + i, 'ready')),
    put(200, 'after'),
  ];
  assert.deepEqual(await all(new RunReader(blocks, info, { groupKey })), expected.map(shown));

  for (const id of [150, 199]) {
    const late = new RunWriter(blocks, { groupKey });
    await late.addRef(refOf(ready));
    await assert.rejects(async () => {
      await late.add(put(id, 'inside'));
      await late.finish();
    }, invalid);
    const early = new RunWriter(blocks, { groupKey });
    await early.add(put(id, 'inside'));
    await assert.rejects(early.addRef(refOf(ready)), invalid);
  }
  const twice = new RunWriter(blocks, { groupKey });
  await twice.addRef(refOf(ready));
  await assert.rejects(twice.addRef(refOf(ready)), invalid);
});

test('the same entries make the same blocks, index included', async () => {
  const [one, two] = [new MemoryBlocks(), new MemoryBlocks()];
  assert.deepEqual(await writeRun(one, many, small), await writeRun(two, many, small));
  assert.deepEqual([...one.blocks.keys()].toSorted(), [...two.blocks.keys()].toSorted());
});

test('places in natural order and keys of their own are kept', async () => {
  const blocks = new MemoryBlocks();
  const keyed = { kind: 'put', key: Buffer.from([0xff]), document: raw({ natural: true }), keyed: true } as const;
  const entries = [put(1, 'a', 9), put(2, 'b', 3), keyed];
  const reader = new RunReader(blocks, await writeRun(blocks, entries), { groupKey });
  assert.deepEqual(await all(reader), entries.map(shown));
  assert.deepEqual((await reader.get(keyOf(2)))?.sequence, place(3));
});

test('entries that cannot be are refused before anything is written', async () => {
  const blocks = new MemoryBlocks();
  const refused = (entry: Parameters<RunWriter['add']>[0]): void => {
    const writer = new RunWriter(blocks, { groupKey });
    assert.throws(() => void writer.add(entry), invalid);
  };
  refused({ kind: 'put', key: keyOf(1) });
  refused({ kind: 'put', key: keyOf(1), document: raw({ _id: 2 }) });
  refused({ kind: 'put', key: keyOf(1), document: raw({ nothing: 1 }) });
  refused({ kind: 'put', key: keyOf(1), document: raw({ _id: 1 }), sequence: Buffer.alloc(11) });
  refused({ kind: 'update', key: keyOf(1), updates: [] });
  refused({ kind: 'update', key: keyOf(1), updates: [{ update: Buffer.from([5, 0, 0, 0]), upsert: false }] });
  refused({ kind: 'update', key: keyOf(1), updates: [{ update: Buffer.alloc(6, 0).fill(5, 0, 1), upsert: false }] });
  assert.equal(blocks.blocks.size, 0);
});

for (const trustsEnvelopes of [false, true]) {
  const how = trustsEnvelopes ? 'by their envelopes' : 'by their hashes';
  test(`a damaged, exchanged or missing block is told, wherever it is: blocks proved ${how}`, async () => {
    const blocks = new MemoryBlocks();
    const info = await writeRun(blocks, [...many, remove(5001), update(5002, ['x'])], small);
    const read = async (): Promise<unknown> =>
      await all(new RunReader(blocks, info, { groupKey, cache: new IndexCache(0), trustsEnvelopes }));
    const whole = await read();
    let last: [string, Buffer] | undefined;
    let tried = 0;
    for (const [id, stored] of [...blocks.blocks]) {
      if (tried++ % 67 !== 0) continue;
      const flipped = Buffer.from(stored);
      flipped.writeUInt8(flipped.readUInt8(flipped.length - 5) ^ 4, flipped.length - 5);
      for (const other of [packContent(Buffer.from('LWI\x01\x01'), 1), last?.[1], stored.subarray(1), flipped]) {
        if (other === undefined) continue;
        blocks.blocks.set(id, other);
        await assert.rejects(read(), invalid);
      }
      blocks.blocks.delete(id);
      await assert.rejects(read(), { code: 'STORE_CORRUPT' });
      blocks.blocks.set(id, stored);
      last = [id, stored];
    }
    assert.deepEqual(await read(), whole);
  });
}

test('content that is not what its id says is told by who does not trust envelopes', async () => {
  const blocks = new MemoryBlocks();
  const info = await writeRun(blocks, [put(1, 'one'), put(2, 'two')]);
  const [id = ''] = [...blocks.blocks].find(([, stored]) => isData(stored)) ?? [];
  const other = new MemoryBlocks();
  await writeRun(other, [put(1, 'one'), put(2, 'owt')]);
  const [, exchanged] = [...other.blocks].find(([, stored]) => isData(stored)) ?? [];
  assert.ok(exchanged !== undefined);
  blocks.blocks.set(id, exchanged);
  const read = (trustsEnvelopes: boolean) => all(new RunReader(blocks, info, { groupKey, trustsEnvelopes }));
  await assert.rejects(read(false), invalid);
  assert.equal((await read(true)).length, 2);
});

const isData = (stored: Buffer): boolean => unpackContent(stored).subarray(0, 3).equals(Buffer.from('LWB'));

test('memory of index blocks is bounded', async () => {
  const blocks = new MemoryBlocks();
  const info = await writeRun(blocks, many, small);
  const cache = new IndexCache(5000);
  const reader = new RunReader(blocks, info, { groupKey, cache });
  for (let id = 0; id < 4000; id += 100) assert.ok((await reader.get(keyOf(id))) !== undefined);
  assert.ok(cache.bytes <= 5000, `${cache.bytes}`);
});
