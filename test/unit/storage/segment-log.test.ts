import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SegmentLog, type SegmentLogOptions } from '../../../src/storage/filesystem/segment-log.ts';
import { smallDisk, whyNoSmallDisk } from '../../support/small-disk.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { openTestDatabase } from './pack-blocks.ts';
import { slicesOf, type TestSlice } from './slices.ts';

const forever = new AbortController().signal;
const set = '0123456789abcdef01234567';
const ends = (from: number, count: number): bigint[] =>
  Array.from({ length: count }, (_, i) => BigInt(from + i * 10 + 9));
const key = { number: 1, key: Buffer.alloc(32, 3) };
const encrypted = { keys: { current: () => key, find: () => key } };

function openLog(dir: string, options: Partial<SegmentLogOptions> = {}) {
  const database = openTestDatabase(dir);
  const log = new SegmentLog({ database, folder: join(dir, 'slices'), segmentBytes: 2000, ...options });
  return {
    log,
    database,
    async close() {
      await log.close();
      database.close();
    },
  };
}

function segmentFiles(dir: string): string[] {
  return readdirSync(join(dir, 'slices'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.segment'))
    .map((name) => join(dir, 'slices', name))
    .toSorted();
}

async function readAll(log: SegmentLog, after = 0n): Promise<string[]> {
  const found: string[] = [];
  for await (const { content } of log.read(set, after, forever)) found.push(content.toString());
  return found;
}
const contents = (slices: readonly TestSlice[]): string[] => slices.map(({ content }) => content.toString());

for (const [name, options] of [
  ['plain', {}],
  ['encrypted', encrypted],
] as const) {
  test(`slices come back in order, from any place, after the log was opened again (${name})`, async () => {
    await using dir = tempDir();
    const slices = slicesOf(0n, ends(0, 100));
    let opened = openLog(dir.path, options);
    assert.equal(await opened.log.last(set), null);
    for (let at = 0; at < 100; at += 3) await opened.log.append(set, slices.slice(at, at + 3));
    await opened.close();
    opened = openLog(dir.path, options);
    const { log } = opened;
    assert.deepEqual(await log.last(set), slices[99]?.info);
    assert.deepEqual(await readAll(log), contents(slices));
    assert.deepEqual(await readAll(log, 499n), contents(slices.slice(50)));
    assert.deepEqual(await readAll(log, 498n), contents(slices.slice(49)));
    assert.deepEqual(await readAll(log, 999n), []);
    const files = segmentFiles(dir.path);
    assert.ok(files.length > 5);
    const sizes = files.reduce((sum, path) => sum + statSync(path).size, 0);
    assert.equal(await log.bytes(set), sizes);
    assert.equal(Buffer.concat(files.map((path) => readFileSync(path))).includes('entries from'), name === 'plain');
    await opened.close();
  });
}

test('a hole, an overlap, another term or another chain is refused with the place that is known', async () => {
  await using dir = tempDir();
  const opened = openLog(dir.path);
  const { log } = opened;
  const slices = slicesOf(0n, ends(0, 5));
  const [one, two, three] = slices;
  assert.ok(one !== undefined && two !== undefined && three !== undefined);
  const refused = (slice: TestSlice, checkpoint: object | null): Promise<void> =>
    assert.rejects(log.append(set, [slice]), (error: Error & { code?: string; details?: { checkpoint?: unknown } }) => {
      assert.equal(error.code, 'SLICE_GAP');
      assert.deepEqual(error.details?.checkpoint, checkpoint);
      return true;
    });
  await refused(two, null);
  await log.append(set, [one]);
  const place = { ts: '0:9', term: 3 };
  await refused(one, place);
  await refused(three, place);
  const with_ = (change: object): TestSlice => ({ ...two, info: { ...two.info, ...change } });
  await refused(with_({ after: { ts: 9n, term: 4 } }), place);
  await refused(with_({ chain: Buffer.alloc(32) }), place);
  await refused(with_({ first: 9n }), place);
  await refused(with_({ last: { ts: 5n, term: 3 } }), place);
  await assert.rejects(log.append(set, [two, slices[3] ?? two]), { code: 'SLICE_GAP' });
  assert.deepEqual(await log.last(set), one.info);
  await log.append(set, [two, three]);
  assert.deepEqual(await readAll(log), contents(slices.slice(0, 3)));
  await opened.close();
});

test('captures are spans of their own; reading goes on over the hole between them', async () => {
  await using dir = tempDir();
  const opened = openLog(dir.path);
  const { log } = opened;
  assert.deepEqual(await log.spans(set), []);
  const old = slicesOf(0n, ends(0, 20));
  const later = slicesOf(1000n, ends(1000, 20));
  const newest = slicesOf(2000n, ends(2000, 1));
  for (const slice of [...old, ...later, ...newest]) await log.append(set, [slice]);
  const bytes = (slices: readonly TestSlice[]): number => slices.reduce((sum, { frame }) => sum + frame.length, 0);
  assert.deepEqual(await log.spans(set), [
    { first: 0n, last: 199n, bytes: bytes(old) },
    { first: 1000n, last: 1199n, bytes: bytes(later) },
    { first: 2000n, last: 2009n, bytes: bytes(newest) },
  ]);
  assert.deepEqual(await readAll(log, 150n), contents([...old.slice(15), ...later, ...newest]));
  await log.drop(set, 1100n);
  const spans = await log.spans(set);
  assert.equal(spans.length, 2);
  const from = spans[0]?.first ?? 0n;
  assert.ok(from > 1000n && from <= 1100n, `${from}`);
  await opened.close();
});

test('old segments are dropped, never the newest slice; the log goes on behind it', async () => {
  await using dir = tempDir();
  let opened = openLog(dir.path);
  const slices = slicesOf(0n, ends(0, 60));
  for (const slice of slices.slice(0, 50)) await opened.log.append(set, [slice]);
  const before = segmentFiles(dir.path).length;
  await opened.log.drop(set, 200n);
  const kept = await readAll(opened.log);
  assert.ok(kept.length >= 30 && kept.length < 45, `${kept.length}`);
  assert.deepEqual(kept, contents(slices.slice(50 - kept.length, 50)));
  assert.ok(segmentFiles(dir.path).length < before);
  await opened.log.drop(set, 10_000n);
  assert.ok((await readAll(opened.log)).length >= 1);
  await opened.close();
  opened = openLog(dir.path);
  await opened.log.append(set, slices.slice(50));
  assert.deepEqual((await readAll(opened.log, 499n)).length, 10);
  await opened.log.removeAll(set);
  assert.equal(await opened.log.last(set), null);
  assert.deepEqual([await opened.log.spans(set), await opened.log.bytes(set), segmentFiles(dir.path)], [[], 0, []]);
  await opened.log.append(set, slices.slice(0, 2));
  assert.deepEqual(await readAll(opened.log), contents(slices.slice(0, 2)));
  await opened.close();
});

test('sets do not see the slices of each other', async () => {
  await using dir = tempDir();
  const opened = openLog(dir.path);
  await opened.log.append(set, slicesOf(0n, ends(0, 3)));
  assert.equal(await opened.log.last('ffffffffffffffffffffffff'), null);
  await assert.rejects(opened.log.last('../up'), { code: 'INTERNAL' });
  await opened.close();
});

test('a slice that was cut off is cut, and the log goes on', async () => {
  await using dir = tempDir();
  const slices = slicesOf(0n, ends(0, 4));
  let opened = openLog(dir.path);
  await opened.log.append(set, slices.slice(0, 2));
  await opened.close();
  const [path = ''] = segmentFiles(dir.path);
  const { size } = statSync(path);
  appendFileSync(path, readFileSync(path).subarray(64, 200));
  opened = openLog(dir.path);
  await opened.log.append(set, slices.slice(2));
  assert.deepEqual(await readAll(opened.log), contents(slices));
  await opened.close();

  truncateSync(path, size - 1);
  opened = openLog(dir.path);
  assert.deepEqual(await opened.log.last(set), slices[3]?.info);
  await assert.rejects(readAll(opened.log), { code: 'STORE_CORRUPT' });
  const next = slicesOf(40n, [49n], slices[3]?.info);
  await opened.log.append(set, next);
  assert.deepEqual(await readAll(opened.log, 39n), contents(next));
  await opened.close();
});

test('reading stops at a flipped bit, wherever it is, and says where', async () => {
  await using dir = tempDir();
  const opened = openLog(dir.path);
  const slices = slicesOf(0n, ends(0, 3));
  await opened.log.append(set, slices);
  const [path = ''] = segmentFiles(dir.path);
  const whole = readFileSync(path);
  for (let bit = 0; bit < whole.length * 8; bit += 7) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(path, flipped);
    const isInHeader = bit < 64 * 8;
    // Slices are found without the header of the file; verify names it all the same.
    if (isInHeader) assert.deepEqual(await readAll(opened.log), contents(slices), `bit ${bit}`);
    else
      await assert.rejects(readAll(opened.log), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'STORE_CORRUPT', `bit ${bit}`);
        assert.ok(error.message.includes(path));
        return true;
      });
    let damaged = 0;
    await opened.log.verify(set, () => damaged++, forever);
    assert.equal(damaged, 1, `bit ${bit}`);
  }
  writeFileSync(path, whole);
  assert.deepEqual(await readAll(opened.log), contents(slices));
  await opened.close();
});

test('a full disk refuses an append whole, and the log goes on when there is room', {
  skip: whyNoSmallDisk(),
}, async () => {
  await using disk = smallDisk(4);
  const opened = openLog(disk.path, { segmentBytes: 2 ** 20 });
  const slices = slicesOf(0n, ends(0, 9));
  const padded = slices.map((slice) => ({ ...slice, frame: Buffer.concat([slice.frame, Buffer.alloc(100_000)]) }));
  await opened.log.append(set, slices.slice(0, 3));
  disk.fill();
  for (let attempt = 0; attempt < 3; attempt++) {
    await assert.rejects(opened.log.append(set, padded.slice(3, 6)), { code: 'STORE_FULL' });
  }
  assert.deepEqual(await opened.log.last(set), slices[2]?.info);
  assert.deepEqual(await readAll(opened.log), contents(slices.slice(0, 3)));
  disk.free();
  await opened.log.append(set, slices.slice(3));
  assert.deepEqual(await readAll(opened.log), contents(slices));
  await opened.close();
});
