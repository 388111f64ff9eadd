import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareKeys, compareParts } from '../../../src/blocks/compare-keys.ts';
import { fc } from '../../support/properties.ts';

/** Keys that often begin alike, on both sides of the length up to which a loop compares. */
const anyKey = fc
  .tuple(fc.constantFrom(0, 3, 23, 24, 25, 40), fc.uint8Array({ maxLength: 30 }))
  .map(([alike, rest]) => Buffer.concat([Buffer.alloc(alike, 7), rest]));

test('keys compare as memcmp says, whole and as parts of buffers', () => {
  fc.assert(
    fc.property(anyKey, anyKey, (one, other) => {
      const expected = Buffer.compare(one, other);
      assert.equal(Math.sign(compareKeys(one, other)), expected);
      const within = Buffer.concat([Buffer.from('ab'), one, Buffer.from('cd'), other, Buffer.from('e')]);
      const otherStart = 4 + one.length;
      const parts = compareParts(within, 2, 2 + one.length, within, otherStart, otherStart + other.length);
      assert.equal(Math.sign(parts), expected);
    }),
    { numRuns: 1000 },
  );
  assert.equal(compareKeys(Buffer.alloc(30), Buffer.alloc(30)), 0);
});
