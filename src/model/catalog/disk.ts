import type { CatalogMetric } from '../metric.ts';
import { chartOf, difference, each, percent, ratio, scaled, sum } from './define.ts';

const diskSpace = chartOf('diskSpace');
const diskLatency = chartOf('diskLatency');
const diskIops = chartOf('diskIops');

const disk = (field: string) => each(`systemMetrics.disks.*.${field}`);
const mount = (field: string) => each(`systemMetrics.mounts.*.${field}`);
/** /proc/diskstats counts sectors of 512 bytes, whatever the disk's own are. */
const sectorBytes = 512;

/** Disks and file systems of the machine, one series each. They need Linux and getDiagnosticData; space, MongoDB 6. */
export const diskMetrics: readonly CatalogMetric[] = [
  diskSpace.gauge('disk.spaceUsedPercent', 'percent', {
    title: 'Space used',
    explanation: 'Share of each file system that mongod cannot use any more; at 100% mongod stops. Worry above 80%.',
    source: percent(difference(mount('capacity'), mount('available')), mount('capacity')),
    mms: 'DISK_PARTITION_SPACE_PERCENT_USED',
  }),
  diskSpace.gauge('disk.spaceFree', 'bytes', {
    title: 'Space free',
    explanation: 'Space of each file system that is left for mongod; worry when it is less than a week of growth.',
    source: mount('available'),
    mms: 'DISK_PARTITION_SPACE_FREE',
    chart: 'diskFree',
  }),
  diskSpace.gauge('disk.spaceUsed', 'bytes', {
    title: 'Space used, bytes',
    explanation: 'Space of each file system that is taken; its slope says when the disk will be full.',
    source: difference(mount('capacity'), mount('available')),
    mms: 'DISK_PARTITION_SPACE_USED',
    chart: 'diskFree',
  }),
  diskLatency.gauge('disk.readLatency', 'ms', {
    title: 'Read latency',
    explanation:
      'Average time of a read from each disk; above 1 ms on SSDs and 10 ms on others the disk is overloaded.',
    source: ratio(disk('read_time_ms'), disk('reads')),
    mms: 'DISK_PARTITION_LATENCY_READ',
  }),
  diskLatency.gauge('disk.writeLatency', 'ms', {
    title: 'Write latency',
    explanation: 'Average time of a write to each disk; every majority write waits for it, so watch it closely.',
    source: ratio(disk('write_time_ms'), disk('writes')),
    mms: 'DISK_PARTITION_LATENCY_WRITE',
  }),
  diskIops.rate('disk.reads', {
    title: 'Reads',
    explanation: 'Reads from each disk; compare with the IOPS that the disk was bought with.',
    source: disk('reads'),
    mms: 'DISK_PARTITION_IOPS_READ',
  }),
  diskIops.rate('disk.writes', {
    title: 'Writes',
    explanation: 'Writes to each disk; compare with the IOPS that the disk was bought with.',
    source: disk('writes'),
    mms: 'DISK_PARTITION_IOPS_WRITE',
  }),
  diskIops.rate('disk.iops', {
    title: 'Reads and writes',
    explanation: 'Reads and writes of each disk together; at the limit of the disk, latency rises instead.',
    source: sum(disk('reads'), disk('writes')),
    mms: 'DISK_PARTITION_IOPS_TOTAL',
  }),
  diskIops.rate(
    'disk.readBytes',
    {
      title: 'Read',
      explanation: 'Bytes read from each disk; compare with the throughput that the disk was bought with.',
      source: scaled(disk('read_sectors'), sectorBytes),
      chart: 'diskThroughput',
    },
    'bytes per second',
  ),
  diskIops.rate(
    'disk.writtenBytes',
    {
      title: 'Written',
      explanation: 'Bytes written to each disk; compare with the throughput that the disk was bought with.',
      source: scaled(disk('write_sectors'), sectorBytes),
      chart: 'diskThroughput',
    },
    'bytes per second',
  ),
  diskIops.rate(
    'disk.utilization',
    {
      title: 'Utilization',
      explanation:
        'Share of the time that each disk was busy; 100% is the limit of one spindle, not of an SSD: look at latency too.',
      source: scaled(disk('io_time_ms'), 100 / 1000),
      mms: 'DISK_PARTITION_UTILIZATION',
      chart: 'diskUtilization',
    },
    'percent',
  ),
  diskIops.rate(
    'disk.queueDepth',
    {
      title: 'Queue depth',
      explanation: 'Requests that wait in or at each disk, on average; worry when it stays above a few.',
      source: scaled(disk('io_queued_ms'), 1 / 1000),
      mms: 'DISK_QUEUE_DEPTH',
      chart: 'diskQueue',
    },
    'count',
  ),
];
