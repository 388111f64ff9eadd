import type { MetricKind, MetricUnit } from './metric.ts';

/**
 * What a raw name measures, from the name alone. MongoDB does not say which of its numbers only grow, so these rules do.
 *
 * A section is looked up by the first parts of the name; its pattern lists the exceptions to the section's kind.
 * What no section knows is a gauge: a counter drawn as a gauge is a rising line and still true, a gauge drawn as a
 * rate is nonsense. Checked against the replies of real 4.4, 5.0 and 6.0 servers (test/unit/model/raw-metric.test.ts)
 * and, for WiredTiger, against the flags in its own `dist/stat_data.py`.
 */
interface Section {
  readonly kind: MetricKind;
  /** Names (after the prefix) that are of the other kind. */
  readonly except?: RegExp;
}

const counters = (except?: RegExp): Section =>
  except === undefined ? { kind: 'counter' } : { kind: 'counter', except };
const gauges = (except?: RegExp): Section => (except === undefined ? { kind: 'gauge' } : { kind: 'gauge', except });

/** Values that WiredTiger keeps "as they are now"; its other statistics only grow. */
const wiredTigerGauges = new RegExp(
  [
    '\\bcurrent(?:ly)?\\b(?!.*\\bcumulative)',
    '\\bin the cache$',
    'currently in cache$',
    '^(?!.*reached).*\\bmax(?:imum)?\\b',
    '\\bmin(?:imum)?\\b(?! sleep)',
    '\\bmost recent\\b(?! sleeps)',
    '\\baverage\\b',
    '\\bpercentage\\b',
    '\\b(?:cursor|session) count$',
    '\\bbackup (?:duplicate )?cursor open$',
    '\\bbackup cursor in progress',
    '\\bgeneration$',
    '(?<!prepare )\\bstate$',
    '\\bscore$',
    '\\bthread active$',
    '\\bactive eviction walks$',
    '^active filesystem\\b',
    '\\bstress active$',
    '\\bcompact running$',
    '\\benabled$',
    '^transaction range of .*\\bpinned\\b',
    '\\bpinned chunks\\b',
    '\\bread timestamp of\\b',
    '\\bdirty target$',
    'stable number$',
    'uncommitted txn',
    'in this txn$',
    'allocated for updates$',
    'hash bucket array',
    '^(?!.*(?:skipped|eviction gave)).*\\bsize(?: in bytes)?$',
    'magic number',
    'version number',
    'available for reuse',
    'queue length$',
    'awaiting free$',
    'log files to create$',
    'threshold to call',
    'retention time',
    'fsync duration after',
    'files remaining',
    'tracked by',
    'expiration time$',
    'expected number of',
    'key/value pairs$',
    'overflow pages$',
    '(?:row|column)-store (?:empty|variable|fixed|internal|leaf)',
    'in the LSM tree$',
    'size of bloom filters$',
    'in the root page$',
    'size of the root page$',
    '^formatVersion$',
  ].join('|'),
  'i',
);

/** Tickets: what is taken, free and waiting now. The queue's statistics beside them grow. */
const ticketGauges = /(?:^|\.)(?:out|available|totalTickets|queueLength|processing|newAdmissions.*Length|isHeld)$/;

