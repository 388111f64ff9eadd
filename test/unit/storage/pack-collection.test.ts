import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fc } from '../../support/properties.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { numbered, openStore } from './pack-blocks.ts';

const numbers = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), numbers }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask' as const), numbers }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pin' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('release' as const), which: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('collect' as const), live: numbers, meanwhile: numbers }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);

test('no collection frees what is live or pinned, and what is freed can be put again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      await using dir = tempDir();
      const options = { packBytes: 3000 };
      let opened = await openStore(dir.path, options);
      /** Must be there. Each pin guards what was put or found since it was taken. */
      let kept = new Set<number>();
      let pins: { readonly guarded: Set<number>; readonly pin: { release(): void } }[] = [];
      const touch = (touched: readonly number[]): void => {
        for (const { guarded } of pins) for (const number of touched) guarded.add(number);
      };
      const put = async (given: readonly number[]): Promise<void> => {
        await opened.store.put(given.map((number) => numbered(number, 400)));
        for (const number of given) kept.add(number);
        touch(given);
      };
      for (const one of steps) {
        if (one.kind === 'put') await put(one.numbers);
        else if (one.kind === 'ask') {
          const there = await opened.store.has(one.numbers.map((number) => numbered(number, 400).id));
          const found = one.numbers.filter((_, at) => there[at]);
          for (const number of one.numbers.filter((wanted) => kept.has(wanted))) assert.ok(found.includes(number));
          touch(found);
          for (const number of found) kept.add(number);
        } else if (one.kind === 'pin') pins.push({ guarded: new Set(), pin: opened.store.pin() });
        else if (one.kind === 'release') for (const { pin } of pins.splice(one.which, 1)) pin.release();
        else if (one.kind === 'collect') {
          const guarded = pins.flatMap((pinned) => [...pinned.guarded]);
          await opened.store.collect(async (markLive) => {
            for (const number of one.live) markLive(numbered(number, 400).id);
            await put(one.meanwhile);
          }, new AbortController().signal);
          const reachable = new Set([...one.live, ...one.meanwhile, ...guarded]);
          kept = new Set([...kept].filter((number) => reachable.has(number)));
        } else {
          await opened.close();
          opened = await openStore(dir.path, options);
          pins = [];
        }
        for (const number of kept) {
          assert.deepEqual(await opened.store.read(numbered(number, 400).id), numbered(number, 400).stored);
        }
      }
      await opened.store.verify(
        (damage) => assert.fail(damage.why),
        () => undefined,
        new AbortController().signal,
      );
      const rows = opened.database.prepare('SELECT count(*) AS n FROM blocks').get()?.['n'];
      assert.equal((await opened.store.use()).blocks, rows);
      await opened.close();
    }),
    { numRuns: 30 },
  );
});

test('a collection that is stopped anywhere loses nothing, and the next one finishes its work', async () => {
  await using dir = tempDir();
  const live = [3, 40, 41, 77];
  for (let stopAt = 0, wasStopped = true; wasStopped; stopAt++) {
    const folder = dir.file(`${stopAt}`);
    const opened = await openStore(folder, { packBytes: 9000 });
    await opened.store.put(Array.from({ length: 80 }, (_, number) => numbered(number, 400)));
    const collect = (signal: AbortSignal) =>
      opened.store.collect(async (markLive) => {
        for (const number of live) markLive(numbered(number, 400).id);
      }, signal);
    const { signal } = new AbortController();
    let asked = 0;
    wasStopped = false;
    signal.throwIfAborted = () => {
      if (asked++ < stopAt) return;
      wasStopped = true;
      throw new Error('stopped');
    };
    await collect(signal).catch(() => undefined);
    assert.equal((await opened.store.use()).blocks >= live.length, true);
    await collect(new AbortController().signal);
    for (const number of live) {
      assert.deepEqual(await opened.store.read(numbered(number, 400).id), numbered(number, 400).stored);
    }
    const { blocks, bytes } = await opened.store.use();
    assert.deepEqual([blocks, bytes < 4000], [live.length, true], `stopped at ${stopAt}`);
    await opened.close();
    assert.ok(stopAt < 100);
  }
});
