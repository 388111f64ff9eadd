import type { MetricInfo } from '../../wire/api/metrics.ts';

/** A chart of the host page. Its metrics are those of the catalog that name it. */
export interface HostChart {
  readonly id: string;
  readonly title: string;
  /** One unit an axis: where a catalog chart mixes units, the parts become charts of their own. */
  readonly unit: string;
  readonly metrics: readonly MetricInfo[];
  readonly stacked: boolean;
}

/** Order and titles: first what tells whether it works, then what it waits for, then what it consumes. */
const layout: readonly { readonly id: string; readonly title: string; readonly stacked?: true }[] = [
  { id: 'operations', title: 'Operations' },
  { id: 'latency', title: 'Latency' },
  { id: 'connections', title: 'Connections' },
  { id: 'queues', title: 'Queues and tickets' },
  { id: 'tickets', title: 'Tickets' },
  { id: 'replication-lag', title: 'Replication lag' },
  { id: 'oplog', title: 'Oplog' },
  { id: 'cache', title: 'Cache' },
  { id: 'memory', title: 'Memory' },
  { id: 'cpu', title: 'CPU', stacked: true },
  { id: 'disk-latency', title: 'Disk latency' },
  { id: 'disk-iops', title: 'Disk operations' },
  { id: 'disk-space', title: 'Disk space' },
  { id: 'network', title: 'Network' },
  { id: 'flow-control', title: 'Flow control' },
  { id: 'transactions', title: 'Transactions' },
  { id: 'cursors', title: 'Cursors' },
  { id: 'documents', title: 'Documents' },
  { id: 'asserts', title: 'Asserts' },
  { id: 'page-faults', title: 'Page faults' },
];

const unitWords: Readonly<Record<string, string>> = {
  'per second': 'rate', bytes: 'size', 'bytes per second': 'throughput', percent: 'share', ms: 'time', µs: 'time',
  seconds: 'time', count: 'number', 'GB per hour': 'growth', boolean: 'state',
};

/** The charts of a host, in order, from the catalog; charts that the catalog has and this list does not come last. */
export function hostCharts(catalog: readonly MetricInfo[]): readonly HostChart[] {
  const named = catalog.filter((metric) => metric.chart !== null && !metric.raw);
  const ids = [...new Set(named.map((metric) => metric.chart ?? ''))];
  const order = new Map(layout.map((entry, index) => [entry.id, index]));
  ids.sort((a, b) => (order.get(a) ?? layout.length) - (order.get(b) ?? layout.length));
  return ids.flatMap((id) => splitByUnit(id, named.filter((metric) => metric.chart === id)));
}

/** A chart of one metric that the reader added. */
export function addedChart(metric: MetricInfo): HostChart {
  return { id: `+${metric.name}`, title: metric.title, unit: metric.unit, metrics: [metric], stacked: false };
}

function splitByUnit(id: string, metrics: readonly MetricInfo[]): HostChart[] {
  const entry = layout.find((one) => one.id === id);
  const title = entry?.title ?? titleOf(id);
  const units = [...new Set(metrics.map((metric) => metric.unit))];
  return units.map((unit, index) => ({
    id: index === 0 ? id : `${id}-${unit.replaceAll(' ', '-')}`,
    title: units.length === 1 ? title : partTitle(title, metrics.filter((metric) => metric.unit === unit), unit),
    unit,
    metrics: metrics.filter((metric) => metric.unit === unit),
    stacked: entry?.stacked === true && unit === 'percent',
  }));
}

function partTitle(title: string, metrics: readonly MetricInfo[], unit: string): string {
  const only = metrics.length === 1 ? metrics[0] : undefined;
  return only?.title ?? `${title}, ${unitWords[unit] ?? unit}`;
}

function titleOf(id: string): string {
  const words = id.replaceAll(/[-_]/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
