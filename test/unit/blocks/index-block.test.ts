import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blockId, maxContentBytes, packContent, readBlock } from '../../../src/blocks/block-codec.ts';
import { blockMagic, entryKind } from '../../../src/blocks/block-content.ts';
import { IndexCutter, readIndexBlock } from '../../../src/blocks/index-block.ts';
import type { BlockRef } from '../../../src/blocks/ports.ts';
import { groupKey, raw } from './run-entries.ts';

const invalid = { code: 'FORMAT_INVALID' };
const ref = (firstKey: string, lastKey: string): BlockRef => ({
  id: Buffer.alloc(32, firstKey),
  firstKey: Buffer.from(firstKey),
  lastKey: Buffer.from(lastKey),
  count: 3,
  contentBytes: 5_000_000_000,
  storedBytes: 70_000,
});
const header = Buffer.from('LWI\x01\x01', 'latin1');

function entryOf(one: BlockRef): Buffer {
  const cutter = new IndexCutter(1, { groupKey });
  cutter.add(one);
  const closed = cutter.finish();
  assert.ok(closed !== undefined);
  const { ref: found } = closed;
  const index = readIndexBlock(closed.stored, found.id, groupKey);
  assert.deepEqual(index.ref(0), one);
  return contentOf(closed.stored).subarray(header.length);
}

function contentOf(stored: Buffer): Buffer {
  const { zstdDecompressSync } = process.getBuiltinModule('node:zlib');
  return zstdDecompressSync(stored.subarray(5));
}

function read(content: Buffer): unknown {
  return readIndexBlock(packContent(content, 1), blockId(content, groupKey), groupKey);
}

test('an index block with a right hash but wrong inside is refused', () => {
  const [a, b] = [entryOf(ref('a', 'b')), entryOf(ref('c', 'd'))];
  read(Buffer.concat([header, a, b]));
  const refused = (...parts: readonly Buffer[]): void => assert.throws(() => read(Buffer.concat(parts)), invalid);
  refused();
  refused(header);
  refused(Buffer.from('LWI\x02\x01', 'latin1'), a);
  refused(Buffer.from('LWI\x01\x00', 'latin1'), a);
  refused(blockMagic, Buffer.from([1]), a);
  refused(header, b, a);
  refused(header, a, a);
  refused(header, a, entryOf(ref('b', 'c')));
  refused(header, a, b.subarray(0, -1));
  refused(header, a, b, Buffer.alloc(1));
  const reversed = Buffer.from(a);
  reversed.write('z', 4);
  refused(header, reversed);
  const empty = Buffer.from(a);
  empty.writeUIntLE(0, a.length - 18, 6);
  refused(header, empty);
  for (const at of [0, 5]) {
    const long = Buffer.from(a);
    long.writeUInt32LE(0xffff_fffe, at);
    refused(header, long, b);
  }
});

test('an index block holds two entries at least, so that long keys make no endless levels', () => {
  const cutter = new IndexCutter(1, { groupKey, targetBytes: 10 });
  const closed = ['a', 'b', 'c', 'd', 'e'].map((key) => cutter.add(ref(key, key)) !== undefined);
  assert.deepEqual(closed, [false, false, true, false, true]);
});

test('keys that fit into no index are refused, not cut', () => {
  const cutter = new IndexCutter(1, { groupKey });
  const long = Buffer.alloc(maxContentBytes / 2, 1);
  cutter.add({ ...ref('a', 'a'), firstKey: long, lastKey: long });
  assert.throws(() => cutter.add({ ...ref('a', 'a'), firstKey: long, lastKey: Buffer.alloc(long.length, 2) }), invalid);
});

test('entries of deltas that cannot be are refused although the hash is right', () => {
  const refused = (...parts: readonly Buffer[]): void => {
    const content = Buffer.concat([blockMagic, ...parts]);
    assert.throws(() => readBlock(packContent(content, 1), blockId(content, groupKey), groupKey), invalid);
  };
  const length = (value: number): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  const kind = (value: number): Buffer => Buffer.from([value]);
  const key = Buffer.concat([length(1), Buffer.from('k')]);
  refused(kind(entryKind.delete), length(9), Buffer.from('k'));
  refused(kind(entryKind.delete), key, kind(entryKind.delete), key);
  refused(kind(entryKind.updates), key, length(0));
  refused(kind(entryKind.updates), key, Buffer.alloc(3));
  refused(kind(entryKind.updates), key, length(2), kind(0), raw({ a: 1 }));
  refused(kind(entryKind.updates), key, length(1), kind(2), raw({ a: 1 }));
  refused(kind(entryKind.updates), key, length(0xffff_ffff), kind(0), raw({ a: 1 }));
  refused(kind(entryKind.sequencedDocument), Buffer.alloc(11));
  refused(kind(entryKind.sequencedDocument), Buffer.alloc(12), raw({ nothing: 1 }));
  refused(kind(6), key);
});
