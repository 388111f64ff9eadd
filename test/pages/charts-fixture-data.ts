import { metricCatalog, sourceLeaves } from '../../src/model/metric-catalog.ts';
import { catalogMetricInfo, hostMetrics } from '../../src/server/api/metric-info.ts';
import type { Event } from '../../src/wire/api/alerts.ts';
import type { Host, TopologyAnswer, TopologyMember } from '../../src/wire/api/deployment.ts';
import type { MetricInfo, Series, SeriesPoint } from '../../src/wire/api/metrics.ts';

const hour = 3_600_000;

/** A host that has been watched for 400 days and was restarted 5 h ago, with 16 minutes without samples before it. */
export const restartAgoMs = 5 * hour;
export const silentMs = 16 * 60_000;

/** Usual value and swing of the metrics whose size matters to the eye; others go by their unit. */
const usual: Readonly<Record<string, readonly [base: number, swing: number]>> = {
  'operations.insert': [420, 0.5],
  'operations.query': [3180, 0.35],
  'operations.update': [1240, 0.4],
  'operations.delete': [61, 0.6],
  'operations.getmore': [230, 0.3],
  'operations.command': [1790, 0.25],
  'operations.total': [6920, 0.3],
  'operations.ttlDeleted': [12, 1],
  'latency.reads': [0.41, 0.4],
  'latency.writes': [1.65, 0.5],
  'latency.commands': [0.22, 0.3],
  'latency.transactions': [4.1, 0.6],
  'connections.current': [612, 0.1],
  'connections.active': [38, 0.4],
  'queues.total': [1.1, 2],
  'queues.readers': [0.4, 2],
  'queues.writers': [0.7, 2],
  'tickets.readsAvailable': [121, 0.05],
  'tickets.writesAvailable': [118, 0.08],
  'tickets.readsUsed': [7, 0.5],
  'tickets.writesUsed': [10, 0.5],
  'replication.lag': [0.8, 0.9],
  'oplog.window': [31 * 3600, 0.05],
  'oplog.gbPerHour': [4.2, 0.3],
  'cache.used': [13 * 2 ** 30, 0.04],
  'cache.dirty': [0.6 * 2 ** 30, 0.5],
  'cache.size': [16 * 2 ** 30, 0],
  'cpu.user': [22, 0.4],
  'cpu.system': [6, 0.3],
  'cpu.iowait': [4, 0.9],
  'cpu.nice': [0, 0],
  'cpu.irq': [0.1, 0.2],
  'cpu.softirq': [0.6, 0.3],
  'cpu.steal': [0.2, 0.9],
  'cpu.guest': [0, 0],
  'network.bytesIn': [8 * 2 ** 20, 0.4],
  'network.bytesOut': [27 * 2 ** 20, 0.4],
  'asserts.user': [0.3, 1],
  'asserts.regular': [0, 0],
  'asserts.warning': [0, 0],
  'asserts.msg': [0, 0],
};
const byUnit: Readonly<Record<string, readonly [base: number, swing: number]>> = {
  count: [34, 0.2],
  'per second': [860, 0.4],
  bytes: [6 * 2 ** 30, 0.1],
  'bytes per second': [5 * 2 ** 20, 0.5],
  ms: [3, 0.6],
  seconds: [300, 0.2],
  percent: [41, 0.2],
  'GB per hour': [4, 0.3],
  boolean: [0, 0],
};
const manyDisks = Array.from({ length: 11 }, (_, at) => `nvme${at}n1`);
/** Not reported by this host. */
const absentCharts = new Set(['flowControl', 'agent', 'agentMemory', 'agentOutbox', 'historyStore']);

export function catalog(): MetricInfo[] {
  return metricCatalog.map(catalogMetricInfo);
}

