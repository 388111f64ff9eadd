import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricCatalog } from '../../../../src/model/metric-catalog.ts';
import { availableMetrics } from '../../../../src/web/chart/available-metrics.ts';
import { markersOf } from '../../../../src/web/chart/markers.ts';
import type { MetricInfo } from '../../../../src/wire/api/metrics.ts';

const catalog: MetricInfo[] = metricCatalog.map(({ name, title, unit, kind, explanation, chart }) => ({
  name,
  title,
  unit,
  kind,
  explanation,
  chart,
  raw: false,
}));
const raw = (name: string): MetricInfo => ({
  name,
  title: '',
  unit: 'count',
  kind: 'counter',
  explanation: '',
  chart: null,
  raw: true,
});
const available = (...names: string[]) =>
  availableMetrics([...catalog, ...names.map(raw)])
    .filter((metric) => !metric.raw)
    .map((metric) => metric.name);

test('a host has the catalog metrics whose raw numbers it reports', () => {
  const names = available('serverStatus.opcounters.insert', 'serverStatus.connections.current');
  assert.ok(names.includes('operations.insert') && names.includes('connections.current'));
  assert.ok(!names.includes('cache.used') && !names.includes('replication.lag') && !names.includes('disk.reads'));
});

test('a ratio needs both of its numbers', () => {
  assert.ok(!available('serverStatus.wiredTiger.cache.bytes currently in the cache').includes('cache.usedPercent'));
});

test('families match by part and not across parts', () => {
  assert.ok(available('systemMetrics.disks.nvme0n1.reads').includes('disk.reads'));
  assert.ok(!available('systemMetrics.disks.nvme0n1.more.reads').includes('disk.reads'));
});

test('a host that reported nothing lately keeps all charts', () => {
  assert.equal(available().length, catalog.length);
});

test('events of the agents and of the alerts become marks of their kind, others none', () => {
  const kinds = [
    'restart',
    'election',
    'stateChange',
    'versionChange',
    'unreachable',
    'reachable',
    'alertOpened',
    'alertClosed',
    'alertAcknowledged',
    'memberAdded',
  ];
  const subject = { kind: 'host', id: 'h1', label: 'a' } as const;
  const marks = markersOf(kinds.map((kind, at) => ({ id: kind, atMs: at, kind, subject, message: kind })));
  assert.deepEqual(
    marks.map((mark) => [mark.id, mark.kind]),
    [
      ['restart', 'restart'],
      ['election', 'election'],
      ['stateChange', 'election'],
      ['versionChange', 'version'],
      ['unreachable', 'alert'],
      ['reachable', 'recovered'],
      ['alertOpened', 'alert'],
      ['alertClosed', 'recovered'],
    ],
  );
});
