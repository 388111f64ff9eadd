import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pulse } from '../../../src/runtime/pulse.ts';

test('a loop that has not turned in time is late, until it turns, rests or ends', () => {
  const pulse = new Pulse();
  const nowMs = performance.now();
  pulse.beat('poll', 1000);
  pulse.beat('send', 60_000);
  assert.deepEqual(pulse.late(nowMs + 500), []);
  assert.deepEqual(pulse.late(nowMs + 2000), ['poll']);
  assert.deepEqual(pulse.late(nowMs + 90_000), ['poll', 'send']);
  pulse.beat('poll', 120_000);
  pulse.rest('send');
  assert.deepEqual(pulse.late(nowMs + 90_000), []);
});
