import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { BSON } from 'mongodb';
import { blockId, maxContentBytes, packContent, readBlock } from '../../../src/blocks/block-codec.ts';
import { blockMagic, entryKind } from '../../../src/blocks/block-content.ts';
import { BlockCutter, type CutBlock, cutBlocks } from '../../../src/blocks/block-cutter.ts';
import { documentKey } from '../../../src/blocks/document-key.ts';
import { fc } from '../../support/properties.ts';
import { anyValues, documentWithId } from './id-values.ts';

const groupKey = Buffer.alloc(32, 7);
const invalid = { code: 'FORMAT_INVALID' };
const raw = (document: object): Buffer => Buffer.from(BSON.serialize(document));

function cutAll(documents: readonly Buffer[], targetBytes: number, level?: null): CutBlock[] {
  const cutter = new BlockCutter({ groupKey, targetBytes, ...(level === null && { level }) });
  const blocks = [...documents.map((document) => cutter.add(document)), cutter.finish()];
  assert.equal(cutter.finish(), undefined);
  return blocks.filter((block) => block !== undefined);
}

test('any documents come back bit for bit, in order, in blocks of at most the target size', () => {
  fc.assert(
    fc.property(fc.array(anyValues, { maxLength: 60 }), fc.integer({ min: 64, max: 2000 }), (values, targetBytes) => {
      const byKey = new Map(
        values.map(documentWithId).map((document) => [documentKey(document).toString('hex'), document]),
      );
      const documents = [...byKey].sort(([one], [two]) => (one < two ? -1 : 1)).map(([, document]) => document);
      const blocks = cutAll(documents, targetBytes);
      const back = blocks.flatMap((block) => {
        const content = readBlock(block.stored, block.id, groupKey);
        assert.equal(content.count, block.count);
        assert.deepEqual(content.key(0), block.firstKey);
        assert.deepEqual(content.key(content.count - 1), block.lastKey);
        assert.ok(block.contentBytes <= targetBytes || block.count === 1);
        return Array.from({ length: content.count }, (_, index) => content.document(index));
      });
      assert.deepEqual(back, documents);
    }),
    { numRuns: 200 },
  );
});

test('the stream of batches gives the blocks that documents one by one give', async () => {
  const documents = Array.from({ length: 500 }, (_, index) => raw({ _id: index, text: 'x'.repeat(index % 70) }));
  async function* batches(): AsyncGenerator<readonly Buffer[]> {
    for (let at = 0; at < documents.length; at += 77) yield documents.slice(at, at + 77);
  }
  const streamed = await Array.fromAsync(cutBlocks(batches(), { groupKey, targetBytes: 1000 }));
  assert.deepEqual(streamed, cutAll(documents, 1000));
  assert.ok(streamed.length > 20);
});

test('a document of 16 MiB is a block of its own, and the blocks beside it stay small', () => {
  const large = raw({ _id: 2, text: 'x'.repeat(16 * 1024 * 1024 - 40) });
  const blocks = cutAll([raw({ _id: 1 }), large, raw({ _id: 3 }), raw({ _id: 4 })], 262_144);
  assert.deepEqual(
    blocks.map(({ count }) => count),
    [1, 1, 2],
  );
  const [, middle] = blocks;
  assert.ok(middle !== undefined);
  assert.deepEqual(readBlock(middle.stored, middle.id, groupKey).document(0), large);
});

test('documents out of order, or with one key, are refused, also over the border of a block', () => {
  const cutter = new BlockCutter({ groupKey });
  cutter.add(raw({ _id: 5 }));
  assert.throws(() => cutter.add(raw({ _id: BSON.Long.fromNumber(5) })), invalid);
  cutter.finish();
  assert.throws(() => cutter.add(raw({ _id: 4 })), invalid);
  cutter.add(raw({ _id: 6 }));
  assert.equal(cutter.finish()?.count, 1);
});

test('documents under keys of their own keep that order, and are found by them', () => {
  const cutter = new BlockCutter({ groupKey });
  const documents = [raw({ _id: 9 }), raw({ nothing: 1 }), raw({ _id: 1 })];
  for (const [index, document] of documents.entries()) cutter.addKeyed(Buffer.from([0, index]), document);
  const block = cutter.finish();
  assert.ok(block !== undefined);
  const content = readBlock(block.stored, block.id, groupKey);
  for (const [index, document] of documents.entries()) {
    assert.equal(content.find(Buffer.from([0, index])), index);
    assert.deepEqual(content.document(index), document);
  }
  assert.equal(content.find(Buffer.from([0, 3])), -1);
  assert.equal(content.find(Buffer.from([0])), -1);
});

test('the id depends on the content and the group alone, not on how it is compressed', () => {
  const documents = Array.from({ length: 50 }, (_, index) => raw({ _id: index, text: 'leaf'.repeat(20) }));
  const one = (level: number, key: Buffer): CutBlock | undefined => {
    const cutter = new BlockCutter({ groupKey: key, level });
    for (const document of documents) cutter.add(document);
    return cutter.finish();
  };
  const [fast, small, other] = [one(1, groupKey), one(19, groupKey), one(1, Buffer.alloc(32, 8))];
  assert.ok(fast !== undefined && small !== undefined && other !== undefined);
  assert.deepEqual(fast.id, small.id);
  assert.notDeepEqual(fast.stored, small.stored);
  assert.notDeepEqual(fast.id, other.id);
  assert.throws(() => readBlock(fast.stored, fast.id, Buffer.alloc(32, 8)), invalid);
});

