import { agentMetrics } from './catalog/agent.ts';
import { databaseMetrics } from './catalog/databases.ts';
import { diskMetrics } from './catalog/disk.ts';
import { engineMetrics } from './catalog/engine.ts';
import { machineMetrics } from './catalog/machine.ts';
import { operationMetrics } from './catalog/operations.ts';
import { replicationMetrics } from './catalog/replication.ts';
import type { CatalogMetric, MetricSource } from './metric.ts';

/** The metrics that people chart, in the order of the host page. Names are never renamed; `docs/metrics.md` lists them. */
export const metricCatalog: readonly CatalogMetric[] = [
  ...operationMetrics,
  ...engineMetrics,
  ...replicationMetrics,
  ...machineMetrics,
  ...diskMetrics,
  ...databaseMetrics,
  ...agentMetrics,
];

export interface MetricChart {
  readonly name: string;
  readonly title: string;
}

/** Charts of the host page, in reading order: first what on-call looks at, then the rest by area. */
export const metricCharts: readonly MetricChart[] = [
  { name: 'operations', title: 'Operations' },
  { name: 'latency', title: 'Latency' },
  { name: 'connections', title: 'Connections' },
  { name: 'queues', title: 'Waiting operations' },
  { name: 'replicationLag', title: 'Replication lag' },
  { name: 'oplogWindow', title: 'Oplog window' },
  { name: 'cpu', title: 'CPU of the machine' },
  { name: 'diskLatency', title: 'Disk latency' },
  { name: 'cacheFill', title: 'Cache fill' },
  { name: 'tickets', title: 'Tickets' },
  { name: 'memory', title: 'Memory' },
  { name: 'network', title: 'Network' },
  { name: 'diskSpace', title: 'Disk space' },
  { name: 'diskIops', title: 'Disk operations' },
  { name: 'documents', title: 'Documents' },
  { name: 'queryTargeting', title: 'Query targeting' },
  { name: 'queryExecutor', title: 'Query execution' },
  { name: 'cursors', title: 'Cursors' },
  { name: 'cursorTimeouts', title: 'Cursor time-outs' },
  { name: 'transactions', title: 'Open transactions' },
  { name: 'transactionRate', title: 'Transactions' },
  { name: 'asserts', title: 'Asserts' },
  { name: 'replicatedOperations', title: 'Replicated operations' },
  { name: 'replicationHeadroom', title: 'Replication headroom' },
  { name: 'oplogRate', title: 'Oplog written' },
  { name: 'oplogSize', title: 'Oplog size' },
  { name: 'replicationApply', title: 'Entries applied' },
  { name: 'replicationNetwork', title: 'Oplog received' },
  { name: 'replicationBuffer', title: 'Apply buffer' },
  { name: 'replicationBufferFill', title: 'Apply buffer fill' },
  { name: 'connectionLimit', title: 'Connection limit' },
  { name: 'newConnections', title: 'New connections' },
  { name: 'activeClients', title: 'Running operations' },
  { name: 'cache', title: 'Cache' },
  { name: 'cacheActivity', title: 'Cache activity' },
  { name: 'eviction', title: 'Eviction by clients' },
  { name: 'historyStore', title: 'History store' },
  { name: 'checkpoint', title: 'Checkpoints' },
  { name: 'flowControl', title: 'Flow control' },
  { name: 'flowControlTime', title: 'Flow control, time held up' },
  { name: 'flowControlPeriods', title: 'Flow control, times engaged' },
  { name: 'processCpu', title: 'CPU of the process' },
  { name: 'uptime', title: 'Uptime' },
  { name: 'machineMemory', title: 'Memory of the machine' },
  { name: 'machineMemoryFill', title: 'Memory fill of the machine' },
  { name: 'pageFaults', title: 'Page faults' },
  { name: 'networkRequests', title: 'Network requests' },
  { name: 'networkErrors', title: 'TCP retransmissions' },
  { name: 'diskFree', title: 'Disk space, bytes' },
  { name: 'diskThroughput', title: 'Disk throughput' },
  { name: 'diskUtilization', title: 'Disk utilization' },
  { name: 'diskQueue', title: 'Disk queue' },
  { name: 'dataSize', title: 'Data size' },
  { name: 'dataObjects', title: 'Documents stored' },
  { name: 'dataCollections', title: 'Collections' },
  { name: 'dataDisk', title: 'Data disk' },
  { name: 'databaseSize', title: 'Size by database' },
  { name: 'databaseObjects', title: 'Documents by database' },
  { name: 'databaseObjectSize', title: 'Document size by database' },
  { name: 'databaseCollections', title: 'Collections by database' },
  { name: 'databaseIndexes', title: 'Indexes by database' },
  { name: 'collectionSize', title: 'Size by collection' },
  { name: 'indexUses', title: 'Uses by index' },
  { name: 'poll', title: 'Poll duration' },
  { name: 'clockSkew', title: 'Clock skew' },
  { name: 'agent', title: 'Agent CPU' },
  { name: 'agentMemory', title: 'Agent memory' },
  { name: 'agentOutbox', title: 'Agent outbox' },
];

const byName = new Map(metricCatalog.map((metric) => [metric.name, metric]));

/** The catalog metric of that name, `disk.reads:sda` (one series of a family) included. */
export function catalogMetric(name: string): CatalogMetric | undefined {
  return byName.get(name) ?? byName.get(name.split(':', 1)[0] ?? '');
}

/** Whether it is a family: one series per disk, database, … */
export function isFamily(metric: CatalogMetric): boolean {
  return sourceLeaves(metric.source).some((leaf) => 'match' in leaf && leaf.each === true);
}

/** The raw names and patterns that a source reads. */
export function sourceLeaves(
  source: MetricSource,
): readonly ({ readonly raw: string } | { readonly match: string; readonly each?: true })[] {
  if ('raw' in source || 'match' in source) return [source];
  return sourceParts(source).flatMap(sourceLeaves);
}

function sourceParts(
  source: Exclude<MetricSource, { readonly raw: string } | { readonly match: string }>,
): readonly MetricSource[] {
  if ('sum' in source) return source.sum;
  if ('ratio' in source) return source.ratio;
  if ('difference' in source) return source.difference;
  if ('scaled' in source) return [source.scaled];
  return source.firstOf;
}
