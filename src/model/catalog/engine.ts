import type { CatalogMetric } from '../metric.ts';
import { chartOf, firstOf, percent, scaled, sum } from './define.ts';

const connections = chartOf('connections');
const queues = chartOf('queues');
const tickets = chartOf('tickets');
const cache = chartOf('cache');
const cacheActivity = chartOf('cacheActivity');
const flow = chartOf('flowControl');

const wt = (name: string) => `serverStatus.wiredTiger.${name}`;
const cacheUsed = wt('cache.bytes currently in the cache');
const cacheDirty = wt('cache.tracked dirty bytes in the cache');
const cacheSize = wt('cache.maximum bytes configured');
/** Tickets moved from WiredTiger's section (until 7) to the server's own queues (8). */
const ticket = (side: 'read' | 'write', field: string) =>
  firstOf(`serverStatus.queues.execution.${side}.${field}`, wt(`concurrentTransactions.${side}.${field}`));
/** From a counter of microseconds: percent of the time (1 s per second = 100). */
const percentOfTime = (name: string) => scaled(name, 100 / 1e6);

/** Connections, waiting, and the storage engine. */
export const engineMetrics: readonly CatalogMetric[] = [
  connections.gauge('connections.current', 'count', {
    title: 'Connections',
    explanation:
      'Connections open now; each costs about 1 MB, and a saw-tooth or a climb is a client without a proper pool.',
    source: 'serverStatus.connections.current',
    mms: 'CONNECTIONS',
  }),
  connections.gauge('connections.active', 'count', {
    title: 'Active connections',
    explanation: 'Connections with an operation running; worry when it nears the number of cores times ten.',
    source: 'serverStatus.connections.active',
  }),
  connections.gauge('connections.usedPercent', 'percent', {
    title: 'Connections used',
    explanation: 'Share of the connection limit in use; at 100% new clients are refused.',
    source: percent(
      'serverStatus.connections.current',
      sum('serverStatus.connections.current', 'serverStatus.connections.available'),
    ),
    mms: 'CONNECTIONS_PERCENT',
    chart: 'connectionLimit',
  }),
  connections.rate('connections.created', {
    title: 'New connections',
    explanation: 'Connections opened; a constant high rate is churn, which costs CPU (TLS and login) on both sides.',
    source: 'serverStatus.connections.totalCreated',
    chart: 'newConnections',
  }),
  queues.gauge('queues.total', 'count', {
    title: 'Waiting',
    explanation: 'Operations that wait for a lock or a ticket; worry when it stays above zero.',
    source: 'serverStatus.globalLock.currentQueue.total',
    mms: 'GLOBAL_LOCK_CURRENT_QUEUE_TOTAL',
  }),
  queues.gauge('queues.readers', 'count', {
    title: 'Waiting readers',
    explanation: 'Reads that wait for a lock or a ticket; worry when it stays above zero.',
    source: 'serverStatus.globalLock.currentQueue.readers',
    mms: 'GLOBAL_LOCK_CURRENT_QUEUE_READERS',
  }),
  queues.gauge('queues.writers', 'count', {
    title: 'Waiting writers',
    explanation: 'Writes that wait for a lock or a ticket; worry when it stays above zero.',
    source: 'serverStatus.globalLock.currentQueue.writers',
    mms: 'GLOBAL_LOCK_CURRENT_QUEUE_WRITERS',
  }),
  queues.gauge('queues.activeReaders', 'count', {
    title: 'Running readers',
    explanation: 'Reads that run now; many with low throughput mean slow queries.',
    source: 'serverStatus.globalLock.activeClients.readers',
    chart: 'activeClients',
  }),
  queues.gauge('queues.activeWriters', 'count', {
    title: 'Running writers',
    explanation: 'Writes that run now; many with low throughput mean a slow disk or hot documents.',
    source: 'serverStatus.globalLock.activeClients.writers',
    chart: 'activeClients',
  }),
  tickets.gauge('tickets.readsAvailable', 'count', {
    title: 'Read tickets free',
    explanation:
      'Reads that may still enter the storage engine; at zero all others wait. From version 7 the total adapts by itself.',
    source: ticket('read', 'available'),
    mms: 'TICKETS_AVAILABLE_READS',
  }),
  tickets.gauge('tickets.writesAvailable', 'count', {
    title: 'Write tickets free',
    explanation:
      'Writes that may still enter the storage engine; at zero all others wait. From version 7 the total adapts by itself.',
    source: ticket('write', 'available'),
    mms: 'TICKETS_AVAILABLE_WRITE',
  }),
  tickets.gauge('tickets.readsUsed', 'count', {
    title: 'Read tickets taken',
    explanation: 'Reads inside the storage engine now; worry when it stays at its limit.',
    source: ticket('read', 'out'),
  }),
  tickets.gauge('tickets.writesUsed', 'count', {
    title: 'Write tickets taken',
    explanation: 'Writes inside the storage engine now; worry when it stays at its limit.',
    source: ticket('write', 'out'),
  }),
  cache.gauge('cache.used', 'bytes', {
    title: 'Cache used',
    explanation: 'Data in the WiredTiger cache; stays near 80% of its size on a busy host, which is healthy.',
    source: cacheUsed,
    mms: 'CACHE_USED_BYTES',
  }),
  cache.gauge('cache.dirty', 'bytes', {
    title: 'Cache dirty, bytes',
    explanation:
      'Changed data in the cache that is not on disk yet; a climb means that the disk cannot keep up with the writes.',
    source: cacheDirty,
    mms: 'CACHE_DIRTY_BYTES',
  }),
  cache.gauge('cache.size', 'bytes', {
    title: 'Cache size',
    explanation:
      'Configured size of the cache, by default half of memory minus 1 GB; it should hold the data in daily use.',
    source: cacheSize,
  }),
  cache.gauge('cache.usedPercent', 'percent', {
    title: 'Cache used',
    explanation: 'Share of the cache in use; above 95% clients must evict pages themselves and slow down.',
    source: percent(cacheUsed, cacheSize),
    mms: 'CACHE_FILL_RATIO',
    chart: 'cacheFill',
  }),
  cache.gauge('cache.dirtyPercent', 'percent', {
    title: 'Cache dirty',
    explanation:
      'Share of the cache that is changed and not on disk; above 5% eviction starts, above 20% clients are held up.',
    source: percent(cacheDirty, cacheSize),
    mms: 'DIRTY_FILL_RATIO',
    chart: 'cacheFill',
  }),
  cacheActivity.rate(
    'cache.readInto',
    {
      title: 'Read into cache',
      explanation:
        'Bytes read from disk because they were not in the cache; high all day means that the cache is too small.',
      source: wt('cache.bytes read into cache'),
      mms: 'CACHE_BYTES_READ_INTO',
    },
    'bytes per second',
  ),
  cacheActivity.rate(
    'cache.writtenFrom',
    {
      title: 'Written from cache',
      explanation: 'Bytes written from the cache to disk, by checkpoints and eviction; its height should fit the disk.',
      source: wt('cache.bytes written from cache'),
      mms: 'CACHE_BYTES_WRITTEN_FROM',
    },
    'bytes per second',
  ),
  cacheActivity.rate('cache.evictedByClients', {
    title: 'Pages evicted by clients',
    explanation: 'Pages that client threads had to evict before their own work; worry when it is not zero.',
    source: firstOf(
      wt('cache.pages evicted by application threads'),
      wt('cache.page evict attempts by application threads'),
    ),
    chart: 'eviction',
  }),
  cacheActivity.gauge('cache.historyStore', 'bytes', {
    title: 'History store on disk',
    explanation:
      'Old versions of documents that do not fit the cache; a climb points to long transactions or a lost majority.',
    source: wt('cache.history store table on-disk size'),
    chart: 'historyStore',
  }),
  cacheActivity.gauge('checkpoint.lastDuration', 'ms', {
    title: 'Last checkpoint',
    explanation:
      'How long the last checkpoint took; one is due each minute, so more than 60 s means that the disk is too slow.',
    source: firstOf(
      wt('checkpoint.most recent time (msecs)'),
      wt('transaction.transaction checkpoint most recent time (msecs)'),
    ),
    chart: 'checkpoint',
  }),
  flow.gauge('flowControl.lagged', 'boolean', {
    title: 'Flow control engaged',
    explanation:
      'Whether the primary slows its writes because the majority lags; worry when it is 1: find the slow member.',
    source: 'serverStatus.flowControl.isLagged',
  }),
  flow.rate(
    'flowControl.waiting',
    {
      title: 'Time held up by flow control',
      explanation:
        'Time that writes waited for flow control, 100 = one writer waiting all the time; worry when it is visible.',
      source: percentOfTime('serverStatus.flowControl.timeAcquiringMicros'),
      mms: 'OPERATION_THROTTLING_TIME',
      chart: 'flowControlTime',
    },
    'percent',
  ),
  flow.rate('flowControl.laggedPeriods', {
    title: 'Times engaged',
    explanation: 'How often flow control engaged; each time the majority was more than its target (10 s) behind.',
    source: 'serverStatus.flowControl.isLaggedCount',
    chart: 'flowControlPeriods',
  }),
];
