import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LiveSeries } from '../../../../src/web/chart/live-series.ts';
import { batchMetrics } from '../../../../src/web/chart/metric-batches.ts';
import type { FetchSeries, SeriesRequest } from '../../../../src/web/chart/series-port.ts';
import type { Series } from '../../../../src/wire/api/metrics.ts';

interface Call {
  readonly request: SeriesRequest;
  readonly signal: AbortSignal;
  answer(series: readonly Series[]): Promise<void>;
  fail(problem: Error): Promise<void>;
}

/** Settles everything that is ready to run. */
const settle = () => new Promise<void>((done) => setImmediate(done));

function recorder() {
  const calls: Call[] = [];
  const fetchSeries: FetchSeries = (request, signal) =>
    new Promise((resolve, reject) => {
      calls.push({
        request,
        signal,
        answer: (series) => {
          resolve(series);
          return settle();
        },
        fail: (problem) => {
          reject(problem);
          return settle();
        },
      });
    });
  return { calls, fetchSeries };
}

const series = (metric: string, times: readonly number[], value = 1): Series => ({
  metric,
  unit: 'count',
  resolutionMs: 10_000,
  points: times.map((at) => [at, value, value, value]),
});
const times = (live: LiveSeries, metric: string) => live.state(metric).series[0]?.points.map((point) => point[0]);
const window = { fromMs: 1_000_000, toMs: 1_100_000, live: true };

test('what several charts want on one host is one request', async () => {
  const { calls, fetchSeries } = recorder();
  const live = new LiveSeries(fetchSeries, window, 400);
  live.subscribe(['a', 'b'], () => undefined);
  live.subscribe(['b', 'c'], () => undefined);
  await settle();
  assert.deepEqual(
    calls.map((call) => call.request.metrics),
    [['a', 'b', 'c']],
  );
  live.close();
});

test('new samples are appended from the last point on, and what leaves the window falls off', async () => {
  const { calls, fetchSeries } = recorder();
  const live = new LiveSeries(fetchSeries, window, 10);
  let told = 0;
  live.subscribe(['a'], () => {
    told += 1;
  });
  await settle();
  await calls[0]?.answer([series('a', [1_000_000, 1_010_000, 1_090_000])]);
  const before = told;
  live.advance({ fromMs: 1_010_000, toMs: 1_110_000, live: true }, 1_110_000);
  const tail = calls[1];
  assert.ok(tail !== undefined && tail.request.fromMs > window.fromMs && tail.request.fromMs <= 1_090_000);
  await tail.answer([series('a', [1_090_000, 1_100_000, 1_110_000], 2)]);
  assert.deepEqual(times(live, 'a'), [1_010_000, 1_090_000, 1_100_000, 1_110_000]);
  assert.equal(live.state('a').series[0]?.points[1]?.[2], 2);
  assert.equal(calls.length, 2);
  assert.ok(told > before);
  live.close();
});

test('a new window aborts what runs, keeps the old lines, and a late answer of before changes nothing', async () => {
  const { calls, fetchSeries } = recorder();
  const live = new LiveSeries(fetchSeries, window, 10);
  live.subscribe(['a'], () => undefined);
  await settle();
  await calls[0]?.answer([series('a', [1_000_000])]);
  live.setWindow({ fromMs: 500_000, toMs: 600_000, live: false });
  await settle();
  live.setWindow({ fromMs: 700_000, toMs: 800_000, live: false });
  await settle();
  assert.equal(calls[1]?.signal.aborted, true);
  assert.deepEqual([live.state('a').phase, times(live, 'a')], ['loading', [1_000_000]]);
  await calls[2]?.answer([series('a', [700_000])]);
  await calls[1]?.answer([series('a', [500_000])]);
  assert.deepEqual([live.state('a').phase, times(live, 'a')], ['ready', [700_000]]);
  live.close();
});

test('a failure keeps the old lines, says when it is tried again, and does so', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { calls, fetchSeries } = recorder();
  const live = new LiveSeries(fetchSeries, window, 10);
  live.subscribe(['a'], () => undefined);
  await settle();
  await calls[0]?.answer([series('a', [1_000_000])]);
  live.setWindow(window);
  await settle();
  const failedAtMs = Date.now();
  await calls[1]?.fail(new Error('store busy'));
  const state = live.state('a');
  assert.equal(state.phase, 'stale');
  assert.deepEqual(times(live, 'a'), [1_000_000]);
  assert.ok((state.retryAtMs ?? 0) > failedAtMs);
  t.mock.timers.tick(2000);
  await settle();
  assert.equal(calls.length, 3);
  await calls[2]?.answer([series('a', [1_000_000, 1_010_000])]);
  assert.equal(live.state('a').phase, 'ready');
  live.close();
});

test('a chart that went off screen is not read, and catches up without a hole when it comes back', async () => {
  const { calls, fetchSeries } = recorder();
  const live = new LiveSeries(fetchSeries, window, 10);
  const away = live.subscribe(['a'], () => undefined);
  live.subscribe(['b'], () => undefined);
  await settle();
  await calls[0]?.answer([series('a', [1_010_000, 1_100_000]), series('b', [1_010_000, 1_100_000])]);
  away();
  live.advance({ fromMs: 1_020_000, toMs: 1_120_000, live: true }, 1_120_000);
  assert.deepEqual(calls[1]?.request.metrics, ['b']);
  await calls[1]?.answer([series('b', [1_090_000, 1_120_000])]);
  live.subscribe(['a'], () => undefined);
  await settle();
  live.advance({ fromMs: 1_040_000, toMs: 1_140_000, live: true }, 1_140_000);
  assert.deepEqual(calls[2]?.request.metrics.toSorted(), ['a', 'b']);
  assert.ok((calls[2]?.request.fromMs ?? Number.POSITIVE_INFINITY) <= 1_100_000);
  live.close();
});

test('a year is not asked again with every sample', async () => {
  const { calls, fetchSeries } = recorder();
  const year = { fromMs: 0, toMs: 365 * 86_400_000, live: true };
  const live = new LiveSeries(fetchSeries, year, 400);
  live.subscribe(['a'], () => undefined);
  await settle();
  await calls[0]?.answer([series('a', [year.toMs])]);
  for (let at = 1; at <= 20; at += 1) live.advance({ ...year, toMs: year.toMs + at * 10_000 }, year.toMs + at * 10_000);
  await settle();
  assert.ok(calls.length <= 2, `${calls.length} requests`);
  live.close();
});

test('a family answers with its parts', async () => {
  const { calls, fetchSeries } = recorder();
  const live = new LiveSeries(fetchSeries, window, 10);
  live.subscribe(['disk.reads'], () => undefined);
  await settle();
  await calls[0]?.answer([
    series('disk.reads:sda', [1_000_000]),
    series('disk.reads:sdb', [1_000_000]),
    series('disk.readsTotal', [1_000_000]),
  ]);
  assert.deepEqual(
    live.state('disk.reads').series.map((one) => one.metric),
    ['disk.reads:sda', 'disk.reads:sdb'],
  );
  live.close();
});

test('many long names are split so that no address is too long', () => {
  const names = Array.from({ length: 300 }, (_, at) => `serverStatus.wiredTiger.cache.${'name '.repeat(12)}${at}`);
  const batches = batchMetrics(names);
  assert.deepEqual(batches.flat(), names);
  for (const batch of batches)
    assert.ok(batch.map((name) => `&metric=${encodeURIComponent(name)}`).join('').length <= 6000);
});