/** As the server makes it: of the catalog what the raw names below are enough for. */
export function metrics(): MetricInfo[] {
  const sections = [
    'serverStatus.wiredTiger.cache',
    'serverStatus.metrics.commands',
    'serverStatus.locks',
    'systemMetrics.netstat',
    'local%2Eoplog%2Ers%2Estats.wiredTiger.cursor',
  ];
  const names = Array.from(
    { length: 2400 },
    (_, at) => `${sections[at % 5] ?? ''}.a rather long name of a number that the server counts ${at}.total`,
  );
  const sources = metricCatalog
    .filter((metric) => !absentCharts.has(metric.chart))
    .flatMap((metric) => sourceLeaves(metric.source))
    .map((leaf) => ('raw' in leaf ? leaf.raw : leaf.match.replaceAll('*', 'nvme0n1')));
  const raw = [...sources, ...names].map((name) => ({ name, kind: 'counter', unit: 'count' }) as const);
  return [...hostMetrics(metricCatalog, raw)];
}

export function host(id: string, name: string, nowMs: number, firstSampleAgoMs: number): Host {
  return {
    id,
    host: name,
    connectTo: null,
    aliases: [],
    seed: true,
    type: 'mongod',
    role: 'secondary',
    version: '6.0.19',
    status: { health: 'warn', word: 'Lags', sinceMs: nowMs - 19 * 60_000, detail: '4 min 12 s behind its primary' },
    replicaSetId: 'set1',
    setName: 'checkout',
    clusterId: null,
    shardName: null,
    startedAtMs: nowMs - restartAgoMs,
    firstSampleAtMs: nowMs - firstSampleAgoMs,
    lastSampleAtMs: nowMs - 4000,
    problem: null,
    clockSkewMs: 12,
    collection: 'diagnostic',
    hasCredentials: true,
    authSource: null,
    tls: null,
    tags: [],
    username: 'leafward',
  };
}

export function events(hostId: string, label: string, nowMs: number): Event[] {
  const subject = { kind: 'host', id: hostId, label } as const;
  return [
    { id: 'e4', atMs: nowMs - 19 * 60_000, kind: 'alertOpened', subject, message: 'Lag passed 1 min.' },
    {
      id: 'e3',
      atMs: nowMs - 2 * hour,
      kind: 'election',
      subject,
      message: 'checkout-1 became primary, term 14, in 1.9 s.',
    },
    {
      id: 'e2',
      atMs: nowMs - restartAgoMs,
      kind: 'restart',
      subject,
      message: 'Restarted: the machine booted. 16 min without samples.',
    },
    {
      id: 'e1',
      atMs: nowMs - restartAgoMs + 30_000,
      kind: 'versionChange',
      subject,
      message: 'MongoDB 6.0.14 became 6.0.19.',
    },
  ];
}

/** One replica set of three. */
export function topology(nowMs: number): TopologyAnswer {
  const status = { health: 'ok', word: 'Healthy' } as const;
  const members = ['h1', 'h2', 'h3'].map(
    (id, at): TopologyMember => ({
      hostId: id,
      host: `checkout-${at + 1}.example.net:27017`,
      memberId: at,
      role: at === 1 ? 'primary' : 'secondary',
      status,
      lagMs: 800,
      delaySeconds: 0,
      priority: 1,
      hidden: false,
      version: '6.0.19',
      startedAtMs: nowMs - restartAgoMs,
      operationsPerSecond: 6920,
      connections: 612,
      cachePercent: 78,
      diskPercent: 61,
      spark: [],
      openAlerts: 0,
    }),
  );
  const figures = {
    processes: 3,
    healthy: 3,
    lagging: 0,
    down: 0,
    unknown: 0,
    operationsPerSecond: 6920,
    operationsSpark: [],
    connections: 612,
    connectionsLimit: 51_200,
    oldestOplogWindowMs: 31 * hour,
    oldestOplogSet: 'checkout',
    oldestOplogSetId: 'set1',
    openAlerts: 0,
  };
  const set = {
    replicaSetId: 'set1',
    name: 'checkout',
    status,
    versions: ['6.0.19'],
    primary: 'h2',
    term: 14,
    oplogFirstMs: nowMs - 31 * hour,
    oplogLastMs: nowMs,
    oplogWindowMs: 31 * hour,
    oplogBytesPerHour: 4.2e9,
    dataBytes: 6.4e11,
    clusterRole: null,
    shardName: null,
    members,
  };
  const verdict = { health: 'ok', title: 'All is well', detail: '', hostId: null, alertId: null } as const;
  return { verdict, blind: null, figures, clusters: [], sets: [set], standalones: [], atMs: nowMs };
}

