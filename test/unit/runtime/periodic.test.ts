import assert from 'node:assert/strict';
import { test } from 'node:test';
import { periodic } from '../../../src/runtime/periodic.ts';

test('goes on after a failure, which is told, and ends when the signal aborts', async () => {
  const controller = new AbortController();
  const told: unknown[] = [];
  let runs = 0;
  const work = async (): Promise<void> => {
    runs++;
    if (runs === 3) controller.abort();
    if (runs < 3) throw new Error(`run ${runs}`);
  };
  await periodic(work, { intervalMs: 1, signal: controller.signal, onError: (thrown) => told.push(String(thrown)) });
  assert.equal(runs, 3);
  assert.deepEqual(told, ['Error: run 1', 'Error: run 2']);
});

test('never runs twice at once: ticks that a slow run misses are left out', async () => {
  const controller = new AbortController();
  let [running, runs] = [0, 0];
  const work = async (): Promise<void> => {
    running++;
    assert.equal(running, 1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    running--;
    if (++runs === 3) controller.abort();
  };
  await periodic(work, { intervalMs: 1, signal: controller.signal, onError: assert.ifError });
  assert.equal(runs, 3);
});

test('an abort while it waits ends it at once', async () => {
  const controller = new AbortController();
  const options = {
    intervalMs: 3_600_000,
    firstDelayMs: 3_600_000,
    signal: controller.signal,
    onError: assert.ifError,
  };
  const ended = periodic(() => Promise.reject(new Error('must not run')), options);
  controller.abort();
  await ended;
});
