import { join } from 'node:path';
import { openPackStore } from '../../src/storage/filesystem/pack-store.ts';
import { SegmentLog } from '../../src/storage/filesystem/segment-log.ts';
import { numbered, openTestDatabase } from '../unit/storage/pack-blocks.ts';
import { slicesOf } from '../unit/storage/slices.ts';

/**
 * A process of its own that puts blocks, appends slices and collects garbage until it is killed. It prints `put N` and `slice TS` when those were
 * acknowledged; of blocks, each tenth stays live.
 */
const [dir = '', first = '0'] = process.argv.slice(2);
const set = '0123456789abcdef01234567';
const database = openTestDatabase(dir);
const store = await openPackStore({
  database,
  folder: join(dir, 'packs'),
  groupId: 'g1',
  clock: { now: () => 1_768_003_200_000 },
  packBytes: 300_000,
  graceMs: 0,
});
const log = new SegmentLog({ database, folder: join(dir, 'slices'), segmentBytes: 100_000 });

async function put(): Promise<never> {
  for (let number = Number(first); ; number += 10) {
    const blocks = Array.from({ length: 10 }, (_, at) => numbered(number + at, 500 + ((number + at) % 7) * 9000));
    await store.put(blocks);
    process.stdout.write(`put ${number}\n`);
  }
}

async function append(): Promise<never> {
  for (let last = await log.last(set); ; ) {
    const from = (last?.last.ts ?? -1n) + 1n;
    const slices = slicesOf(from, [from + 9n, from + 19n, from + 29n], last);
    await log.append(set, slices);
    last = slices.at(-1)?.info ?? null;
    process.stdout.write(`slice ${from + 29n}\n`);
  }
}

/** Everything is dead but each tenth block, whatever its number. */
async function collect(): Promise<never> {
  for (let round = 0; ; round++) {
    await store.collect(async (markLive) => {
      for (let number = 0; number < Number(first) + 20_000; number += 10) markLive(blockId(number));
    }, new AbortController().signal);
    process.stdout.write(`collected ${round}\n`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const ids = new Map<number, Buffer>();
function blockId(number: number): Buffer {
  const found = ids.get(number) ?? numbered(number, 500 + (number % 7) * 9000).id;
  ids.set(number, found);
  return found;
}

await Promise.all([put(), append(), collect()]);
