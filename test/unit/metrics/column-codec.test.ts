import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readColumn, writeColumn } from '../../../src/metrics/column-codec.ts';
import { ByteReader } from '../../../src/runtime/byte-reader.ts';
import { ByteWriter } from '../../../src/runtime/byte-writer.ts';
import { fc } from '../../support/properties.ts';

const limit = 2 ** 53;
const whole = fc.integer({ min: -limit, max: limit });
const near = fc.integer({ min: 0, max: 300 });
const value = fc.oneof(
  { weight: 4, arbitrary: near },
  { weight: 2, arbitrary: whole },
  { weight: 1, arbitrary: fc.constantFrom(limit, -limit, limit - 1, 0, Number.NaN, 1e300, -1e-300, 5e-324, 2 ** 60) },
  { weight: 1, arbitrary: fc.double() },
);
const decimals = near.map((number) => number / 100);
const growing = fc.array(near, { maxLength: 400 }).map((steps) => {
  let sum = 0;
  return steps.map((step) => (sum += step));
});
const column = fc.oneof(
  fc.array(value, { maxLength: 400 }),
  fc.array(decimals, { maxLength: 400 }),
  fc.array(fc.constantFrom(1, Number.NaN), { maxLength: 50 }),
  growing,
);

test('what goes into a column comes out of it', () => {
  fc.assert(
    fc.property(column, (numbers) => {
      const given = Float64Array.from(numbers);
      const read = encodedAndRead(given);
      assert.equal(read.length, given.length);
      for (const [i, expected] of given.entries()) {
        // Infinities are no values; -0 is 0.
        assert.ok(
          Object.is(read[i], Number.isFinite(expected) ? expected + 0 : Number.NaN),
          `row ${i}: ${expected} became ${read[i]}`,
        );
      }
    }),
    { numRuns: 2000, examples: [[[-0, 1e300]]] },
  );
});

test('a column of equal values takes a few bytes, a steady counter few more', () => {
  assert.ok(encoded(new Float64Array(360).fill(123_456)).length <= 5);
  assert.ok(encoded(Float64Array.from({ length: 360 }, (_, i) => 1e12 + i * 1000)).length <= 16);
  assert.ok(encoded(new Float64Array(360).fill(Number.NaN)).length <= 3);
});

test('damaged columns are refused, never read as something else without an end', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.integer({ min: 0, max: 200 }), (bytes, rows) => {
      try {
        assert.equal(readColumn(new ByteReader(bytes, 'column'), rows).length, rows);
      } catch (thrown) {
        assert.equal((thrown as { code?: string }).code, 'FORMAT_INVALID');
      }
    }),
    { numRuns: 2000 },
  );
});

function encoded(values: Float64Array): Uint8Array {
  const out = new ByteWriter();
  writeColumn(out, values);
  return out.finish();
}

function encodedAndRead(values: Float64Array): Float64Array {
  const from = new ByteReader(encoded(values), 'column');
  const read = readColumn(from, values.length);
  from.end();
  return read;
}
