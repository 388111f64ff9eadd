import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildChartData, type LabelledSeries, valueAt } from '../../../../src/web/chart/chart-data.ts';
import { gapSpans } from '../../../../src/web/chart/gap-spans.ts';
import { stackLines } from '../../../../src/web/chart/stack-lines.ts';
import { seriesStatistics } from '../../../../src/web/chart/statistics.ts';
import type { Series, SeriesPoint } from '../../../../src/wire/api/metrics.ts';

const point = (at: number, value: number | null): SeriesPoint => [at * 10_000, value, value, value];
const series = (metric: string, points: SeriesPoint[], unit = 'per second'): Series => ({
  metric,
  unit,
  resolutionMs: 10_000,
  points,
});
const source = (one: Series): LabelledSeries => ({ key: one.metric, label: one.metric, series: one });

test('a gap that the answer marks stays a gap', () => {
  const data = buildChartData([
    source(series('a', [point(1, 5), point(2, 6), point(3, null), point(4, null), point(5, 7)])),
  ]);
  assert.deepEqual(data.gaps, [[20_000, 50_000]]);
  assert.deepEqual(data.lines[0]?.average, [5, 6, null, null, 7]);
});

test('points that are too far apart are not joined even without a marked gap', () => {
  const data = buildChartData([source(series('a', [point(1, 5), point(9, 7)]))]);
  assert.deepEqual(data.timesMs, [10_000, 20_000, 90_000]);
  assert.deepEqual(data.lines[0]?.average, [5, null, 7]);
  assert.deepEqual(data.gaps, [[10_000, 90_000]]);
});

test('a line without a point where another has one is no gap', () => {
  const data = buildChartData([
    source(series('a', [point(1, 5), point(2, 6), point(3, 7)])),
    source(series('b', [point(1, 1), point(3, 3)])),
  ]);
  assert.deepEqual(data.lines[1]?.average, [1, undefined, 3]);
  assert.deepEqual(data.gaps, []);
});

test('more than eight lines become the seven largest and the sum of the others', () => {
  const data = buildChartData(Array.from({ length: 11 }, (_, at) => source(series(`disk${at}`, [point(1, at + 1)]))));
  assert.equal(data.lines.length, 8);
  assert.deepEqual(data.lines.map((line) => line.label).slice(0, 2), ['disk4', 'disk5']);
  assert.equal(data.lines[7]?.label, '4 others');
  assert.deepEqual(data.lines[7]?.average, [1 + 2 + 3 + 4]);
});

test('latencies are never added: the others are shown by their highest', () => {
  const data = buildChartData(
    Array.from({ length: 9 }, (_, at) => source(series(`disk${at}`, [point(1, at + 1)], 'ms'))),
  );
  assert.equal(data.lines[7]?.label, 'highest of 2 others');
  assert.deepEqual(data.lines[7]?.average, [2]);
});

test('series without any value are no lines', () => {
  assert.deepEqual(buildChartData([source(series('a', [point(1, null)]))]).lines, []);
});

test('the time after the last point is hatched only when samples are overdue, the time before a young host never', () => {
  const data = buildChartData([source(series('a', [point(100, 1), point(101, 2)]))]);
  const window = { fromMs: 0, toMs: 2_000_000, live: true };
  assert.deepEqual(gapSpans(data, window, 1_000_000, 1_040_000), []);
  assert.deepEqual(gapSpans(data, window, 1_000_000, 2_000_000), [[1_010_000, 2_000_000]]);
  assert.deepEqual(gapSpans(data, window, 100_000, 1_040_000), [[100_000, 1_000_000]]);
});

test('stacked lines lie on each other and break where they have no value', () => {
  const data = stackLines(
    buildChartData([
      source(series('a', [point(1, 1), point(2, null)])),
      source(series('b', [point(1, 2), point(2, 4)])),
    ]),
  );
  assert.deepEqual(
    data.lines.map((line) => line.average),
    [
      [1, null],
      [3, 4],
    ],
  );
  assert.deepEqual(data.lines[1]?.min, [1, 0]);
});

test('statistics count what is in the span, min and max from single samples', () => {
  const points: SeriesPoint[] = Array.from({ length: 100 }, (_, at) => [at, at - 0.5, at, at + 0.5]);
  assert.deepEqual(seriesStatistics([...points, [100, null, null, null]], 0, 1000), {
    min: -0.5,
    average: 49.5,
    p95: 94,
    max: 99.5,
    last: 99,
    count: 100,
  });
  assert.equal(seriesStatistics(points, 10, 10)?.average, 10);
  assert.equal(seriesStatistics([[1, null, null, null]], 0, 10), null);
});

test('lines of hosts that are sampled at other moments have a value under the cursor, but not in their gaps', () => {
  const late = (at: number, value: number | null): SeriesPoint => [at * 10_000 + 300, value, value, value];
  const data = buildChartData([
    source(series('a', [point(1, 1), point(2, 2), point(3, 3)])),
    source(series('b', [late(1, 10), late(2, null), late(3, 30)])),
  ]);
  const [a, b] = data.lines;
  assert.ok(a !== undefined && b !== undefined);
  assert.deepEqual(
    data.timesMs.map((_, at) => valueAt(data, a, at)),
    [1, 1, 2, 2, 3, 3],
  );
  assert.equal(valueAt(data, b, 0), 10);
  assert.equal(valueAt(data, b, 3), null);
  assert.equal(valueAt(data, b, 5), 30);
});
