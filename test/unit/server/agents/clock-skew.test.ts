import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockSkew } from '../../../../src/server/agents/clock-skew.ts';

const sentAtMs = Date.UTC(2026, 10, 22);

/** The corrections of one agent's messages that arrive so long after their time of sending, in order. */
function corrections(delaysMs: readonly number[], skew = new ClockSkew()): number[] {
  return delaysMs.map((delayMs) => skew.correctionMs('one', sentAtMs, sentAtMs + delayMs));
}

test('a message that waited for a busy server keeps the times of its samples', () => {
  assert.deepEqual(corrections([50, 12_000, 60, 3000, 2500, 40]), [0, 0, 0, 0, 0, 0]);
});

test('a clock that is behind shows in every message, and its least delay is taken', () => {
  assert.deepEqual(corrections([31_000, 30_050, 30_400, 39_000, 30_100, 30_050, 30_900]), [
    ...[0, 0, 0, 0, 0],
    ...[30_000, 30_000],
  ]);
});

test('what no delay explains is corrected at once: a clock that is ahead, or behind by more than anybody waits', () => {
  assert.deepEqual(corrections([-5050, -4900, -5900]), [-5000, -5000, -5000]);
  assert.deepEqual(corrections([3_600_040, 3_600_900, 3_601_100]), [3_600_000, 3_600_000, 3_600_000]);
});

test('a clock that was set right is believed at once, one agent at a time', () => {
  const skew = new ClockSkew();
  assert.deepEqual(corrections([3_600_000, 30, 40], skew), [3_600_000, 0, 0]);
  assert.equal(skew.correctionMs('other', sentAtMs, sentAtMs + 3_600_000), 3_600_000);
  assert.deepEqual(corrections([20], skew), [0]);
  assert.equal(skew.correctionMs('other', Number.NaN, sentAtMs), 3_600_000, 'a message that does not tell');
});
