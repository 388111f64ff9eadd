import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatExactly, formatTick, formatValue } from '../../../../src/web/chart/unit-scale.ts';
import { niceRange, yTicks } from '../../../../src/web/chart/y-scale.ts';
import { fc } from '../../../support/properties.ts';

test('values have three digits and the unit that suits their size', () => {
  const cases: readonly (readonly [number | null, string, string])[] = [
    [4213, 'per second', '4.21 k/s'],
    [61, 'per second', '61 /s'],
    [0.0312, 'per second', '0.0312 /s'],
    [0, 'per second', '0 /s'],
    [13.2 * 2 ** 30, 'bytes', '13.2 GiB'],
    [512, 'bytes', '512 B'],
    [27 * 2 ** 20, 'bytes per second', '27 MiB/s'],
    [0.41, 'ms', '410 µs'],
    [48, 'ms', '48 ms'],
    [5400, 'ms', '5.4 s'],
    [1500, 'µs', '1.5 ms'],
    [252, 'seconds', '4.2 min'],
    [80, 'seconds', '80 s'],
    [111_600, 'seconds', '31 h'],
    [3 * 86_400, 'seconds', '3 d'],
    [78.44, 'percent', '78.4 %'],
    [4.2, 'GB per hour', '4.2 GB/h'],
    [1, 'boolean', 'yes'],
    [0, 'boolean', 'no'],
    [12, 'furlongs', '12 furlongs'],
    [null, 'bytes', '–'],
    [Number.NaN, 'bytes', '–'],
    [-2048, 'bytes', '-2 KiB'],
    [612, 'count', '612'],
  ];
  for (const [value, unit, expected] of cases) assert.equal(formatValue(value, unit), expected);
});

test('hovering gives every digit', () => {
  assert.equal(formatExactly(14_187_593_728, 'bytes'), '14,187,593,728 bytes');
  assert.equal(formatExactly(1234.5678, 'ms'), '1,234.5678 ms');
  assert.equal(formatExactly(null, 'ms'), 'no sample');
});

test('an axis has one unit, at least two and at most five different labels, and holds the data', () => {
  const units = ['count', 'per second', 'bytes', 'bytes per second', 'ms', 'µs', 'seconds', 'percent', 'GB per hour'];
  const value = fc.double({ min: 1e-6, max: 1e15, noNaN: true });
  fc.assert(
    fc.property(value, value, fc.constantFrom(...units), fc.boolean(), (a, b, unit, fit) => {
      const [low, high] = [Math.min(a, b), Math.max(a, b)];
      const scale = niceRange(low, high, unit, fit && high > low * 1.01);
      const ticks = yTicks(scale);
      const labels = ticks.map((tick) => formatTick(tick, scale.unit, scale.step / scale.unit.divisor));
      assert.ok(scale.min <= low && scale.max >= high, `${scale.min} ${scale.max}`);
      assert.ok(ticks.length >= 2 && ticks.length <= 5, `${ticks.length} of ${low} ${high} ${unit}`);
      assert.equal(new Set(labels).size, labels.length, labels.join(' '));
    }),
    { numRuns: 500, examples: [[0.00000101, 0.000001, 'count', true]] },
  );
});

test('an axis of zeros has a top', () => {
  const scale = niceRange(0, 0, 'per second', false);
  assert.deepEqual([scale.min, scale.max > 0], [0, true]);
});

test('an axis of zeros has one label, and counts are labelled by whole numbers', () => {
  assert.deepEqual(yTicks(niceRange(0, 0, 'count', false)), [0]);
  assert.deepEqual(yTicks(niceRange(0, 0, 'bytes', true)), [0]);
  assert.deepEqual(yTicks(niceRange(0, 1, 'count', false)), [0, 1]);
  assert.deepEqual(yTicks(niceRange(0, 0.2, 'count', false)).length > 2, true);
});
