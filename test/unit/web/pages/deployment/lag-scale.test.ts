import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lagPosition, lagTicks, spreadDots } from '../../../../../src/web/pages/deployment/lag-scale.ts';
import { fc } from '../../../../support/properties.ts';

const window = 31 * 3_600_000;

test('now is at 0, the end of the oplog at 1, and more lag is never nearer', () => {
  assert.equal(lagPosition(0, window), 0);
  assert.equal(lagPosition(window, window), 1);
  assert.equal(lagPosition(window * 9, window), 1);
  assert.equal(lagPosition(5, 0), 0);
  fc.assert(
    fc.property(fc.nat(window), fc.nat(window), (a, b) => a > b || lagPosition(a, window) <= lagPosition(b, window)),
  );
});

test('ticks lie within the window and leave the label of its end free', () => {
  const ticks = lagTicks(window);
  assert.deepEqual(
    ticks.map(({ label }) => label),
    ['1 s', '10 s', '1 min', '10 min', '1 h'],
  );
  assert.deepEqual(lagTicks(500), []);
});

test('dots never cover each other and stay on the line while they fit', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 30 }), (wanted) => {
      const placed = spreadDots(wanted, 700, 23);
      const sorted = placed.toSorted((a, b) => a - b);
      assert.ok(sorted.every((place, at) => at === 0 || place - (sorted[at - 1] ?? 0) >= 23));
      assert.ok(sorted[0] !== undefined && sorted[0] >= 0 && (sorted.at(-1) ?? 0) <= 700);
    }),
  );
});
