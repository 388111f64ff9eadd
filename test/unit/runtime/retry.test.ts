import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../src/runtime/errors.ts';
import { retry } from '../../../src/runtime/retry.ts';

const signal = new AbortController().signal;
const fast = { signal, firstDelayMs: 1, maxDelayMs: 4 };
const retryable = (): AppError => new AppError('TIMEOUT', 'late', { retryable: true });

test('what is retryable is tried again until it succeeds', async () => {
  let calls = 0;
  const work = async (): Promise<string> => {
    if (++calls < 4) throw retryable();
    return 'done';
  };
  assert.equal(await retry(work, fast), 'done');
  assert.equal(calls, 4);
});

test('what is not retryable is thrown at once', async () => {
  let calls = 0;
  const work = async (): Promise<never> => {
    calls++;
    throw new AppError('KEY_REFUSED', 'no');
  };
  await assert.rejects(retry(work, fast), { code: 'KEY_REFUSED' });
  assert.equal(calls, 1);
});

test('patience is counted from the first failure, however long a try takes, and the last failure is thrown', async () => {
  let calls = 0;
  let nowMs = 0;
  const left: number[] = [];
  const work = async (): Promise<never> => {
    nowMs += 10_000;
    throw new AppError('TIMEOUT', `late ${++calls}`, { retryable: true });
  };
  const settings = { ...fast, patienceMs: 25_000, random: () => 1, now: () => nowMs };
  const onRetry = (_: unknown, __: number, leftMs: number) => void left.push(leftMs);
  await assert.rejects(retry(work, { ...settings, onRetry }), { message: 'late 4' });
  assert.deepEqual(left, [24_999, 14_998, 4996]);
});

test('waits double up to the limit, between half and the whole of it', async () => {
  const delays: number[] = [];
  const work = async (): Promise<void> => {
    if (delays.length < 4) throw retryable();
  };
  await retry(work, { ...fast, random: () => 1, onRetry: (_, ms) => void delays.push(ms) });
  assert.deepEqual(delays, [1, 2, 4, 4]);
});

test('an abort ends the wait and the tries', async () => {
  const controller = new AbortController();
  let calls = 0;
  const work = async (): Promise<never> => {
    calls++;
    queueMicrotask(() => controller.abort(new Error('stop')));
    throw retryable();
  };
  await assert.rejects(retry(work, { signal: controller.signal, firstDelayMs: 60_000, maxDelayMs: 60_000 }), {
    message: 'stop',
  });
  assert.equal(calls, 1);
});
