import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { DataKeys } from '../../../src/storage/filesystem/sealed-bytes.ts';
import { BlockIndex } from '../../../src/storage/sqlite/block-index.ts';
import type { BlockDamage } from '../../../src/vault/ports.ts';
import { smallDisk, whyNoSmallDisk } from '../../support/small-disk.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { numbered, type OpenedStore, openStore } from './pack-blocks.ts';

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const forever = new AbortController().signal;

function packFiles(dir: string): string[] {
  return readdirSync(join(dir, 'packs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.pack'))
    .map((name) => join(dir, 'packs', name))
    .toSorted();
}

async function assertHolds({ store }: OpenedStore, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    const { id, stored } = numbered(number);
    assert.deepEqual(await store.read(id), stored);
  }
}

async function damages({ store }: OpenedStore): Promise<BlockDamage[]> {
  const found: BlockDamage[] = [];
  await store.verify(
    (damage) => found.push(damage),
    () => undefined,
    forever,
  );
  return found;
}

function collectAllBut(opened: OpenedStore, numbers: readonly number[]): ReturnType<OpenedStore['store']['collect']> {
  return opened.store.collect(async (markLive) => {
    for (const number of numbers) markLive(numbered(number).id);
  }, forever);
}

test('what was put is there after the store was opened again, once, in packs of about the size asked for', async () => {
  await using dir = tempDir();
  let opened = await openStore(dir.path);
  const first = await opened.store.put(range(0, 50).map((n) => numbered(n)));
  assert.deepEqual(first, { newBlocks: 50, newBytes: 50_000 });
  const again = await opened.store.put([...range(40, 60), 59, 59].map((n) => numbered(n)));
  assert.deepEqual(again, { newBlocks: 10, newBytes: 10_000 });
  await opened.close();
  opened = await openStore(dir.path);
  await assertHolds(opened, range(0, 60));
  const ids = [5, 60, 59].map((n) => numbered(n).id);
  assert.deepEqual(await opened.store.has(ids), [true, false, true]);
  await assert.rejects(opened.store.read(numbered(60).id), { code: 'STORE_CORRUPT' });
  const sizes = packFiles(dir.path).map((path) => statSync(path).size);
  assert.ok(sizes.length >= 3 && sizes.every((size) => size < 21_100), sizes.join());
  const { blocks, bytes } = await opened.store.use();
  assert.equal(blocks, 60);
  assert.equal(
    bytes,
    sizes.reduce((sum, size) => sum + size, 0),
  );
  assert.deepEqual(await damages(opened), []);
  await opened.close();
});

test('puts at the same time share their syncs; what belongs to one is in its transaction', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  opened.database.prepare('CREATE TABLE notes (text TEXT) STRICT').run();
  const note = (text: string) => () => void opened.database.prepare('INSERT INTO notes VALUES (?)').run(text);
  const refused = opened.store.put([numbered(7)], () => {
    note('lost')();
    throw new Error('refused by its owner');
  });
  const results = await Promise.all(range(0, 20).map((n) => opened.store.put([numbered(n)], note(`put ${n}`))));
  await assert.rejects(refused, /refused by its owner/);
  assert.equal(
    results.reduce((sum, { newBlocks }) => sum + newBlocks, 0),
    19,
  );
  assert.equal(opened.database.prepare('SELECT count(*) AS n FROM notes').get()?.['n'], 20);
  await assertHolds(opened, range(0, 20));
  await opened.close();
});

test('bytes of a write that was cut off are cut, and writing goes on', async () => {
  await using dir = tempDir();
  let opened = await openStore(dir.path);
  await opened.store.put([numbered(1)]);
  await opened.close();
  const [path = ''] = packFiles(dir.path);
  const whole = readFileSync(path);
  appendFileSync(path, whole.subarray(64, 900));
  opened = await openStore(dir.path);
  assert.equal(statSync(path).size, whole.length);
  await opened.store.put([numbered(2)]);
  await assertHolds(opened, [1, 2]);
  assert.equal(packFiles(dir.path).length, 1);
  assert.deepEqual(await damages(opened), []);
  await opened.close();
});

