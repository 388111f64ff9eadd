import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pulse } from '../../../src/runtime/pulse.ts';

test('a loop that has not turned in time is late, until it turns, rests or ends', () => {
  const pulse = new Pulse();
  const nowMs = performance.now();
  pulse.beat('poll', 3_600_000);
  pulse.beat('send', 24 * 3_600_000);
  assert.deepEqual(pulse.late(nowMs + 1_800_000), []);
  assert.deepEqual(pulse.late(nowMs + 7_200_000), ['poll']);
  assert.deepEqual(pulse.late(nowMs + 48 * 3_600_000), ['poll', 'send']);
  pulse.beat('poll', 72 * 3_600_000);
  pulse.rest('send');
  assert.deepEqual(pulse.late(nowMs + 48 * 3_600_000), []);
});
