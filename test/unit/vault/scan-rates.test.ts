import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScanRates } from '../../../src/vault/scan-rates.ts';

test('the rate of a scan is that of its last minute, and none before there is enough to say', () => {
  let nowMs = 1_000_000;
  const rates = new ScanRates({ now: () => nowMs });
  assert.equal(rates.bytesPerSecond('s'), null);
  rates.add('s', 5000);
  assert.equal(rates.bytesPerSecond('s'), null);
  for (let second = 1; second <= 100; second++) {
    nowMs += 1000;
    // Half of it in each of two envelopes; after a minute and a half it becomes slower.
    rates.add('s', second > 90 ? 50 : 500);
    rates.add('s', second > 90 ? 50 : 500);
    if (second === 80) assert.equal(Math.round(rates.bytesPerSecond('s') ?? 0), 1000);
  }
  assert.equal(Math.round(rates.bytesPerSecond('s') ?? 0), Math.round((49 * 1000 + 10 * 100) / 59));
  rates.forget('s');
  assert.equal(rates.bytesPerSecond('s'), null);
});
