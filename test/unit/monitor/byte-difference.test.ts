import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyDifference, byteDifference } from '../../../src/monitor/byte-difference.ts';
import { fc } from '../../support/properties.ts';

const large = new Uint8Array(2 ** 20);

test('a difference applied gives back what it was made of, wherever the bytes lie in memory', () => {
  const change = fc.record({ at: fc.nat(9999), bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) });
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 9000, size: 'max' }),
      fc.array(change, { maxLength: 40 }),
      fc.nat(7),
      (from, changes, offset) => {
        const to = new Uint8Array(new ArrayBuffer(from.length + offset), offset, from.length);
        to.set(from);
        for (const { at, bytes } of changes) {
          const place = at % Math.max(1, to.length);
          to.set(bytes.subarray(0, to.length - place), place);
        }
        const difference = byteDifference(from, to, large);
        assert.ok(difference !== undefined);
        assert.deepEqual(applyDifference(from, difference), Uint8Array.from(to));
        assert.deepEqual(difference.buffer.byteLength, difference.length);
      },
    ),
  );
});

test('few changes make a short one, none make an empty one', () => {
  const from = new Uint8Array(80_000).fill(7);
  const to = from.slice();
  assert.equal(byteDifference(from, to, large)?.length, 0);
  for (let at = 0; at < to.length; at += 200) to[at] = 8;
  assert.equal(byteDifference(from, to, large)?.length, 4 * 400 - 1);
  to[79_999] = 8;
  assert.equal(byteDifference(from, to, large)?.length, 4 * 401 - 1);
});

test('there is none when the lengths differ or it finds no room', () => {
  const from = new Uint8Array(1000);
  assert.equal(byteDifference(from, new Uint8Array(1001), large), undefined);
  const to = from.slice().fill(1);
  assert.equal(byteDifference(from, to, new Uint8Array(1009)), undefined);
  assert.equal(byteDifference(from, to, new Uint8Array(1010))?.length, 1003);
});
