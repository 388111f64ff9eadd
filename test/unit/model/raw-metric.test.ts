import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { rawMetricKind, rawMetricUnit } from '../../../src/model/raw-metric.ts';

/** Names of real replies; "-": the value was seen to fall within 25 seconds of work, "+": it only rose, "=": it stood still. */
function recorded(version: string): { mark: string; name: string }[] {
  const text = readFileSync(new URL(`../../golden/schemas/${version}.txt`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => ({ mark: line.slice(0, 1), name: line.slice(2) }));
}

for (const version of ['4.4', '5.0', '6.0']) {
  test(`no number that was seen to fall on a real ${version} server is called a counter`, () => {
    const names = recorded(version);
    assert.ok(names.length > 1700, 'the record is complete');
    const wrong = names.filter(({ mark, name }) => mark === '-' && rawMetricKind(name) === 'counter');
    assert.deepEqual(wrong, []);
  });
}

const kinds: readonly (readonly [string, 'counter' | 'gauge'])[] = [
  ['serverStatus.opcounters.insert', 'counter'],
  ['serverStatus.opcountersRepl.update', 'counter'],
  ['serverStatus.opLatencies.reads.latency', 'counter'],
  ['serverStatus.connections.current', 'gauge'],
  ['serverStatus.connections.totalCreated', 'counter'],
  ['serverStatus.uptimeMillis', 'gauge'],
  ['serverStatus.localTime', 'gauge'],
  ['serverStatus.globalLock.currentQueue.readers', 'gauge'],
  ['serverStatus.globalLock.totalTime', 'counter'],
  ['serverStatus.metrics.cursor.open.total', 'gauge'],
  ['serverStatus.metrics.cursor.timedOut', 'counter'],
  ['serverStatus.metrics.commands.find.total', 'counter'],
  ['serverStatus.metrics.repl.buffer.sizeBytes', 'gauge'],
  ['serverStatus.metrics.repl.buffer.apply.sizeBytes', 'gauge'],
  ['serverStatus.metrics.repl.network.bytes', 'counter'],
  ['serverStatus.wiredTiger.cache.bytes currently in the cache', 'gauge'],
  ['serverStatus.wiredTiger.cache.bytes dirty in the cache cumulative', 'counter'],
  ['serverStatus.wiredTiger.cache.maximum bytes configured', 'gauge'],
  ['serverStatus.wiredTiger.cache.bytes read into cache', 'counter'],
  ['serverStatus.wiredTiger.cursor.cursor close calls that result in cache', 'counter'],
  ['serverStatus.wiredTiger.transaction.transaction checkpoint most recent time (msecs)', 'gauge'],
  ['serverStatus.wiredTiger.transaction.transaction checkpoint total time (msecs)', 'counter'],
  ['serverStatus.wiredTiger.concurrentTransactions.read.available', 'gauge'],
  ['serverStatus.wiredTiger.concurrentTransactions.read.normalPriority.addedToQueue', 'counter'],
  ['serverStatus.queues.execution.write.available', 'gauge'],
  ['serverStatus.queues.execution.write.normalPriority.queueLength', 'gauge'],
  ['serverStatus.extra_info.page_faults', 'counter'],
  ['serverStatus.tcmalloc.generic.heap_size', 'gauge'],
  ['serverStatus.twoPhaseCommitCoordinator.currentInSteps.writingDecision', 'gauge'],
  ['systemMetrics.cpu.user_ms', 'counter'],
  ['systemMetrics.cpu.num_logical_cores', 'gauge'],
  ['systemMetrics.cpu.procs_running', 'gauge'],
  ['systemMetrics.memory.MemAvailable_kb', 'gauge'],
  ['systemMetrics.disks.nvme0n1.read_time_ms', 'counter'],
  ['systemMetrics.disks.nvme0n1.io_in_progress', 'gauge'],
  ['systemMetrics.mounts./data.free', 'gauge'],
  ['systemMetrics.netstat.Tcp:CurrEstab', 'gauge'],
  ['systemMetrics.netstat.Tcp:RetransSegs', 'counter'],
  ['systemMetrics.vmstat.pgmajfault', 'counter'],
  ['local%2Eoplog%2Ers%2Estats.size', 'gauge'],
  ['local%2Eoplog%2Ers%2Estats.wiredTiger.cache.bytes read into cache', 'counter'],
  ['replSetGetStatus.members.0.pingMs', 'gauge'],
  ['dbStats.shop.dataSize', 'gauge'],
  ['collStats.shop.orders.latencyStats.reads.ops', 'counter'],
  ['collStats.shop.orders.storageStats.count', 'gauge'],
  ['indexStats.shop.orders._id_.accesses.ops', 'counter'],
  ['leafward.replication.lagMs', 'gauge'],
  ['something.that.no.version.has', 'gauge'],
  ['', 'gauge'],
  ['__proto__.constructor', 'gauge'],
];
test('kinds by name', () => {
  for (const [name, kind] of kinds) assert.equal(rawMetricKind(name), kind, name);
});

const units: readonly (readonly [string, string])[] = [
  ['serverStatus.opcounters.insert', 'per second'],
  ['serverStatus.connections.current', 'count'],
  ['serverStatus.mem.resident', 'MiB'],
  ['serverStatus.network.bytesIn', 'bytes per second'],
  ['serverStatus.uptime', 'seconds'],
  ['serverStatus.uptimeMillis', 'ms'],
  ['serverStatus.opLatencies.reads.latency', 'µs per second'],
  ['serverStatus.wiredTiger.cache.bytes currently in the cache', 'bytes'],
  ['serverStatus.wiredTiger.cache.bytes read into cache', 'bytes per second'],
  ['serverStatus.metrics.operatorCounters.expressions.$strLenBytes', 'per second'],
  ['systemMetrics.cpu.iowait_ms', 'ms per second'],
  ['systemMetrics.memory.MemFree_kb', 'KiB'],
  ['systemMetrics.mounts./.capacity', 'bytes'],
  ['systemMetrics.disks.sda.reads', 'per second'],
  ['serverStatus.repl.isWritablePrimary', 'boolean'],
  ['local%2Eoplog%2Ers%2Estats.maxSize', 'bytes'],
  ['leafward.replication.lagMs', 'ms'],
];
test('units by name', () => {
  for (const [name, unit] of units) assert.equal(rawMetricUnit(name), unit, name);
});
