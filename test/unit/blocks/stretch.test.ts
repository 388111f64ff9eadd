import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlock } from '../../../src/blocks/block-codec.ts';
import type { BlockContent } from '../../../src/blocks/block-content.ts';
import { BlockCutter, type CutBlock } from '../../../src/blocks/block-cutter.ts';
import type { RunEntry } from '../../../src/blocks/ports.ts';
import { fc } from '../../support/properties.ts';
import { groupKey, keyOf, put } from './run-entries.ts';

/** Documents under their own keys, under given ones, and with places in natural order, in the order of their keys. */
const anyDocuments = fc
  .uniqueArray(fc.tuple(fc.nat(200), fc.constantFrom('own', 'keyed', 'sequenced'), fc.nat(400)), {
    selector: ([id]) => id,
    minLength: 1,
    maxLength: 40,
  })
  .map((all) =>
    all
      .toSorted(([one], [two]) => one - two)
      .map(([id, form, length]): RunEntry => {
        const entry = put(id, 'x'.repeat(length), form === 'sequenced' ? id : undefined);
        return form === 'keyed' ? { ...entry, keyed: true } : entry;
      }),
  );

function cut(entries: readonly RunEntry[], targetBytes: number): CutBlock[] {
  const cutter = new BlockCutter({ groupKey, targetBytes });
  const blocks = entries.map((entry) => cutter.addEntry(entry)).concat(cutter.finish());
  return blocks.filter((block) => block !== undefined);
}

function contentOf(entries: readonly RunEntry[]): BlockContent {
  const [block] = cut(entries, 2 ** 20);
  assert.ok(block !== undefined);
  return readBlock(block.stored, block.id, groupKey);
}

test('a block cut anew by stretches is the one that is cut entry by entry', () => {
  fc.assert(
    fc.property(anyDocuments, fc.nat(40), fc.integer({ min: 50, max: 2000 }), (entries, split, targetBytes) => {
      const content = contentOf(entries);
      const middle = Math.min(split, content.count);
      const cutter = new BlockCutter({ groupKey, targetBytes });
      const blocks = [
        ...cutter.addStretch({ kind: 'stretch', content, from: 0, to: middle }),
        ...cutter.addStretch({ kind: 'stretch', content, from: middle, to: content.count }),
      ];
      const last = cutter.finish();
      if (last !== undefined) blocks.push(last);
      assert.deepEqual(blocks, cut(entries, targetBytes));
    }),
  );
});

test('the first entry from a key on is found wherever one begins to look', () => {
  fc.assert(
    fc.property(anyDocuments, fc.nat(201), fc.nat(40), (entries, id, begin) => {
      const key = keyOf(id);
      const after = Math.min(begin, entries.length);
      const later = entries.findIndex((entry, index) => index >= after && Buffer.compare(entry.key, key) >= 0);
      assert.equal(contentOf(entries).firstFrom(key, after), later < 0 ? entries.length : later);
    }),
  );
});

test('a stretch below what was taken before is refused', () => {
  const content = contentOf([put(1, 'a'), put(2, 'b')]);
  const cutter = new BlockCutter({ groupKey });
  cutter.addStretch({ kind: 'stretch', content, from: 1, to: 2 });
  assert.throws(() => cutter.addStretch({ kind: 'stretch', content, from: 0, to: 1 }), /strictly increasing/);
});