test('a pack that lost its end is not appended to, and says what is missing', async () => {
  await using dir = tempDir();
  let opened = await openStore(dir.path);
  await opened.store.put([numbered(1), numbered(2)]);
  await opened.close();
  const [path = ''] = packFiles(dir.path);
  truncateSync(path, statSync(path).size - 10);
  opened = await openStore(dir.path);
  await opened.store.put([numbered(3)]);
  await assertHolds(opened, [1, 3]);
  await assert.rejects(opened.store.read(numbered(2).id), (error: Error & { details?: object }) => {
    assert.deepEqual(Object.keys(error.details ?? {}), ['block', 'pack', 'at']);
    return 'code' in error && error.code === 'STORE_CORRUPT' && error.message.includes(path);
  });
  const found = await damages(opened);
  assert.ok(found.some(({ id, pack }) => id?.equals(numbered(2).id) === true && pack === path));
  await opened.close();
});

for (const encrypted of [false, true]) {
  const keys: DataKeys = {
    current: () => ({ number: 1, key: Buffer.alloc(32, 5) }),
    find: (number) => ({ number, key: Buffer.alloc(32, number === 1 ? 5 : 6) }),
  };
  const options = encrypted ? { keys } : {};

  test(`every flipped bit of a pack is found, and only its block is lost (${encrypted ? 'encrypted' : 'plain'})`, async () => {
    await using dir = tempDir();
    const opened = await openStore(dir.path, options);
    await opened.store.put(range(0, 3).map((n) => numbered(n, 100)));
    await opened.close();
    const [path = ''] = packFiles(dir.path);
    const whole = readFileSync(path);
    const reopened = await openStore(dir.path, options);
    for (let bit = 64 * 8; bit < whole.length * 8; bit += 13) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      writeFileSync(path, flipped);
      const hurt = Math.floor((bit / 8 - 64) / 172);
      for (const number of range(0, 3)) {
        const read = reopened.store.read(numbered(number, 100).id);
        if (number === hurt) await assert.rejects(read, { code: 'STORE_CORRUPT' }, `bit ${bit}`);
        else await read;
      }
      const ids = (await damages(reopened)).map(({ id }) => id?.toString('hex'));
      assert.ok(ids.includes(numbered(hurt, 100).id.toString('hex')), `bit ${bit}`);
      for (const number of range(0, 3).filter((n) => n !== hurt)) {
        assert.ok(!ids.includes(numbered(number, 100).id.toString('hex')), `bit ${bit}`);
      }
    }
    await reopened.close();
  });
}

test('every flipped bit of the header of a pack is found, and no block is lost', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  await opened.store.put([numbered(1)]);
  const [path = ''] = packFiles(dir.path);
  const whole = readFileSync(path);
  for (let bit = 0; bit < 64 * 8; bit++) {
    const flipped = Buffer.from(whole);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    writeFileSync(path, flipped);
    const found = (await damages(opened)).map(({ id, pack }) => [id, pack]);
    assert.deepEqual(found, [[null, path]], `bit ${bit}`);
  }
  await assertHolds(opened, [1]);
  await opened.close();
});

test('a pack that was only begun when its writer was cut off is no damage', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  await opened.store.put([numbered(1)]);
  const [path = ''] = packFiles(dir.path);
  const begun = new BlockIndex(opened.database, 'g1').addPack();
  const begunPath = path.replace(/[0-9a-f]+[/\\][0-9a-f]+(?=\.pack$)/, `0${begun}/0000000${begun}`);
  mkdirSync(dirname(begunPath), { recursive: true });
  for (const header of ['', 'LW']) {
    writeFileSync(begunPath, header);
    assert.deepEqual(await damages(opened), []);
  }
  await opened.close();
});

