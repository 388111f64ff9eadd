import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durationWords, hostWords, sinceWords, valueWords } from '../../../src/alerts/message.ts';

test('durations are told in their two largest parts', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 s'],
    [-5, '0 s'],
    [999, '1 s'],
    [61_000, '1 min 1 s'],
    [252_000, '4 min 12 s'],
    [3_600_000, '1 h'],
    [3_605_000, '1 h'],
    [11_100_000, '3 h 5 min'],
    [90_000_000, '1 d 1 h'],
  ];
  for (const [ms, words] of cases) assert.equal(durationWords(ms), words);
});

test('since names the day only when it is not today', () => {
  const noon = Date.UTC(2026, 10, 21, 12);
  assert.equal(sinceWords(noon - 3_600_000, noon), 'since 11:00:00 UTC');
  assert.equal(sinceWords(noon - 86_400_000, noon), 'since 2026-11-20 12:00:00 UTC');
});

test('hosts and values as people write them', () => {
  assert.equal(hostWords('checkout-3:27017'), 'checkout-3');
  assert.equal(hostWords('checkout-3:27117'), 'checkout-3:27117');
  assert.equal(valueWords(93.44, 'percent'), '93.4 %');
  assert.equal(valueWords(1_500_000_000, 'bytes'), '1.5 GB');
  assert.equal(valueWords(12_345, 'per second'), '12345/s');
  assert.equal(valueWords(90, 'seconds'), '1 min 30 s');
  assert.equal(valueWords(0.25, 'ms'), '0.25 ms');
});
