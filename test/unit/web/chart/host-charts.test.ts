import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricCatalog, metricCharts } from '../../../../src/model/metric-catalog.ts';
import { catalogMetricInfo } from '../../../../src/server/api/metric-info.ts';
import { absentCharts, hostSections } from '../../../../src/web/chart/host-charts.ts';
import { indexMetrics, searchMetrics } from '../../../../src/web/pages/host/metric-search.ts';
import { readView, writeView } from '../../../../src/web/pages/host/view-state.ts';
import type { MetricInfo } from '../../../../src/wire/api/metrics.ts';

const catalog: MetricInfo[] = metricCatalog.map(catalogMetricInfo);

test('every chart of the catalog that a host can have has its place, once, and one unit', () => {
  const charts = hostSections(catalog).flatMap((section) => section.charts);
  const placed = hostSections(catalog)
    .filter((section) => section.title !== 'More')
    .flatMap((section) => section.charts.map((chart) => chart.id));
  const expected = metricCharts.map((chart) => chart.name).filter((name) => !name.startsWith('agent'));
  assert.deepEqual(
    expected.filter((name) => !placed.includes(name)),
    [],
  );
  assert.equal(new Set(charts.map((chart) => chart.id)).size, charts.length);
  const titles = new Map<string, string>(metricCharts.map(({ name, title }) => [name, title]));
  for (const { id, title } of charts) if (titles.has(id)) assert.equal(title, titles.get(id));
  for (const chart of charts) assert.equal(new Set(chart.metrics.map((metric) => metric.unit)).size, 1, chart.id);
});

test('a host with few metrics shows the charts it has and names the others once', () => {
  const few = catalog.filter((metric) => metric.chart === 'operations' || metric.chart === 'connections');
  assert.deepEqual(
    hostSections(few).map((section) => [section.title, section.charts.map((chart) => chart.id)]),
    [['At a glance', ['operations', 'connections']]],
  );
  const absent = absentCharts(few, catalog);
  assert.ok(absent.includes('Replication lag') && !absent.includes('Operations') && !absent.includes('Agent memory'));
});

test('the whole of a stack is not one of its parts', () => {
  const cpu = hostSections(catalog)
    .flatMap((section) => section.charts)
    .find((chart) => chart.id === 'cpu');
  assert.ok(cpu?.stacked === true && !cpu.metrics.some((metric) => metric.name === 'cpu.busy'));
});

test('search finds all words in any order, the catalog first, within a frame for 2,400 names', () => {
  const raw = Array.from(
    { length: 2400 },
    (_, at): MetricInfo => ({
      name: `serverStatus.wiredTiger.cache.pages ${at} dirty`,
      title: '',
      unit: 'count',
      kind: 'gauge',
      explanation: '',
      chart: null,
      raw: true,
    }),
  );
  const index = indexMetrics([...raw, ...catalog]);
  const found = searchMetrics(index, 'dirty cache');
  assert.equal(found[0]?.name, 'cache.dirty');
  assert.equal(found.filter((metric) => metric.raw).length, 2400);
  assert.deepEqual(searchMetrics(index, 'no such thing'), []);
  assert.equal(searchMetrics(index, '').length, index.metrics.length);
});

test("an address gives back the view that made it and keeps what is not the charts'", () => {
  const query = new URLSearchParams(
    'range=6h&zone=local&chart=latency&fit=1&add=a.b&add=c%20d~e&only=latency~latency.reads&theme=dark',
  );
  const view = readView(query, 'utc');
  assert.deepEqual([...view.isolated], [['latency', 'latency.reads']]);
  assert.deepEqual(view.added, ['a.b', 'c d~e']);
  const again = writeView(query, view);
  assert.deepEqual(readView(again, 'utc'), view);
  assert.equal(again.get('theme'), 'dark');
});
