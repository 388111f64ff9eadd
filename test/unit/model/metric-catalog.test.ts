import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { derivedMetrics } from '../../../src/model/derived-metric.ts';
import type { MetricSource } from '../../../src/model/metric.ts';
import {
  catalogMetric,
  isFamily,
  metricCatalog,
  metricCharts,
  sourceLeaves,
} from '../../../src/model/metric-catalog.ts';
import { rawMetricKind } from '../../../src/model/raw-metric.ts';

const derived: readonly string[] = Object.values(derivedMetrics);

function recordedNames(version: string): readonly string[] {
  const text = readFileSync(new URL(`../../golden/schemas/${version}.txt`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return [...lines.map((line) => line.slice(2)), ...derived];
}

/** What a version lacks for good, with the reason; anything else that is missing is a wrong name in the catalog. */
const missing: Readonly<Record<string, ReadonlySet<string>>> = {
  // Mounts came into systemMetrics with 6.0.
  '4.4': new Set(['disk.spaceUsedPercent', 'disk.spaceFree', 'disk.spaceUsed']),
  '5.0': new Set(['disk.spaceUsedPercent', 'disk.spaceFree', 'disk.spaceUsed']),
  '6.0': new Set(),
};

function found(source: MetricSource, names: readonly string[]): boolean {
  if ('raw' in source) return names.includes(source.raw);
  if ('match' in source) {
    const pattern = source.match.split('.').map((part) => (part === '*' ? '[^.]+' : RegExp.escape(part)));
    const regex = new RegExp(`^${pattern.join('\\.')}$`);
    return names.some((name) => regex.test(name));
  }
  if ('firstOf' in source) return source.firstOf.some((part) => found(part, names));
  if ('sum' in source) return source.sum.every((part) => found(part, names));
  if ('scaled' in source) return found(source.scaled, names);
  return ('ratio' in source ? source.ratio : source.difference).every((part) => found(part, names));
}

for (const version of ['4.4', '5.0', '6.0']) {
  test(`every metric finds its raw names in what a real ${version} server reports`, () => {
    const names = recordedNames(version);
    const lost = metricCatalog.filter((metric) => !found(metric.source, names)).map((metric) => metric.name);
    assert.deepEqual(new Set(lost), missing[version]);
  });
}

test('a metric is a counter exactly when what it reads grows and is not divided', () => {
  const isRate = (source: MetricSource): boolean => {
    if ('ratio' in source) return false;
    if ('raw' in source) return rawMetricKind(source.raw) === 'counter';
    if ('match' in source) return rawMetricKind(source.match) === 'counter';
    if ('scaled' in source) return isRate(source.scaled);
    const parts = 'sum' in source ? source.sum : 'difference' in source ? source.difference : source.firstOf;
    const kinds = new Set(parts.map(isRate));
    assert.equal(kinds.size, 1, `mixes counters and gauges: ${JSON.stringify(source)}`);
    return kinds.has(true);
  };
  for (const metric of metricCatalog) {
    assert.equal(isRate(metric.source), metric.kind === 'counter', metric.name);
  }
});

test('both sides of a ratio are of one kind, so that its value is the same at every resolution', () => {
  const kindsIn = (source: MetricSource) => {
    const kinds = sourceLeaves(source).map((leaf) => rawMetricKind('raw' in leaf ? leaf.raw : leaf.match));
    return new Set(kinds);
  };
  for (const metric of metricCatalog) assert.equal(kindsIn(metric.source).size, 1, metric.name);
});

test('names are unique, stable in form, and explained in a sentence that ends', () => {
  assert.equal(new Set(metricCatalog.map((metric) => metric.name)).size, metricCatalog.length);
  for (const metric of metricCatalog) {
    assert.match(metric.name, /^[a-z]\w*\.[a-z]\w*$/);
    assert.match(metric.explanation, /^[A-Z].{20,}\.$/, metric.name);
    assert.match(metric.title, /^[A-Z]/, metric.name);
  }
});

test('every metric is on a chart that has a title, one unit per chart, and no chart is empty', () => {
  const units = new Map<string, Set<string>>();
  for (const { chart, unit } of metricCatalog) units.set(chart, (units.get(chart) ?? new Set()).add(unit));
  assert.deepEqual(new Set(units.keys()), new Set(metricCharts.map((chart) => chart.name)));
  for (const [chart, seen] of units) assert.equal(seen.size, 1, `${chart}: ${[...seen].join(', ')}`);
});

test('the host measures of MMS are there, and each name stands for one metric', () => {
  const names = metricCatalog.flatMap((metric) => metric.mms ?? []);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 60, `${names.length}`);
});

test('a series of a family is found by its name with the matched part', () => {
  assert.equal(catalogMetric('disk.readLatency:nvme0n1')?.name, 'disk.readLatency');
  assert.equal(catalogMetric('operations.insert')?.name, 'operations.insert');
  assert.equal(catalogMetric('serverStatus.opcounters.insert'), undefined);
  const families = metricCatalog.filter(isFamily).map((metric) => metric.name);
  assert.ok(families.includes('disk.readLatency') && !families.includes('data.size'));
});
