import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { longestFirst } from '../../support/run-times.ts';
import { runScheduled, type ScheduleLimits } from '../../support/schedule.ts';

/** Work that ends when the test says so. */
class Works {
  readonly begun: number[] = [];
  readonly #ends = new Map<number, () => void>();
  readonly run = (item: number): Promise<void> => {
    this.begun.push(item);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ends.set(item, resolve);
    return promise;
  };

  end(item: number): void {
    this.#ends.get(item)?.();
  }
}

/** Ticks of no length: the schedule looks as often as the event loop turns. */
function limits(changes: Partial<ScheduleLimits> = {}): ScheduleLimits {
  return { least: 2, most: 4, idleCores: () => 0, freeBytes: () => 2 ** 40, everyMs: 0, ...changes };
}

test('as many as cores run at once, in order, whatever the machine does', async () => {
  const works = new Works();
  let looks = 0;
  const idleCores = (): number => {
    looks++;
    return 0;
  };
  const all = runScheduled([1, 2, 3], works.run, limits({ idleCores, freeBytes: () => 0 }));
  await eventually(() => looks > 40);
  assert.deepEqual(works.begun, [1, 2]);
  works.end(2);
  await eventually(() => works.begun.length === 3);
  works.end(1);
  works.end(3);
  await all;
});

test('more begin while cores are idle and memory is free, one after the other, up to the bound', async () => {
  const works = new Works();
  let freeBytes = 0;
  let looks = 0;
  const begunAt: number[] = [];
  const idleCores = (): number => {
    looks++;
    return 1;
  };
  const run = (item: number): Promise<void> => {
    begunAt.push(looks);
    return works.run(item);
  };
  const all = runScheduled([1, 2, 3, 4, 5], run, limits({ idleCores, freeBytes: () => freeBytes }));
  await eventually(() => looks > 40);
  assert.deepEqual(works.begun, [1, 2]);
  freeBytes = 2 ** 40;
  await eventually(() => works.begun.length === 4);
  const enough = looks + 40;
  await eventually(() => looks > enough);
  assert.deepEqual(works.begun, [1, 2, 3, 4]);
  assert.ok((begunAt[3] ?? 0) >= (begunAt[2] ?? 0) + 8, `begun at ${begunAt.join(', ')}`);
  for (const item of [1, 2, 3, 4]) works.end(item);
  await eventually(() => works.begun.length === 5);
  works.end(5);
  await all;
});

test('the longest come first; what never ran is taken for one of its folder', () => {
  const known = new Map([
    ['unit/slow.test.ts', 90_000],
    ['pages/quick.test.ts', 500],
  ]);
  const files = ['unit/new.test.ts', 'pages/quick.test.ts', 'unit/slow.test.ts', 'app/new.test.ts', 'a.test.ts'];
  const order = longestFirst(files, (name) => name, known);
  assert.deepEqual(order, [
    'unit/slow.test.ts',
    'app/new.test.ts',
    'unit/new.test.ts',
    'a.test.ts',
    'pages/quick.test.ts',
  ]);
});
