import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { readBlock, unpackContent } from '../../../src/blocks/block-codec.ts';
import { readIndexBlock } from '../../../src/blocks/index-block.ts';
import type { RunEntry } from '../../../src/blocks/ports.ts';
import { RunReader } from '../../../src/blocks/run-reader.ts';
import { MemoryBlocks } from './memory-blocks.ts';
import { groupKey, keyOf, put, raw, remove, shown, update, writeRun } from './run-entries.ts';

const golden = (name: string): URL => new URL(`../../golden/blocks/${name}`, import.meta.url);
const id = new BSON.ObjectId('0123456789abcdef01234567');
const entries: readonly RunEntry[] = [
  put(1, 'oak'),
  remove(2),
  update(3, ['birch', 'elm']),
  update(4, ['ash'], true),
  put(5, 'in natural order', 77),
  { kind: 'put', key: keyOf(id), document: raw({ _id: id, list: [1, 2] }) },
  { kind: 'put', key: Buffer.from([0xff]), document: raw({ natural: true }), keyed: true },
];
/** Of blocks so small that each kind of entry is in one of its own, and the index has three levels. */
const sizes = { targetBytes: 40, indexTargetBytes: 200 };

/** Blocks of the run, one after another: id, length in 4 bytes, what is stored. */
function readGolden(bytes: Buffer): MemoryBlocks {
  const blocks = new MemoryBlocks();
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at + 32);
    blocks.blocks.set(bytes.toString('hex', at, at + 32), bytes.subarray(at + 36, at + 36 + length));
    at += 36 + length;
  }
  return blocks;
}

function dataBlocks({ blocks }: MemoryBlocks): string[] {
  const all = [...blocks].filter(([, stored]) => unpackContent(stored).subarray(0, 3).equals(Buffer.from('LWB')));
  return all.map(([name]) => name).toSorted();
}

test('the golden run of version 1 is read for ever, and is what is written today', async () => {
  const written = new MemoryBlocks();
  const info = await writeRun(written, entries, sizes);
  if (process.env['LEAFWARD_WRITE_GOLDEN'] === 'blocks') {
    const parts = [...written.blocks].map(([name, stored]) => {
      const head = Buffer.alloc(36);
      Buffer.from(name, 'hex').copy(head);
      head.writeUInt32LE(stored.length, 32);
      return Buffer.concat([head, stored]);
    });
    writeFileSync(golden('run-1.bin'), Buffer.concat(parts));
  }
  assert.equal(info.root?.toString('hex'), 'fcd9c9932e93ddf6546c3f69037feff25529ee9a0d4dd000e18cc893e734a95a');
  assert.deepEqual([info.levels, info.entries, info.blocks], [3, 7, 7]);
  const kept = readGolden(readFileSync(golden('run-1.bin')));
  // Its frames have no checksum, so they are shorter, and the index says so: other names, but for data blocks, whose content is the same.
  assert.deepEqual(dataBlocks(written), dataBlocks(kept));
  const root = Buffer.from('59157bf03b6d022a5663d5916e4d175db9c27dd6a6cc46aa9827b4762fc9c7b3', 'hex');
  const reader = new RunReader(kept, { root, levels: 3 }, { groupKey });
  assert.deepEqual((await Array.fromAsync(reader.entries())).map(shown), entries.map(shown));
  assert.deepEqual(
    (await Array.fromAsync(reader.blockIds())).map((block) => block.toString('hex')).toSorted(),
    [...kept.blocks.keys()].toSorted(),
  );
});

test('a flipped bit anywhere in an index block or a block of a delta is refused', async () => {
  const blocks = new MemoryBlocks();
  await writeRun(blocks, entries, { indexTargetBytes: 200 });
  for (const [name, stored] of blocks.blocks) {
    const blockId = Buffer.from(name, 'hex');
    for (let bit = 0; bit < stored.length * 8; bit++) {
      const flipped = Buffer.from(stored);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      let refused = 0;
      for (const read of [readBlock, readIndexBlock]) {
        try {
          read(flipped, blockId, groupKey);
        } catch (thrown) {
          assert.ok(thrown instanceof Error && 'code' in thrown && thrown.code === 'FORMAT_INVALID', String(thrown));
          refused++;
        }
      }
      // A few bits of a zstd frame say nothing about the content: then it is whole, and of one kind.
      assert.ok(refused >= 1, `bit ${bit} of ${name}`);
    }
  }
});