test('an encrypted store shows nothing of its blocks and is read with its keys alone', async () => {
  await using dir = tempDir();
  const found = new Map([[1, Buffer.alloc(32, 1)]]);
  const keys: DataKeys = {
    current: () => ({
      number: Math.max(...found.keys()),
      key: found.get(Math.max(...found.keys())) ?? Buffer.alloc(0),
    }),
    find: (number) => ({ number, key: found.get(number) ?? Buffer.alloc(32) }),
  };
  const opened = await openStore(dir.path, { keys });
  await opened.store.put([numbered(1)]);
  found.set(2, Buffer.alloc(32, 2));
  await opened.store.put([numbered(2)]);
  await assertHolds(opened, [1, 2]);
  await opened.close();
  const bytes = Buffer.concat(packFiles(dir.path).map((path) => readFileSync(path)));
  for (const number of [1, 2]) assert.equal(bytes.indexOf(numbered(number).stored.subarray(0, 16)), -1);
  const locked = await openStore(dir.path);
  await assert.rejects(locked.store.read(numbered(1).id), { code: 'STORE_CORRUPT' });
  await locked.close();
  found.set(1, Buffer.alloc(32, 9));
  const wrong = await openStore(dir.path, { keys });
  await assert.rejects(wrong.store.read(numbered(1).id), { code: 'STORE_CORRUPT' });
  await assertHolds(wrong, [2]);
  await wrong.close();
});

test('a lost index is built again from the packs, also behind damage', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  await opened.store.put(range(0, 60).map((n) => numbered(n)));
  await opened.close();
  for (const name of ['vault.db', 'vault.db-wal', 'vault.db-shm']) rmSync(dir.file(name), { force: true });
  const [first = ''] = packFiles(dir.path);
  const bytes = readFileSync(first);
  bytes.fill(0, 64 + 1072 * 3 + 10, 64 + 1072 * 5 - 10);
  writeFileSync(first, bytes);
  const rebuilt = await openStore(dir.path);
  const seen: BlockDamage[] = [];
  const learned = await rebuilt.store.rebuildIndex((damage) => seen.push(damage), forever);
  assert.deepEqual(learned, { packs: packFiles(dir.path).length, blocks: 58 });
  assert.deepEqual(
    seen.map(({ pack }) => pack),
    [first],
  );
  await assertHolds(rebuilt, [...range(0, 3), ...range(5, 60)]);
  assert.deepEqual(await rebuilt.store.has([numbered(3).id, numbered(4).id]), [false, false]);
  assert.deepEqual(await rebuilt.store.put(range(0, 60).map((n) => numbered(n))), { newBlocks: 2, newBytes: 2000 });
  await assertHolds(rebuilt, range(0, 60));
  await rebuilt.close();
});

test('a collection frees what nothing names, rewrites packs that are mostly dead, and leaves the others', async () => {
  await using dir = tempDir();
  let opened = await openStore(dir.path);
  await opened.store.put(range(0, 95).map((n) => numbered(n)));
  const before = packFiles(dir.path);
  assert.equal(before.length, 5);
  // Of the five packs of 19 blocks: all live, 12 live, 5 live, none live, all live.
  const live = [...range(0, 19), ...range(26, 38), ...range(40, 45), ...range(76, 95)];
  const result = await collectAllBut(opened, live);
  const after = packFiles(dir.path);
  assert.ok(before.slice(0, 2).every((path) => after.includes(path)));
  assert.ok(!after.includes(before[2] ?? '') && !after.includes(before[3] ?? ''));
  assert.equal(result.removedPacks, 2);
  assert.ok(result.rewrittenBytes >= 5 * 1072 && result.rewrittenBytes < 8 * 1072, `${result.rewrittenBytes}`);
  assert.ok((await opened.store.use()).deadBytes >= 5 * 1072);
  await assertHolds(opened, live);
  await opened.close();
  opened = await openStore(dir.path);
  await assertHolds(opened, live);
  assert.deepEqual(await damages(opened), []);
  await opened.close();
});

test('what was put or asked for since a pin is kept, and goes after its release', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  await opened.store.put(range(0, 19).map((n) => numbered(n)));
  const pin = opened.store.pin();
  await opened.store.has([numbered(3).id]);
  await opened.store.put([numbered(4), ...range(100, 119).map((n) => numbered(n))]);
  await collectAllBut(opened, []);
  await assertHolds(opened, [3, 4, ...range(100, 119)]);
  pin.release();
  pin.release();
  await collectAllBut(opened, []);
  assert.deepEqual(await opened.store.has([3, 4, 100].map((n) => numbered(n).id)), [false, false, false]);
  assert.deepEqual(packFiles(dir.path), []);
  await opened.close();
});

