import { derivedMetrics } from '../derived-metric.ts';
import type { CatalogMetric } from '../metric.ts';
import { chartOf, firstOf, percent, scaled } from './define.ts';

const lag = chartOf('replicationLag');
const oplog = chartOf('oplogWindow');
const apply = chartOf('replicationApply');

const oplogStats = (name: string) => `local%2Eoplog%2Ers%2Estats.${name}`;
const secondsFromMs = 0.001;
const gbPerHour = 3600 / 1e9;

/** Members that follow their primary, and the oplog that lets them. */
export const replicationMetrics: readonly CatalogMetric[] = [
  lag.gauge('replication.lag', 'seconds', {
    title: 'Replication lag',
    explanation:
      'How far this member is behind its primary, its configured delay taken off; unknown while there is no primary. Worry above a minute.',
    source: scaled(derivedMetrics.lagMs, secondsFromMs),
    mms: 'OPLOG_SLAVE_LAG_MASTER_TIME',
  }),
  lag.gauge('replication.headroom', 'seconds', {
    title: 'Replication headroom',
    explanation: "The primary's oplog window minus this member's lag; at zero it must be resynced in full.",
    source: scaled(derivedMetrics.headroomMs, secondsFromMs),
    mms: 'OPLOG_MASTER_LAG_TIME_DIFF',
    chart: 'replicationHeadroom',
  }),
  oplog.gauge('oplog.window', 'seconds', {
    title: 'Oplog window',
    explanation: 'Time from the oldest to the newest oplog entry: how long a member may be away. Worry below a day.',
    source: scaled(derivedMetrics.oplogWindowMs, secondsFromMs),
    mms: 'OPLOG_MASTER_TIME',
  }),
  oplog.rate(
    'oplog.gbPerHour',
    {
      title: 'Oplog written',
      explanation:
        'Oplog written (10^9 bytes, before compression); the size of the oplog divided by it is the window to come.',
      source: scaled(oplogStats('wiredTiger.cursor.insert key and value bytes'), gbPerHour),
      mms: 'OPLOG_RATE_GB_PER_HOUR',
      chart: 'oplogRate',
    },
    'GB per hour',
  ),
  oplog.gauge('oplog.used', 'bytes', {
    title: 'Oplog used',
    explanation: 'Bytes of entries in the oplog, before compression; it stays at its limit once it was filled.',
    source: oplogStats('size'),
    chart: 'oplogSize',
  }),
  oplog.gauge('oplog.size', 'bytes', {
    title: 'Oplog limit',
    explanation: 'Configured size of the oplog; raise it with replSetResizeOplog when the window is too short.',
    source: oplogStats('maxSize'),
    chart: 'oplogSize',
  }),
  apply.rate('replication.applied', {
    title: 'Entries applied',
    explanation: 'Oplog entries applied by this member; should follow what the primary writes.',
    source: 'serverStatus.metrics.repl.apply.ops',
  }),
  apply.rate(
    'replication.received',
    {
      title: 'Oplog received',
      explanation:
        'Oplog bytes fetched from the sync source; zero on a secondary while the primary writes means it is cut off.',
      source: 'serverStatus.metrics.repl.network.bytes',
      chart: 'replicationNetwork',
    },
    'bytes per second',
  ),
  apply.gauge('replication.buffer', 'bytes', {
    title: 'Apply buffer',
    explanation: 'Oplog fetched and not yet applied; full for long means that this member applies too slowly.',
    source: firstOf('serverStatus.metrics.repl.buffer.apply.sizeBytes', 'serverStatus.metrics.repl.buffer.sizeBytes'),
    chart: 'replicationBuffer',
  }),
  apply.gauge('replication.bufferPercent', 'percent', {
    title: 'Apply buffer used',
    explanation: 'Share of the apply buffer in use; at 100% this member stops fetching and falls behind.',
    source: firstOf(
      percent(
        'serverStatus.metrics.repl.buffer.apply.sizeBytes',
        'serverStatus.metrics.repl.buffer.apply.maxSizeBytes',
      ),
      percent('serverStatus.metrics.repl.buffer.sizeBytes', 'serverStatus.metrics.repl.buffer.maxSizeBytes'),
    ),
    chart: 'replicationBufferFill',
  }),
];
