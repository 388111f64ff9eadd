import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricCatalog } from '../../../../src/model/metric-catalog.ts';
import { rawMetricKind, rawMetricUnit } from '../../../../src/model/raw-metric.ts';
import { catalogMetricInfo, hostMetrics } from '../../../../src/server/api/metric-info.ts';

const reported = (...names: string[]) =>
  hostMetrics(
    metricCatalog,
    names.map((name) => ({ name, kind: rawMetricKind(name), unit: rawMetricUnit(name) })),
  );
const charted = (...names: string[]) =>
  reported(...names)
    .filter((metric) => !metric.raw)
    .map((metric) => metric.name);

test('a host can chart the catalog metrics whose raw numbers it reports, and each raw name', () => {
  const names = charted('serverStatus.opcounters.insert', 'serverStatus.connections.current');
  assert.ok(names.includes('operations.insert') && names.includes('connections.current'));
  assert.ok(!names.includes('cache.used') && !names.includes('replication.lag') && !names.includes('disk.reads'));
  assert.deepEqual(
    reported('a.b')
      .filter((metric) => metric.raw)
      .map(({ name }) => name),
    ['a.b'],
  );
});

test('a ratio needs both of its numbers', () => {
  const used = 'serverStatus.wiredTiger.cache.bytes currently in the cache';
  assert.ok(!charted(used).includes('cache.usedPercent'));
  assert.ok(charted(used, 'serverStatus.wiredTiger.cache.maximum bytes configured').includes('cache.usedPercent'));
});

test('families match by part and not across parts', () => {
  assert.ok(charted('systemMetrics.disks.nvme0n1.reads').includes('disk.reads'));
  assert.ok(!charted('systemMetrics.disks.nvme0n1.more.reads').includes('disk.reads'));
});

test("a host of which no sample is kept keeps all charts of the catalog but the agent's", () => {
  const names = charted();
  assert.deepEqual(
    metricCatalog.map(({ name }) => name).filter((name) => !names.includes(name)),
    metricCatalog.map(({ name }) => name).filter((name) => name.startsWith('agent.')),
  );
});

test('a metric of the catalog names its chart in words and not how it is computed', () => {
  for (const metric of metricCatalog) {
    const info = catalogMetricInfo(metric);
    assert.ok(info.chartTitle !== undefined && info.chartTitle !== info.chart, metric.name);
    assert.ok(!('source' in info));
  }
});