const sections: Readonly<Record<string, Section>> = {
  leafward: gauges(),
  dbStats: gauges(),
  collStats: gauges(
    /(?:^|\.)(?:accesses\.ops|latencyStats\.\w+\.(?:latency|ops|histogram\.\d+\.count)|queryExecStats\..+)$/,
  ),
  indexStats: gauges(/(?:^|\.)accesses\.ops$/),
  replSetGetStatus: gauges(/InitialSync(?:Attempts|Failures)$/),

  'systemMetrics.cpu': counters(/^(?:num_|btime$|procs_running$|procs_blocked$)/),
  'systemMetrics.memory': gauges(),
  'systemMetrics.disks': counters(/io_in_progress$/),
  'systemMetrics.mounts': gauges(),
  'systemMetrics.vmstat': counters(/^nr_(?!dirtied|written|throttled|vmscan)/),
  'systemMetrics.netstat': counters(/^(?:Tcp:(?:CurrEstab|MaxConn|Rto\w+)|Ip:(?:Forwarding|DefaultTTL))$/),
  'systemMetrics.pressure': counters(/(?:^|\.)avg\d+$/),

  'serverStatus.asserts': counters(),
  'serverStatus.batchedDeletes': counters(/^stagedSizeBytes$/),
  'serverStatus.connections': gauges(
    /(?:^|\.)(?:totalCreated|rejected|totalRejected|establishmentRateLimit\.(?!queued)\w+)$/,
  ),
  'serverStatus.electionMetrics': counters(/^averageCatchUpOps$/),
  'serverStatus.extra_info': counters(
    /^(?:maximum_resident_set_kb|heap_usage_bytes|threads|page_file_\w+|ram\w+|\w+Usage\w*)$/i,
  ),
  'serverStatus.flowControl': gauges(/^(?:timeAcquiringMicros|isLaggedCount|isLaggedTimeMicros)$/),
  'serverStatus.globalLock': gauges(/^totalTime$/),
  'serverStatus.indexBulkBuilder': counters(/^memUsage$/),
  'serverStatus.indexBuilds': counters(/^(?:phases\.|active)/),
  'serverStatus.indexStats': gauges(/(?:^|\.)accesses$/),
  'serverStatus.latchAnalysis': counters(),
  'serverStatus.locks': counters(),
  'serverStatus.logicalSessionRecordCache': gauges(/^(?:sessionsCollectionJobCount|transactionReaperJobCount)$/),
  'serverStatus.mirroredReads': counters(/(?:Max|pending|processedAsSecondaryPending)$/i),
  'serverStatus.network': counters(
    /^(?:tcpFastOpen\.(?!accepted$)|serviceExecutor(?:s|TaskStats)\.|.*\b(?:queued|active|available)$)/,
  ),
  'serverStatus.opLatencies': counters(),
  'serverStatus.opReadConcernCounters': counters(),
  'serverStatus.opWriteConcernCounters': counters(),
  'serverStatus.opcounters': counters(),
  'serverStatus.opcountersRepl': counters(),
  'serverStatus.oplogTruncation': counters(/^(?:oplogMinRetentionHours|max\w*)$/),
  'serverStatus.planCache': counters(/(?:SizeEstimateBytes|QueryShapes|\.size)$/i),
  'serverStatus.queryAnalyzers': gauges(/(?:^|\.)total\w+$/),
  'serverStatus.queryStats': gauges(/(?:^|\.)num\w+$/),
  'serverStatus.queues': counters(ticketGauges),
  'serverStatus.readConcernCounters': counters(),
  'serverStatus.readPreferenceCounters': counters(),
  'serverStatus.scramCache': counters(/\.count$/),
  'serverStatus.security': counters(/^SSLServer/),
  'serverStatus.shardingStatistics': counters(
    /(?:^|\.)(?:num(?:Database|Collection)Entries|(?:active|current|oldest|max|last)\w*|\w*(?:InProgress|Remaining\w*|Size|SizeBytes)|opTimeRemaining\w*)$/,
  ),
  'serverStatus.tcmalloc': gauges(/(?:_count|pageheap_total_\w+|total_delay_ns|num_\w+_(?:hits|misses))$/),
  'serverStatus.tenantMigrations': counters(/^current/),
  'serverStatus.transactions': counters(/^(?:current|lastCommittedTransaction)/),
  'serverStatus.transportSecurity': counters(),
  'serverStatus.twoPhaseCommitCoordinator': counters(/^currentInSteps/),
  'serverStatus.watchdog': counters(/^monitorPeriod$/),

  'serverStatus.metrics': counters(
    new RegExp(
      [
        '^cursor\\.open\\.',
        '^repl\\.buffer\\.(?:\\w+\\.)?(?:count|sizeBytes|maxSizeBytes|maxCount)$',
        '^repl\\.executor\\.',
        '^repl\\.waiters\\.',
        '^query\\.(?:planCacheTotal|\\w+Max(?:Ms|Count)$)',
        'histograms\\.\\w+\\.\\d+\\.lowerBound$',
        '(?:^|\\.)max[A-Z]\\w*$',
        '(?:^|\\.)current[A-Z]\\w*$',
        '^changeStreams\\.(?:.*\\.)?(?:open|pinned)\\w*$',
        '^ttl\\.(?:numberOfIndexes)',
      ].join('|'),
    ),
  ),

  'serverStatus.wiredTiger.concurrentTransactions': counters(ticketGauges),
  'serverStatus.wiredTiger.oplog': gauges(),
  'serverStatus.wiredTiger.snapshot-window-settings': gauges(/^total number of/),
  'serverStatus.wiredTiger': counters(wiredTigerGauges),
};

