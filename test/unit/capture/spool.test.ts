import assert from 'node:assert/strict';
import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type ChainEnd, emptyChain, makeSlice, type Slice } from '../../../src/capture/tail/slice.ts';
import { Spool } from '../../../src/capture/tail/spool.ts';
import { SpoolRoom } from '../../../src/capture/tail/spool-room.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

const set = '0123456789abcdef01234567';

async function openSpool(
  folder: TempDir,
  limitBytes = 2 ** 20,
): Promise<{ spool: Spool; room: SpoolRoom; path: string }> {
  const room = new SpoolRoom(folder.file('spool'), limitBytes);
  await room.open();
  const spool = new Spool(room, set);
  await spool.open();
  return { spool, room, path: folder.file(`spool/${set}`) };
}

/** The slice after the end of the spool: one entry at this timestamp. */
async function add(spool: Spool, ts: bigint): Promise<{ slice: Slice; end: ChainEnd; taken: boolean }> {
  const { after } = spool.end;
  const content = { after, bytes: Buffer.alloc(100, Number(ts)), first: ts, last: { ts, term: 1 }, entries: 1 };
  const slice = await makeSlice(spool.end, content, 1);
  const taken = await spool.append(slice);
  return { slice, end: { after: content.last, chain: Buffer.from(slice.meta.chain, 'hex') }, taken };
}

const start: ChainEnd = { after: null, chain: emptyChain };
const begin = { ts: 1n, term: 1 };

test('slices come out in order, also after a restart; what the server has is gone from the disk', async () => {
  await using folder = tempDir('spool');
  const first = await openSpool(folder);
  await first.spool.align(start, begin);
  const ends: ChainEnd[] = [];
  for (let ts = 1n; ts <= 5n; ts++) ends.push((await add(first.spool, ts)).end);
  first.spool.release();
  assert.equal(first.room.usedBytes, 0);
  const { spool, room, path } = await openSpool(folder);
  await spool.align(ends[1] ?? start, begin);
  const left = await spool.oldest(2 ** 20, 10);
  assert.deepEqual(
    left.map(({ meta }) => meta.first),
    ['0:3', '0:4', '0:5'],
  );
  assert.equal((await spool.oldest(1, 10)).length, 1);
  assert.equal(await spool.acknowledge(ends[4] ?? start), true);
  assert.deepEqual(readdirSync(path), []);
  assert.equal(room.usedBytes, 0);
  assert.deepEqual(spool.end, ends[4]);
  const { slice } = await add(spool, 6n);
  assert.equal(slice.meta.after?.ts, '0:5');
});

test('the next slice follows on from what the server has while its files are still being removed', async () => {
  await using folder = tempDir('spool');
  const { spool } = await openSpool(folder);
  await spool.align(start, begin);
  await add(spool, 1n);
  const { end } = await add(spool, 2n);
  const removed = spool.acknowledge(end);
  assert.deepEqual(spool.end, end);
  const next = add(spool, 3n);
  await removed;
  assert.equal((await next).slice.meta.after?.ts, '0:2');
  const aligned = spool.align((await next).end, begin);
  assert.deepEqual(spool.end, (await next).end);
  await aligned;
});

test('what does not follow on from where the server is goes, and reading begins there', async () => {
  await using folder = tempDir('spool');
  const { spool, path } = await openSpool(folder);
  await spool.align(start, begin);
  const { end } = await add(spool, 1n);
  await add(spool, 2n);
  assert.equal(await spool.acknowledge({ after: { ts: 9n, term: 1 }, chain: emptyChain }), false);
  assert.equal(readdirSync(path).length, 2);
  // The same timestamp in another chain is another past.
  const elsewhere = { after: end.after, chain: Buffer.alloc(32, 7) };
  await spool.align(elsewhere, begin);
  assert.deepEqual(readdirSync(path), []);
  assert.deepEqual(spool.end, elsewhere);
});

test('what an earlier capture left goes when the server has nothing of it and another one begins', async () => {
  await using folder = tempDir('spool');
  const { spool, path } = await openSpool(folder);
  await spool.align(start, begin);
  await add(spool, 1n);
  await spool.align(start, begin);
  assert.equal(readdirSync(path).length, 1);
  await spool.align(start, { ts: 2n, term: 1 });
  assert.deepEqual(readdirSync(path), []);
  const { slice } = await add(spool, 2n);
  assert.equal(slice.meta.after, null);
});

test('a file that is damaged, and all after it, is not taken', async () => {
  for (const damage of [
    (file: string) => truncateSync(file, readFileSync(file).length - 3),
    (file: string) => appendFileSync(file, 'more'),
    (file: string) => writeFileSync(file, ''),
  ]) {
    await using folder = tempDir('spool');
    const before = await openSpool(folder);
    await before.spool.align(start, begin);
    for (let ts = 1n; ts <= 4n; ts++) await add(before.spool, ts);
    const [, , third = ''] = readdirSync(before.path).toSorted();
    writeFileSync(`${before.path}/000000000009.lwslice.tmp`, 'half');
    damage(`${before.path}/${third}`);
    const { spool, path } = await openSpool(folder);
    await spool.align(start, begin);
    assert.equal((await spool.oldest(2 ** 20, 10)).length, 2);
    assert.equal(readdirSync(path).length, 2);
    assert.equal(spool.end.after?.ts, 2n);
  }
});

test('the limit holds for all sets together; one slice is always taken', async () => {
  await using folder = tempDir('spool');
  const room = new SpoolRoom(folder.file('spool'), 500);
  await room.open();
  const [one, other] = [new Spool(room, set), new Spool(room, 'f'.repeat(24))];
  for (const spool of [one, other]) {
    await spool.open();
    await spool.align(start, begin);
  }
  assert.equal((await add(one, 1n)).taken, true);
  const { taken, end } = await add(other, 1n);
  assert.equal(taken, false);
  await one.acknowledge(one.end);
  assert.equal((await add(other, 1n)).taken, true);
  assert.deepEqual(other.end, end);
  const tiny = new SpoolRoom(folder.file('tiny'), 1);
  await tiny.open();
  const last = new Spool(tiny, set);
  await last.open();
  await last.align(start, begin);
  assert.equal((await add(last, 1n)).taken, true);
});
