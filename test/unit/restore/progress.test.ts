import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProgressMeter, type RestoreProgress } from '../../../src/restore/progress.ts';
import { forEachAtOnce, Slots } from '../../../src/restore/slots.ts';

test('progress tells rate and time left, once a second at most, and that it stands still', () => {
  const told: RestoreProgress[] = [];
  let nowMs = 0;
  const meter = new ProgressMeter(
    (progress) => void told.push(progress),
    () => nowMs,
  );
  meter.begin('data', 1000);
  for (; nowMs < 4000; nowMs += 100) meter.add(1, 10);
  assert.equal(told.length, 4);
  const last = told.at(-1);
  assert.equal(last?.phase, 'data');
  assert.ok(Math.abs((last?.bytesPerSecond ?? 0) - 100) < 5, `${last?.bytesPerSecond}`);
  assert.ok(Math.abs((last?.secondsLeft ?? 0) - 7) < 0.5, `${last?.secondsLeft}`);
  for (; nowMs < 20_000; nowMs += 1000) meter.tick();
  assert.equal(told.at(-1)?.bytesPerSecond, 0);
  assert.equal(told.at(-1)?.secondsLeft, null);
  meter.begin('proof', 50);
  assert.deepEqual([told.at(-1)?.phase, told.at(-1)?.bytes, told.at(-1)?.allBytes], ['proof', 0, 50]);
});

test('what is under way is told while it is', async () => {
  const told: RestoreProgress[] = [];
  let nowMs = 0;
  const meter = new ProgressMeter(
    (progress) => void told.push(progress),
    () => nowMs,
  );
  await meter.during('indexes of shop.orders', async () => {
    nowMs += 2000;
    meter.tick();
  });
  nowMs += 2000;
  meter.tick();
  assert.deepEqual(
    told.map(({ doing }) => doing),
    [['indexes of shop.orders'], ['indexes of shop.orders'], []],
  );
});

test('work goes on so many at once, and after a failure nothing new is begun', async () => {
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const slots = new Slots(3);
  const work = async (item: number): Promise<void> => {
    begun.push(item);
    await slots.take();
    most = Math.max(most, ++running);
    await new Promise((done) => setImmediate(done));
    running--;
    slots.release();
    if (item === 10) throw new Error('the tenth');
  };
  await assert.rejects(
    forEachAtOnce(
      Array.from({ length: 100 }, (_, n) => n),
      8,
      work,
    ),
    /the tenth/,
  );
  assert.equal(most, 3);
  assert.equal(running, 0);
  assert.ok(begun.length < 30, `${begun.length} were begun`);
});
