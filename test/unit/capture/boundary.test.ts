import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BSON, ObjectId } from 'bson';
import { BlockCutter } from '../../../src/blocks/block-cutter.ts';
import { isBoundary } from '../../../src/capture/scan/boundary.ts';

const groupKey = Buffer.alloc(32, 1);

function blocksOf(documents: readonly Buffer[]): Map<string, number> {
  const cutter = new BlockCutter({ groupKey });
  const found = new Map<string, number>();
  const note = (block: ReturnType<BlockCutter['finish']>): void => {
    if (block !== undefined) found.set(block.id.toString('hex'), block.contentBytes);
  };
  for (const document of documents) {
    if (isBoundary(document, 0, document.length, cutter.openBytes)) note(cutter.finish());
    note(cutter.add(document));
  }
  note(cutter.finish());
  return found;
}

for (const size of [80, 1000, 30_000]) {
  test(`documents of ${size} bytes: after a few changes most blocks are found again; blocks stay below 1 MiB`, () => {
    const count = Math.ceil(24e6 / size);
    const documents = Array.from({ length: count }, (_, index) => {
      const _id = new ObjectId(index.toString(16).padStart(24, '0'));
      return Buffer.from(BSON.serialize({ _id, text: String(index).padEnd(size - 35, 'x') }));
    });
    const before = blocksOf(documents);
    const changed = documents.filter((_, index) => index !== 7 && index !== Math.floor(count / 2));
    const after = blocksOf(changed);
    const common = [...after.keys()].filter((id) => before.has(id)).length;
    assert.ok(common > after.size * 0.7, `${common} of ${after.size} blocks`);
    const mean = [...before.values()].reduce((sum, bytes) => sum + bytes, 0) / before.size;
    assert.ok(mean > 750 * 1024 && mean < 1000 * 1024, `${mean} bytes on average`);
  });
}