/** Whether the number only grows while the process runs (then it is drawn as a rate) or goes both ways. */
export function rawMetricKind(name: string): MetricKind {
  const found = find(name);
  if (found === null) return 'gauge';
  const { section, rest } = found;
  const isException = section.except?.test(rest) === true;
  if (!isException) return section.kind;
  return section.kind === 'counter' ? 'gauge' : 'counter';
}

function find(name: string): { section: Section; rest: string } | null {
  // The files of one collection or index carry WiredTiger statistics too, deeper in their name.
  const embedded =
    /(?:^collStats\..*?|^local%2Eoplog%2Ers%2Estats)\.(?:wiredTiger|indexDetails\.[^.]+)\.(?:[^.]+\.)*?(?=[^.]+$)/.exec(
      name,
    );
  if (embedded !== null) return { section: wiredTigerFile, rest: name.slice(embedded[0].length) };
  const [first = '', second = '', third = ''] = name.split('.', 4);
  for (const prefix of [`${first}.${second}.${third}`, `${first}.${second}`, first]) {
    const section = Object.hasOwn(sections, prefix) ? sections[prefix] : undefined;
    if (section === undefined) continue;
    const rest = name.slice(prefix.length + 1);
    // "wiredTiger.cache.bytes read": the category is not part of the statistic's text.
    return { section, rest: prefix === 'serverStatus.wiredTiger' ? rest.slice(rest.indexOf('.') + 1) : rest };
  }
  return null;
}

const wiredTigerFile: Section = counters(wiredTigerGauges);

/** Unit of the numbers as they are stored; for counters, of their rate. Rests on what MongoDB writes into its names. */
export function rawMetricUnit(name: string): MetricUnit {
  const isCounter = rawMetricKind(name) === 'counter';
  for (const [pattern, gauge, rate] of units) {
    if (pattern.test(name)) return isCounter ? rate : gauge;
  }
  return isCounter ? 'per second' : 'count';
}

/** First match wins: [name, unit of a gauge, unit of a counter's rate]. */
const units: readonly (readonly [RegExp, MetricUnit, MetricUnit])[] = [
  [/^serverStatus\.(?:catalogStats|metrics\.operatorCounters|metrics\.commands)\./, 'count', 'per second'],
  [/^systemMetrics\.mounts\.|^dbStats\..*(?:[sS]ize)$|^indexStats\..*\.size$/, 'bytes', 'bytes per second'],
  [/^serverStatus\.mem\.(?:resident|virtual|mapped\w*)$/, 'MiB', 'MiB per second'],
  [/^systemMetrics\.cpu\.\w+_ms$|_time_ms$|_queued_ms$/, 'ms', 'ms per second'],
  [
    /^serverStatus\.opLatencies\..*\.latency$|^collStats\..*latencyStats\..*\.latency$|^serverStatus\.globalLock\.totalTime$/,
    'µs',
    'µs per second',
  ],
  [/_kb$/, 'KiB', 'KiB per second'],
  [/_us$|[mM]icros$|\(usecs\)$/, 'µs', 'µs per second'],
  [/_ms$|[mM]illis$|MS$|Ms$|\(msecs\)$|milliseconds/, 'ms', 'ms per second'],
  [
    /(?:^|\.)(?:start|end|localTime|since|\w*(?:Date|WallTime|Timestamp|Heartbeat|HeartbeatRecv)|optimeDate)$/,
    'ms',
    'ms per second',
  ],
  [/(?:^|\.)uptime(?:Estimate)?$|\(secs\)$|(?:^|\.)ts$|Secs?$|[a-z]Seconds$/, 'seconds', 'per second'],
  [
    /bytes?\b(?! histogram)|Bytes|bytesIn|bytesOut|_bytes|heap_size|\bsize in bytes$|\b(?:page|file|buffer|on-disk) size\b|Octets$/,
    'bytes',
    'bytes per second',
  ],
  [
    /^(?:collStats\..*|local%2Eoplog%2Ers%2Estats)\.(?:size|maxSize|avgObjSize|storageSize|freeStorageSize|totalSize|totalIndexSize|indexSizes\..*)$/,
    'bytes',
    'bytes per second',
  ],
  [/percentage|Percent$/, 'percent', 'per second'],
  [
    /(?:^|\.)(?:self|capped|enabled|isLagged|isWritablePrimary|ismaster|secondary|votedForCandidate|running|readOnly|persistent|supports\w+|backupCursorOpen|supported)$/,
    'boolean',
    'per second',
  ],
];
