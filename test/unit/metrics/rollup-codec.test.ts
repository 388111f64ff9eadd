import assert from 'node:assert/strict';
import { test } from 'node:test';
import { averageAt, type BucketColumn } from '../../../src/metrics/bucket-table.ts';
import { Chunk } from '../../../src/metrics/chunk-codec.ts';
import { decodeRollup, encodeRollup } from '../../../src/metrics/rollup-codec.ts';
import { fc } from '../../support/properties.ts';

const counter = 'serverStatus.opcounters.insert';
const gauge = 'serverStatus.connections.current';
const samples = fc.array(fc.oneof(fc.nat(50), fc.nat(2 ** 40)), { minLength: 1, maxLength: 20 });
const rows = fc.array(samples, { minLength: 1, maxLength: 30 });

test('the stored band holds the true one, averages stay within it, and writing again changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(rows, rows, async (increases, values) => {
      const count = Math.min(increases.length, values.length);
      const times = Float64Array.from({ length: count }, (_, row) => row * 60_000);
      const given = [counterColumn(increases.slice(0, count)), gaugeColumn(values.slice(0, count))];
      const once = await stored(times, given);
      for (const [which, column] of given.entries()) {
        for (let row = 0; row < count; row++) {
          const [low, high, average] = [column.low[row] ?? 0, column.high[row] ?? 0, averageAt(column, row)];
          const read = once[which];
          assert.ok(read !== undefined);
          const [storedLow, storedHigh, storedAverage] = [
            read.low[row] ?? 0,
            read.high[row] ?? 0,
            averageAt(read, row),
          ];
          const slack = high * 1e-6 + 1e-9;
          assert.ok(storedLow <= low + slack && storedHigh >= high - slack, 'the band is too narrow');
          assert.ok(
            storedHigh <= high * 1.05 + slack && storedLow >= low - average / 32 - slack,
            'the band is too wide',
          );
          assert.ok(Math.abs(storedAverage - average) <= (high - low) / 200 + slack, 'the average is off');
        }
      }
      assert.deepEqual(roundedAll(await stored(times, once)), roundedAll(once));
    }),
    { numRuns: 100 },
  );
});

async function stored(times: Float64Array, columns: readonly BucketColumn[]): Promise<BucketColumn[]> {
  const chunk = new Chunk(await encodeRollup(times, columns), 'a rollup');
  const table = await decodeRollup(
    chunk,
    new Map([
      [counter, 0],
      [gauge, 1],
    ]),
    [counter, gauge],
  );
  return [counter, gauge].flatMap((name) => table.columns.get(name) ?? []);
}

function counterColumn(increases: readonly (readonly number[])[]): BucketColumn {
  const rates = increases.map((steps) => steps.map((step) => step / 10));
  return {
    kind: 'counter',
    low: Float64Array.from(rates, (own) => Math.min(...own)),
    high: Float64Array.from(rates, (own) => Math.max(...own)),
    total: Float64Array.from(increases, (steps) => steps.reduce((sum, step) => sum + step, 0)),
    weight: Float64Array.from(increases, (steps) => steps.length * 10_000),
  };
}

function gaugeColumn(values: readonly (readonly number[])[]): BucketColumn {
  return {
    kind: 'gauge',
    low: Float64Array.from(values, (own) => Math.min(...own)),
    high: Float64Array.from(values, (own) => Math.max(...own)),
    total: Float64Array.from(values, (own) => own.reduce((sum, one) => sum + one, 0)),
    weight: Float64Array.from(values, (own) => own.length),
  };
}

function roundedAll(columns: readonly BucketColumn[]): unknown {
  return columns.map(({ low, high, total, weight }) =>
    [low, high, total, weight].map((part) => [...part].map((one) => Number(one.toPrecision(9)))),
  );
}
