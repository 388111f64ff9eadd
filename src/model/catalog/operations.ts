import type { CatalogMetric } from '../metric.ts';
import { chartOf, ratio, sum } from './define.ts';

const operations = chartOf('operations');
const replicated = chartOf('replicatedOperations');
const latency = chartOf('latency');
const documents = chartOf('documents');
const targeting = chartOf('queryTargeting');
const transactions = chartOf('transactions');
const asserts = chartOf('asserts');
const cursors = chartOf('cursors');

const op = (name: string) => `serverStatus.opcounters.${name}`;
const repl = (name: string) => `serverStatus.opcountersRepl.${name}`;
/** opLatencies counts microseconds; people think in milliseconds. */
const averageMs = (kind: string) =>
  ratio(`serverStatus.opLatencies.${kind}.latency`, `serverStatus.opLatencies.${kind}.ops`, 0.001);
const returned = 'serverStatus.metrics.document.returned';

/** What clients ask of a process, how long it takes and how well it is done. */
export const operationMetrics: readonly CatalogMetric[] = [
  operations.rate('operations.insert', {
    title: 'Insert',
    explanation:
      'Inserts from clients; worry when it drops to zero or jumps without a release or a batch job to explain it.',
    source: op('insert'),
    mms: 'OPCOUNTER_INSERT',
  }),
  operations.rate('operations.query', {
    title: 'Query',
    explanation: 'Finds and other queries from clients; a sudden rise often is a lost cache in the application.',
    source: op('query'),
    mms: 'OPCOUNTER_QUERY',
  }),
  operations.rate('operations.update', {
    title: 'Update',
    explanation: 'Updates from clients; each becomes an oplog entry, so a rise shortens the oplog window.',
    source: op('update'),
    mms: 'OPCOUNTER_UPDATE',
  }),
  operations.rate('operations.delete', {
    title: 'Delete',
    explanation:
      'Deletes from clients; mass deletes fill the oplog one entry per document and can make secondaries lag.',
    source: op('delete'),
    mms: 'OPCOUNTER_DELETE',
  }),
  operations.rate('operations.getmore', {
    title: 'Getmore',
    explanation:
      'Further batches asked of open cursors; high beside few queries means large results, on a primary also replication.',
    source: op('getmore'),
    mms: 'OPCOUNTER_GETMORE',
  }),
  operations.rate('operations.command', {
    title: 'Command',
    explanation:
      'All other commands, aggregations and monitoring among them; a high rate with little else is often connection churn.',
    source: op('command'),
    mms: 'OPCOUNTER_CMD',
  }),
  operations.rate('operations.total', {
    title: 'All operations',
    explanation:
      'All operations from clients together: the pulse of the process; worry when it falls while clients still try.',
    source: sum(op('insert'), op('query'), op('update'), op('delete'), op('getmore'), op('command')),
  }),
  operations.rate('operations.ttlDeleted', {
    title: 'Deleted by TTL',
    explanation: 'Documents removed by TTL indexes; bursts each minute compete with clients for the disk.',
    source: 'serverStatus.metrics.ttl.deletedDocuments',
    mms: 'OPCOUNTER_TTL_DELETED',
  }),
  replicated.rate('replicated.insert', {
    title: 'Replicated insert',
    explanation: 'Inserts applied from the oplog; should follow the primary: less means this member falls behind.',
    source: repl('insert'),
    mms: 'OPCOUNTER_REPL_INSERT',
  }),
  replicated.rate('replicated.update', {
    title: 'Replicated update',
    explanation: 'Updates applied from the oplog; should follow the primary: less means this member falls behind.',
    source: repl('update'),
    mms: 'OPCOUNTER_REPL_UPDATE',
  }),
  replicated.rate('replicated.delete', {
    title: 'Replicated delete',
    explanation: 'Deletes applied from the oplog; should follow the primary: less means this member falls behind.',
    source: repl('delete'),
    mms: 'OPCOUNTER_REPL_DELETE',
  }),
  replicated.rate('replicated.command', {
    title: 'Replicated command',
    explanation:
      'Commands applied from the oplog (create, drop, index builds); each may hold up all other replication.',
    source: repl('command'),
    mms: 'OPCOUNTER_REPL_CMD',
  }),
  latency.gauge('latency.reads', 'ms', {
    title: 'Read latency',
    explanation: 'Average time of a read inside the server; worry when it rises while the number of reads does not.',
    source: averageMs('reads'),
    mms: 'OP_EXECUTION_TIME_READS',
  }),
  latency.gauge('latency.writes', 'ms', {
    title: 'Write latency',
    explanation:
      'Average time of a write inside the server, waiting for locks and tickets included; a slow disk shows here first.',
    source: averageMs('writes'),
    mms: 'OP_EXECUTION_TIME_WRITES',
  }),
  latency.gauge('latency.commands', 'ms', {
    title: 'Command latency',
    explanation:
      'Average time of other commands; long waits of replication and change streams are part of it, so look at changes.',
    source: averageMs('commands'),
    mms: 'OP_EXECUTION_TIME_COMMANDS',
  }),
  latency.gauge('latency.transactions', 'ms', {
    title: 'Transaction latency',
    explanation:
      'Average time of a multi-document transaction; long ones pin history in the cache and abort more often.',
    source: averageMs('transactions'),
  }),
  documents.rate('documents.returned', {
    title: 'Returned',
    explanation: 'Documents returned by queries; rising faster than queries means that results have grown.',
    source: returned,
    mms: 'DOCUMENT_METRICS_RETURNED',
  }),
  documents.rate('documents.inserted', {
    title: 'Inserted',
    explanation: 'Documents inserted; beside the insert operations it shows how large the batches are.',
    source: 'serverStatus.metrics.document.inserted',
    mms: 'DOCUMENT_METRICS_INSERTED',
  }),
  documents.rate('documents.updated', {
    title: 'Updated',
    explanation: 'Documents updated; far above the update operations means that single updates touch many documents.',
    source: 'serverStatus.metrics.document.updated',
    mms: 'DOCUMENT_METRICS_UPDATED',
  }),
  documents.rate('documents.deleted', {
    title: 'Deleted',
    explanation: 'Documents deleted; far above the delete operations means that single deletes touch many documents.',
    source: 'serverStatus.metrics.document.deleted',
    mms: 'DOCUMENT_METRICS_DELETED',
  }),
  targeting.gauge('targeting.keysPerReturned', 'count', {
    title: 'Index keys examined per document returned',
    explanation:
      'Index keys looked at for each document returned; near 1 is ideal, above 1,000 an index does not fit its queries.',
    source: ratio('serverStatus.metrics.queryExecutor.scanned', returned),
    mms: 'QUERY_TARGETING_SCANNED_PER_RETURNED',
  }),
  targeting.gauge('targeting.documentsPerReturned', 'count', {
    title: 'Documents examined per document returned',
    explanation:
      'Documents read for each one returned; near 1 is ideal, above 1,000 queries run without a fitting index.',
    source: ratio('serverStatus.metrics.queryExecutor.scannedObjects', returned),
    mms: 'QUERY_TARGETING_SCANNED_OBJECTS_PER_RETURNED',
  }),
  targeting.rate('targeting.keysExamined', {
    title: 'Index keys examined',
    explanation: 'Index keys looked at by queries; worry when it grows while the documents returned do not.',
    source: 'serverStatus.metrics.queryExecutor.scanned',
    mms: 'QUERY_EXECUTOR_SCANNED',
    chart: 'queryExecutor',
  }),
  targeting.rate('targeting.documentsExamined', {
    title: 'Documents examined',
    explanation: 'Documents read by queries; worry when it grows while the documents returned do not.',
    source: 'serverStatus.metrics.queryExecutor.scannedObjects',
    mms: 'QUERY_EXECUTOR_SCANNED_OBJECTS',
    chart: 'queryExecutor',
  }),
  targeting.rate('targeting.collectionScans', {
    title: 'Collection scans',
    explanation: 'Queries that read a whole collection; fine on small ones, on large ones an index is missing.',
    source: 'serverStatus.metrics.queryExecutor.collectionScans.nonTailable',
    chart: 'queryExecutor',
  }),
  targeting.rate('targeting.scanAndOrder', {
    title: 'Scan and order',
    explanation:
      'Queries that sort in memory because no index gives the order; such sorts fail beyond 100 MB or spill to disk.',
    source: 'serverStatus.metrics.operation.scanAndOrder',
    mms: 'OPERATIONS_SCAN_AND_ORDER',
    chart: 'queryExecutor',
  }),
  targeting.rate('targeting.writeConflicts', {
    title: 'Write conflicts',
    explanation: 'Writes tried again because another wrote the same document; many mean a hot document.',
    source: 'serverStatus.metrics.operation.writeConflicts',
    chart: 'queryExecutor',
  }),
  cursors.gauge('cursors.open', 'count', {
    title: 'Open',
    explanation: 'Cursors open now; a steady climb is a client that does not close them.',
    source: 'serverStatus.metrics.cursor.open.total',
    mms: 'CURSORS_TOTAL_OPEN',
  }),
  cursors.gauge('cursors.noTimeout', 'count', {
    title: 'Open without time-out',
    explanation: 'Open cursors that never time out; those of a client that died stay until a restart.',
    source: 'serverStatus.metrics.cursor.open.noTimeout',
  }),
  cursors.gauge('cursors.pinned', 'count', {
    title: 'Pinned',
    explanation: 'Cursors that work at this moment; many for long mean slow batches.',
    source: 'serverStatus.metrics.cursor.open.pinned',
  }),
  cursors.rate('cursors.timedOut', {
    title: 'Timed out',
    explanation:
      'Cursors that the server closed after ten idle minutes; worry when it is not zero: a client forgets to close them.',
    source: 'serverStatus.metrics.cursor.timedOut',
    mms: 'CURSORS_TOTAL_TIMED_OUT',
    chart: 'cursorTimeouts',
  }),
  transactions.gauge('transactions.open', 'count', {
    title: 'Open',
    explanation:
      'Multi-document transactions open now; a climb means that some are not ended and pin history in the cache.',
    source: 'serverStatus.transactions.currentOpen',
  }),
  transactions.gauge('transactions.inactive', 'count', {
    title: 'Open and idle',
    explanation: 'Open transactions with no operation running; they hold locks while the client does something else.',
    source: 'serverStatus.transactions.currentInactive',
  }),
  transactions.rate('transactions.started', {
    title: 'Started',
    explanation: 'Transactions started; compare with committed and aborted.',
    source: 'serverStatus.transactions.totalStarted',
    chart: 'transactionRate',
  }),
  transactions.rate('transactions.committed', {
    title: 'Committed',
    explanation: 'Transactions committed; falling behind those started means that they fail or hang.',
    source: 'serverStatus.transactions.totalCommitted',
    chart: 'transactionRate',
  }),
  transactions.rate('transactions.aborted', {
    title: 'Aborted',
    explanation:
      'Transactions aborted, by clients, conflicts or time-outs; worry when it is a visible share of those started.',
    source: 'serverStatus.transactions.totalAborted',
    chart: 'transactionRate',
  }),
  asserts.rate('asserts.regular', {
    title: 'Regular',
    explanation: 'Internal errors of the server; should be zero: look into its log.',
    source: 'serverStatus.asserts.regular',
    mms: 'ASSERT_REGULAR',
  }),
  asserts.rate('asserts.warning', {
    title: 'Warning',
    explanation: 'Warnings of the server; should be zero: look into its log.',
    source: 'serverStatus.asserts.warning',
    mms: 'ASSERT_WARNING',
  }),
  asserts.rate('asserts.msg', {
    title: 'Message',
    explanation: 'Message asserts, errors inside the server; should be zero: look into its log.',
    source: 'serverStatus.asserts.msg',
    mms: 'ASSERT_MSG',
  }),
  asserts.rate('asserts.user', {
    title: 'User',
    explanation: 'Errors that clients caused, duplicate keys and bad commands; a jump follows a faulty release.',
    source: 'serverStatus.asserts.user',
    mms: 'ASSERT_USER',
  }),
];