test('a flipped bit anywhere, a cut, or bytes added are refused', () => {
  const [block] = cutAll(
    Array.from({ length: 20 }, (_, index) => raw({ _id: index, text: `leaf ${index}` })),
    262_144,
  );
  assert.ok(block !== undefined);
  for (let bit = 0; bit < block.stored.length * 8; bit++) {
    const stored = Buffer.from(block.stored);
    stored[bit >> 3] = (stored[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    let content: ReturnType<typeof readBlock>;
    try {
      content = readBlock(stored, block.id, groupKey);
    } catch (error) {
      assert.ok(error instanceof Error && 'code' in error && error.code === 'FORMAT_INVALID', String(error));
      continue;
    }
    // A few bits of a zstd frame say nothing about the content (its window, say): then the content is whole.
    assert.equal(content.count, block.count, `bit ${bit}`);
  }
  for (let length = 0; length < block.stored.length; length++) {
    assert.throws(() => readBlock(block.stored.subarray(0, length), block.id, groupKey), invalid);
  }
  for (const more of [Buffer.alloc(1), Buffer.from('more'), block.stored.subarray(5)]) {
    assert.throws(() => readBlock(Buffer.concat([block.stored, more]), block.id, groupKey), invalid);
  }
});

test('content that is not compressed is read as it is, and refused when it is cut, longer or changed', () => {
  const documents = Array.from({ length: 20 }, (_, index) => raw({ _id: index }));
  const [block] = cutAll(documents, 262_144, null);
  assert.ok(block !== undefined);
  assert.equal(block.stored.length, block.contentBytes + 5);
  assert.equal(readBlock(block.stored, block.id, groupKey).count, 20);
  for (let length = 0; length < block.stored.length; length++) {
    assert.throws(() => readBlock(block.stored.subarray(0, length), block.id, groupKey), invalid);
  }
  assert.throws(() => readBlock(Buffer.concat([block.stored, Buffer.of(0)]), block.id, groupKey), invalid);
  for (let at = 0; at < block.stored.length; at++) {
    const stored = Buffer.from(block.stored);
    stored[at] = (stored[at] ?? 0) ^ 1;
    assert.throws(() => readBlock(stored, block.id, groupKey), invalid, `byte ${at}`);
  }
});

test('content with a right hash but wrong inside is refused', () => {
  const refused = (content: Buffer): void => {
    assert.throws(() => readBlock(packContent(content, 1), blockId(content, groupKey), groupKey), invalid);
  };
  const entry = (id: number): Buffer => Buffer.concat([Buffer.from([entryKind.document]), raw({ _id: id })]);
  refused(Buffer.alloc(0));
  refused(blockMagic);
  refused(Buffer.concat([blockMagic, entry(2), entry(1)]));
  refused(Buffer.concat([blockMagic, entry(2), entry(2)]));
  refused(Buffer.concat([blockMagic, entry(1), Buffer.from([9])]));
  refused(Buffer.concat([blockMagic, entry(1), entry(2).subarray(0, 9)]));
  refused(Buffer.concat([Buffer.from('LWB\x02', 'latin1'), entry(1)]));
  refused(Buffer.concat([blockMagic, Buffer.from([entryKind.keyedDocument, 255, 255, 255, 255])]));
});

test('more content than a block may hold is refused before memory is taken for it', () => {
  const bomb = packContent(Buffer.alloc(1000), 1);
  bomb.writeUInt32LE(maxContentBytes + 1, 1);
  assert.throws(() => readBlock(bomb, Buffer.alloc(32), groupKey), invalid);
  const lie = packContent(Buffer.alloc(10_000_000), 1);
  lie.writeUInt32LE(1000, 1);
  assert.throws(() => readBlock(lie, Buffer.alloc(32), groupKey), invalid);
});

test('the golden block of version 1 is read for ever', () => {
  const path = new URL('../../golden/blocks/block-1.bin', import.meta.url);
  const documents = [
    raw({ _id: 1, name: 'oak' }),
    raw({ kind: 'shard', _id: 'a' }),
    raw({ _id: { a: BSON.Long.fromNumber(1), b: new BSON.Binary(Buffer.from('leaf')) } }),
    raw({ _id: new BSON.ObjectId('0123456789abcdef01234567'), list: [1, 2] }),
  ];
  const cutter = new BlockCutter({ groupKey });
  for (const document of documents) cutter.add(document);
  cutter.addKeyed(Buffer.from([0xff]), raw({ natural: true }));
  const block = cutter.finish();
  assert.ok(block !== undefined);
  if (process.env['LEAFWARD_WRITE_GOLDEN'] === 'blocks') writeFileSync(path, block.stored);
  assert.equal(block.id.toString('hex'), 'af88dfae935f7790883c7b635070780f0e6f43bf32afefe32dc81986d711b2ae');
  const content = readBlock(readFileSync(path), block.id, groupKey);
  assert.deepEqual(
    documents.map((_, index) => content.document(index)),
    documents,
  );
  assert.equal(content.find(Buffer.from([0xff])), 4);
});
