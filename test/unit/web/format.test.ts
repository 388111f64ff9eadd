import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, fullTime, shortDuration, shortHost, size, whole } from '../../../src/web/format.ts';

test('durations name at most two units', () => {
  const cases: readonly (readonly [number, string])[] = [
    [0, '0 s'],
    [400, '0.4 s'],
    [800, '0.8 s'],
    [1000, '1 s'],
    [2600, '2.6 s'],
    [9960, '10 s'],
    [59_600, '1 min'],
    [252_000, '4 min 12 s'],
    [3_600_000, '1 h'],
    [7_020_000, '1 h 57 min'],
    [90_000_000, '1 d 1 h'],
    [41 * 86_400_000 + 5000, '41 d'],
    [-5000, '-5 s'],
  ];
  for (const [ms, words] of cases) assert.equal(duration(ms), words, `${ms}`);
});

test('short durations name one unit', () => {
  const cases: readonly (readonly [number, string])[] = [
    [31 * 3_600_000, '31 h'],
    [14 * 86_400_000, '14 d'],
    [10_000, '10 s'],
    [100_000, '2 min'],
  ];
  for (const [ms, words] of cases) assert.equal(shortDuration(ms), words, `${ms}`);
});

test('sizes are binary, whole numbers grouped', () => {
  assert.equal(size(3.1 * 2 ** 30), '3.1 GiB');
  assert.equal(size(null), '–');
  assert.equal(whole(51_200), '51,200');
  assert.equal(whole(999), '999');
});

test('hosts are shortened to what tells them apart', () => {
  assert.equal(shortHost('db1.example.net:27017'), 'db1');
  assert.equal(shortHost('db1.example.net:27018'), 'db1:27018');
  assert.equal(shortHost('127.0.0.1:27018'), '127.0.0.1:27018');
  assert.equal(shortHost('[::1]:27018'), '[::1]:27018');
});

test('full times name the zone, and the year where it is another', () => {
  const at = Date.UTC(2026, 10, 21, 3, 0, 12);
  assert.equal(fullTime(at, 'utc', at), 'Sat 21 Nov, 03:00:12 UTC');
  assert.equal(fullTime(at, 'utc', Date.UTC(2027, 1, 1)), 'Sat 21 Nov 2026, 03:00:12 UTC');
});
