import assert from 'node:assert/strict';
import { test } from 'node:test';
import { offsetsOf, spanAt } from '../../../../src/web/components/row-span.ts';
import { fc } from '../../../support/properties.ts';

test('rows of one height: those that are on screen, cut ones too', () => {
  const offsets = offsetsOf(Array.from({ length: 100 }), 40);
  assert.equal(offsets.at(-1), 4000);
  assert.deepEqual(spanAt(offsets, 0, 400), { first: 0, last: 10 });
  assert.deepEqual(spanAt(offsets, 79, 401), { first: 1, last: 11 });
  assert.deepEqual(spanAt(offsets, -500, 40), { first: 0, last: 1 });
  assert.deepEqual(spanAt(offsets, 3990, 9000), { first: 99, last: 100 });
});

test('a list that is wholly off screen, or empty, draws nothing', () => {
  const offsets = offsetsOf([1, 2, 3], (height) => height);
  assert.deepEqual(spanAt(offsets, 10, 20), { first: 3, last: 3 });
  assert.deepEqual(spanAt(offsetsOf([], 40), 0, 1000), { first: 0, last: 0 });
});

test('rows of any heights: exactly those that touch the screen', () => {
  const heights = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(heights, fc.integer({ min: -200, max: 4000 }), fc.integer({ min: 1, max: 900 }), (rows, from, room) => {
      const offsets = offsetsOf(rows, (height) => height);
      const { first, last } = spanAt(offsets, from, from + room);
      for (const at of rows.keys()) {
        const touches = (offsets[at + 1] ?? 0) > from && (offsets[at] ?? 0) < from + room;
        assert.equal(at >= first && at < last, touches, `row ${at} of ${JSON.stringify(offsets)}`);
      }
    }),
  );
});
