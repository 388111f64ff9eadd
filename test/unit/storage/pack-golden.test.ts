import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import {
  packHeaderBytes,
  readPackHeader,
  readRecord,
  readRecordHeader,
  recordHeaderBytes,
  writePackHeader,
  writeRecord,
} from '../../../src/storage/filesystem/pack-format.ts';
import {
  readSegmentHeader,
  readSlice,
  readSliceLength,
  segmentHeaderBytes,
  sliceHeaderBytes,
  writeSegmentHeader,
  writeSlice,
} from '../../../src/storage/filesystem/segment-format.ts';
import { numbered } from './pack-blocks.ts';
import { slicesOf } from './slices.ts';

const key = { number: 7, key: Buffer.alloc(32, 9) };
const keys = { current: () => key, find: () => key };
const set = '0123456789abcdef01234567';
const blocks = [numbered(1, 100), numbered(2, 50)];
const slices = slicesOf(5n << 32n, [(5n << 32n) + 9n, (6n << 32n) + 1n]);

function goldenFile(name: string, make: () => Buffer): Buffer {
  const path = new URL(`../../golden/packs/${name}`, import.meta.url);
  if (process.env['LEAFWARD_WRITE_GOLDEN'] === 'packs') writeFileSync(path, make());
  return readFileSync(path);
}

test('the golden pack of version 1 is read for ever', () => {
  const plain = [
    writePackHeader({ groupId: 'g1', pack: 300 }),
    ...writeRecord(blocks[0]?.id ?? key.key, blocks[0]?.stored ?? key.key, undefined),
  ];
  const pack = goldenFile('pack-1.bin', () =>
    Buffer.concat([...plain, ...writeRecord(blocks[1]?.id ?? key.key, blocks[1]?.stored ?? key.key, key)]),
  );
  assert.deepEqual(readPackHeader(pack.subarray(0, packHeaderBytes)), { groupId: 'g1', pack: 300 });
  // What is not encrypted is written today as it was then.
  assert.deepEqual(pack.subarray(0, packHeaderBytes + recordHeaderBytes + 100), Buffer.concat(plain));
  let at = packHeaderBytes;
  for (const [index, block] of blocks.entries()) {
    const header = readRecordHeader(pack.subarray(at, at + recordHeaderBytes));
    assert.deepEqual(header, { id: block.id, keyNumber: index * 7, length: block.stored.length });
    const end = at + recordHeaderBytes + block.stored.length;
    assert.deepEqual(readRecord(pack.subarray(at, end), keys), block);
    at = end;
  }
  assert.equal(at, pack.length);
});

test('the golden segment of version 1 is read for ever', () => {
  const segment = goldenFile('segment-1.bin', () =>
    Buffer.concat([
      writeSegmentHeader(301, set),
      ...slices.flatMap(({ info, frame }, index) => writeSlice(info, frame, index === 0 ? undefined : key)),
    ]),
  );
  assert.deepEqual(readSegmentHeader(segment.subarray(0, segmentHeaderBytes)), { segment: 301, replicaSetId: set });
  let at = segmentHeaderBytes;
  for (const { info, content } of slices) {
    const end = at + sliceHeaderBytes + (readSliceLength(segment.subarray(at, at + sliceHeaderBytes)) ?? 0);
    const slice = readSlice(segment.subarray(at, end), keys);
    // Another version of zstd may make another frame of the same entries.
    assert.deepEqual({ ...slice.info, storedBytes: 0 }, { ...info, storedBytes: 0 });
    assert.deepEqual(zstdDecompressSync(slice.frame), content);
    at = end;
  }
  assert.equal(at, segment.length);
});

test('a header of another kind or version is refused', () => {
  const pack = writePackHeader({ groupId: 'g1', pack: 300 });
  const segment = writeSegmentHeader(301, set);
  for (const [read, good, other] of [
    [readPackHeader, pack, segment],
    [readSegmentHeader, segment, pack],
  ] as const) {
    const newer = Buffer.from(good);
    newer[3] = 2;
    const long = Buffer.from(good);
    long[10] = 200;
    for (const bad of [newer, long, other, good.subarray(0, 63), Buffer.alloc(64)]) {
      assert.throws(() => read(bad), { code: 'FORMAT_INVALID' });
    }
  }
});