/** The value of a metric at a time: a day's wave, noise that depends on the time alone, spikes, no samples while silent. */
function valueAt(base: number, swing: number, seed: number, timeMs: number): number {
  const day = Math.sin((timeMs / (24 * hour)) * 2 * Math.PI + seed);
  const fast = Math.sin(timeMs / (11 * 60_000) + seed * 7) * 0.3;
  const noise = pseudo(timeMs / 1000 + seed * 1013) - 0.5;
  const spike = pseudo(Math.floor(timeMs / 60_000) + seed * 31) > 0.985 ? 1.2 : 0;
  return Math.max(0, base * (1 + swing * (0.5 * day + 0.25 * fast + 0.35 * noise + spike)));
}

function pseudo(at: number): number {
  const x = Math.sin(at * 12.9898) * 43_758.5453;
  return x - Math.floor(x);
}

export interface SeriesQuery {
  readonly fromMs: number;
  readonly toMs: number;
  readonly points: number;
  readonly nowMs: number;
  readonly firstSampleMs: number;
  /** Times without samples. */
  readonly silent: readonly (readonly [number, number])[];
}

export function series(metric: string, query: SeriesQuery): Series[] {
  const at = metricCatalog.findIndex((entry) => entry.name === metric);
  const entry = metricCatalog[at];
  if (entry === undefined)
    return metric.includes('.') ? [one(metric, 'per second', 120, 0.5, metric.length, query)] : [];
  if (absentCharts.has(entry.chart)) return [];
  const [base, swing] = usual[metric] ?? byUnit[entry.unit] ?? [1, 0.5];
  if (metric === 'disk.writeLatency')
    return manyDisks.map((disk, disk0) => one(`${metric}:${disk}`, 'ms', 2 + disk0 * 0.7, 0.5, disk0, query));
  if (metric.startsWith('disk.')) return [one(`${metric}:nvme0n1`, entry.unit, base, swing, at, query)];
  return [one(metric, entry.unit, base, swing, at, query)];
}

function one(metric: string, unit: string, base: number, swing: number, seed: number, query: SeriesQuery): Series {
  const span = query.toMs - query.fromMs;
  const steps = [10_000, 60_000, hour, 24 * hour];
  const level = steps.find((step) => span / step <= query.points * 4) ?? 24 * hour;
  const resolutionMs = Math.max(level, Math.ceil(span / query.points / level) * level);
  const points: SeriesPoint[] = [];
  const first = Math.ceil(Math.max(query.fromMs, query.firstSampleMs) / resolutionMs) * resolutionMs;
  for (let at = first; at <= Math.min(query.toMs, query.nowMs); at += resolutionMs) {
    if (query.silent.some(([from, to]) => at > from && at < to)) {
      points.push([at, null, null, null]);
      continue;
    }
    const samples = resolutionMs === 10_000 ? [0] : [0, 0.2, 0.4, 0.6, 0.8];
    const values = samples.map((part) => valueAt(base, swing, seed, at + part * resolutionMs));
    points.push([
      at,
      Math.min(...values),
      values.reduce((sum, value) => sum + value, 0) / values.length,
      Math.max(...values),
    ]);
  }
  return { metric, unit, resolutionMs, points };
}
