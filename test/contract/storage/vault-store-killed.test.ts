import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { SegmentLog } from '../../../src/storage/filesystem/segment-log.ts';
import { endChild, startChild } from '../../support/child-process.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { numbered, openStore } from '../../unit/storage/pack-blocks.ts';

const set = '0123456789abcdef01234567';
const forever = new AbortController().signal;
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const rounds = Number(process.env['LEAFWARD_KILLS'] ?? 3);

/** Numbers below 1 that follow from the seed (mulberry32). */
function random(): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Lets a process write until a random line, kills it a random moment later, and answers what it acknowledged. */
async function writeAndKill(
  dir: string,
  first: number,
  next: () => number,
): Promise<{ puts: number[]; slice: bigint }> {
  const main = new URL('../../support/store-writer-main.ts', import.meta.url).pathname;
  const child = startChild(process.execPath, [main, dir, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const puts: number[] = [];
  let slice = -1n;
  let lines = 20 + Math.floor(next() * 150);
  assert.ok(child.stdout !== null);
  const closed = once(child, 'close');
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, value = ''] = line.split(' ');
    if (word === 'put') puts.push(Number(value));
    if (word === 'slice') slice = BigInt(value);
    // Lines that it had written before it was killed still come, and count.
    if (--lines === 0) setTimeout(() => child.kill('SIGKILL'), next() * 20);
  }
  await closed;
  await endChild(child, 'SIGKILL');
  assert.equal(child.signalCode, 'SIGKILL', 'the writer failed by itself');
  return { puts, slice };
}

test(`what was acknowledged is there after kill -9, and nothing is damaged (seed ${seed})`, async () => {
  await using dir = tempDir();
  const next = random();
  const live = new Set<number>();
  let slice = -1n;
  for (let round = 0; round < rounds; round++) {
    const first = round * 10_000;
    const written = await writeAndKill(dir.path, first, next);
    assert.ok(written.puts.length > 0);
    for (const number of written.puts) live.add(number);
    if (written.slice > slice) ({ slice } = written);

    const opened = await openStore(dir.path);
    for (const number of live) {
      const { id, stored } = numbered(number, 500 + (number % 7) * 9000);
      assert.deepEqual(await opened.store.read(id), stored, `block ${number} of round ${round}`);
    }
    await opened.store.verify(
      (damage) => assert.fail(JSON.stringify(damage)),
      () => undefined,
      forever,
    );
    const log = new SegmentLog({ database: opened.database, folder: join(dir.path, 'slices') });
    const last = await log.last(set);
    assert.ok((last?.last.ts ?? -1n) >= slice, `slices to ${last?.last.ts}, acknowledged to ${slice}`);
    let end = -1n;
    for await (const { info, content } of log.read(set, 0n, forever)) {
      assert.equal(info.first, end + 1n);
      assert.ok(content.toString().startsWith(`entries from ${info.first} to ${info.last.ts} `));
      end = info.last.ts;
    }
    assert.equal(end, last?.last.ts);
    const { bytes } = await opened.store.use();
    const onDisk = bytesOf(dir.path, 'packs');
    assert.equal(onDisk, bytes, 'no file is forgotten');
    assert.equal(bytesOf(dir.path, 'slices'), await log.bytes(set));
    await log.close();
    await opened.close();
  }
});

function bytesOf(dir: string, folder: string): number {
  const root = join(dir, folder);
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(root, name)))
    .reduce((sum, found) => sum + (found.isFile() ? found.size : 0), 0);
}