test('a put or a question while a collection marks keeps its blocks', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  await opened.store.put(range(0, 38).map((n) => numbered(n)));
  const collected = opened.store.collect(async () => {
    assert.deepEqual(await opened.store.has([numbered(1).id]), [true]);
    await opened.store.put([numbered(2), numbered(500)]);
  }, forever);
  await assert.rejects(collectAllBut(opened, []), { code: 'CONFLICT' });
  await collected;
  await assertHolds(opened, [1, 2, 500]);
  await opened.close();
});

test('what a pin guards is kept by a collection that began while it was held, also when it is released meanwhile', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  await opened.store.put(range(0, 19).map((n) => numbered(n)));
  const pin = opened.store.pin();
  await opened.store.has([numbered(1).id]);
  // So many that what came before is held by a filter of its own.
  await opened.store.has(Array.from({ length: 66_000 }, () => numbered0));
  await opened.store.collect(async () => pin.release(), forever);
  await assertHolds(opened, [0, 1]);
  assert.deepEqual(await opened.store.has([numbered(2).id]), [false]);
  await opened.close();
});
const numbered0 = numbered(0).id;

test('packs younger than the grace period are left alone', async () => {
  await using dir = tempDir();
  let now = 1_768_003_200_000;
  const opened = await openStore(dir.path, { graceMs: 1000, clock: { now: () => now } });
  await opened.store.put(range(0, 19).map((n) => numbered(n)));
  now += 999;
  assert.equal((await collectAllBut(opened, [])).removedPacks, 0);
  await assertHolds(opened, range(0, 19));
  now += 1;
  assert.equal((await collectAllBut(opened, [])).removedPacks, 1);
  await opened.close();
});

test('groups do not see the blocks of each other', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path);
  await opened.store.put([numbered(1)]);
  const { openPackStore } = await import('../../../src/storage/filesystem/pack-store.ts');
  const other = await openPackStore({
    database: opened.database,
    folder: dir.file('other'),
    groupId: 'g2',
    clock: { now: () => 0 },
  });
  assert.deepEqual(await other.has([numbered(1).id]), [false]);
  await assert.rejects(other.read(numbered(1).id), { code: 'STORE_CORRUPT' });
  assert.deepEqual(await other.put([numbered(1)]), { newBlocks: 1, newBytes: 1000 });
  await other.close();
  await opened.close();
});

test('a full disk refuses a put whole; what was there stays, and writing goes on by itself', {
  skip: whyNoSmallDisk(),
}, async () => {
  await using disk = smallDisk(6);
  const opened = await openStore(disk.path, { packBytes: 2 ** 20 });
  const large = (n: number) => numbered(n, 200_000);
  await opened.store.put([large(0), large(1)]);
  disk.fill();
  for (let attempt = 0; attempt < 3; attempt++) {
    await assert.rejects(opened.store.put([large(2), large(3)]), { code: 'STORE_FULL' });
  }
  assert.deepEqual(await opened.store.has([large(2).id, large(0).id]), [false, true]);
  assert.deepEqual(await opened.store.read(large(1).id), large(1).stored);
  disk.free();
  assert.deepEqual(await opened.store.put([large(2), large(3)]), { newBlocks: 2, newBytes: 400_000 });
  for (const n of range(0, 4)) assert.deepEqual(await opened.store.read(large(n).id), large(n).stored);
  assert.deepEqual(await damages(opened), []);
  await opened.close();
  const again = await openStore(disk.path);
  for (const n of range(0, 4)) assert.deepEqual(await again.store.read(large(n).id), large(n).stored);
  assert.ok(packFiles(disk.path).length <= 2, packFiles(disk.path).join());
  await again.close();
});

test('packs that are collected while they are verified are no damage', async () => {
  await using dir = tempDir();
  const opened = await openStore(dir.path, { packBytes: 3000 });
  await opened.store.put(Array.from({ length: 200 }, (_, number) => numbered(number, 400)));
  const signal = new AbortController().signal;
  const damage: string[] = [];
  const verified = opened.store.verify(
    ({ why }) => damage.push(why),
    () => undefined,
    signal,
  );
  const collected = opened.store.collect(async (markLive) => markLive(numbered(7, 400).id), signal);
  await Promise.all([verified, collected]);
  assert.ok((await collected).removedPacks > 20);
  assert.deepEqual(damage, []);
  await opened.close();
});
