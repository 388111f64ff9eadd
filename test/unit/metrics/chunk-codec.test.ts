import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Chunk, encodeChunk } from '../../../src/metrics/chunk-codec.ts';

const times = Float64Array.from({ length: 8 }, (_, i) => Date.UTC(2026, 0, 10) + i * 10_000 + (i % 2));
const columns = [
  Float64Array.of(1, 1, 1, 1, 1, 1, 1, 1),
  Float64Array.of(100, 110, 125, 125, 125, 0, 3, 2 ** 53),
  Float64Array.of(1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000),
  Float64Array.of(0.25, 0.5, Number.NaN, 1.75, 1.25, 0, -3.5, 2),
  Float64Array.of(Math.PI, -Math.E, 1e-300, 5e-324, 1.7e308, Number.NaN, 0.1, 1 / 3),
  new Float64Array(8).fill(Number.NaN),
  Float64Array.of(Number.NaN, 5, 5, Number.NaN, Number.NaN, 6, 7, -(2 ** 53)),
];
const shape = { times, shared: [Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8)], metrics: 7, columnsPerMetric: 1 };
const goldenPath = new URL('../../golden/columns/chunk-1.bin', import.meta.url);

test('the golden chunk of format 1 is read, and so is one that is written now', async () => {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(goldenPath, await encodeChunk(shape, async () => columns));
  for (const bytes of [readFileSync(goldenPath), await encodeChunk(shape, async () => columns)]) {
    const chunk = new Chunk(bytes, 'golden chunk');
    assert.deepEqual(chunk.shape, shape);
    assert.deepEqual((await chunk.metrics([0, 1, 2, 3, 4, 5, 6])).flat(), columns);
  }
});

test('any metrics of a chunk of many parts are read, in the order asked for', async () => {
  const wide = { times, shared: [], metrics: 200, columnsPerMetric: 2 };
  const own = (metric: number, column: number): Float64Array =>
    times.map((_, row) => metric * 1000 + column * 100 + row);
  const bytes = await encodeChunk(wide, async (first, end) => {
    const part: Float64Array[] = [];
    for (let metric = first; metric < end; metric++) part.push(own(metric, 0), own(metric, 1));
    return part;
  });
  const chunk = new Chunk(bytes, 'a chunk');
  for (const wanted of [[], [199], [0, 199, 64, 63], [130, 2, 131]]) {
    assert.deepEqual(
      await chunk.metrics(wanted),
      wanted.map((metric) => [own(metric, 0), own(metric, 1)]),
    );
  }
});

test('a damaged chunk says which one it is, wherever a byte was changed', async () => {
  const bytes = await encodeChunk(shape, async () => columns);
  for (let at = 0; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] ?? 0) ^ 0x55;
    try {
      const chunk = new Chunk(damaged, 'the chunk of today');
      await chunk.metrics(Array.from({ length: Math.min(chunk.shape.metrics, 7) }, (_, i) => i));
    } catch (thrown) {
      const { code, message } = thrown as { code?: string; message: string };
      assert.equal(code, 'STORE_CORRUPT', message);
      assert.match(message, /the chunk of today/);
    }
  }
  assert.throws(() => new Chunk(bytes.subarray(0, 20), 'the chunk of today'), { code: 'STORE_CORRUPT' });
});
