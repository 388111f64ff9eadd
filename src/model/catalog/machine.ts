import type { CatalogMetric } from '../metric.ts';
import { chartOf, difference, firstOf, percent, scaled, sum } from './define.ts';

const cpu = chartOf('cpu');
const processCpu = chartOf('processCpu');
const memory = chartOf('memory');
const machineMemory = chartOf('machineMemory');
const faults = chartOf('pageFaults');
const network = chartOf('network');

const cpuMs = (state: string) => `systemMetrics.cpu.${state}_ms`;
/** Time of all states together. Linux counts guest time in user and nice already, so it is not added again. */
const allCpu = sum(...['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'].map(cpuMs));
const machineCpu = (state: string) => percent(cpuMs(state), allCpu);
const kib = (field: string) => scaled(`systemMetrics.memory.${field}_kb`, 1024);
const mib = 2 ** 20;
const availableMemory = firstOf(kib('MemAvailable'), sum(kib('MemFree'), kib('Buffers'), kib('Cached')));

/** The process and the machine it runs on. The figures of the machine need Linux and getDiagnosticData. */
export const machineMetrics: readonly CatalogMetric[] = [
  cpu.gauge('cpu.busy', 'percent', {
    title: 'CPU busy',
    explanation: 'Share of the whole machine that works, waiting for disks not counted; worry when it stays above 80%.',
    source: percent(sum(...['user', 'nice', 'system', 'irq', 'softirq', 'steal'].map(cpuMs)), allCpu),
  }),
  cpu.gauge('cpu.user', 'percent', {
    title: 'User',
    explanation: 'Share of the whole machine in programs, mongod and others; high means queries, sorts or compression.',
    source: machineCpu('user'),
    mms: 'SYSTEM_NORMALIZED_CPU_USER',
  }),
  cpu.gauge('cpu.system', 'percent', {
    title: 'System',
    explanation: 'Share of the whole machine in the kernel; high often is network or connection churn.',
    source: machineCpu('system'),
    mms: 'SYSTEM_NORMALIZED_CPU_KERNEL',
  }),
  cpu.gauge('cpu.iowait', 'percent', {
    title: 'Waiting for disks',
    explanation:
      'Share of the whole machine that idles because a disk has not answered; high means that the disk is the limit.',
    source: machineCpu('iowait'),
    mms: 'SYSTEM_NORMALIZED_CPU_IOWAIT',
  }),
  cpu.gauge('cpu.nice', 'percent', {
    title: 'Nice',
    explanation: 'Share of the whole machine in programs of low priority, such as backups.',
    source: machineCpu('nice'),
    mms: 'SYSTEM_NORMALIZED_CPU_NICE',
  }),
  cpu.gauge('cpu.irq', 'percent', {
    title: 'Interrupts',
    explanation: 'Share of the whole machine in hardware interrupts; should be near zero.',
    source: machineCpu('irq'),
    mms: 'SYSTEM_NORMALIZED_CPU_IRQ',
  }),
  cpu.gauge('cpu.softirq', 'percent', {
    title: 'Soft interrupts',
    explanation:
      'Share of the whole machine in soft interrupts, mostly network packets; worry when one core is full of it.',
    source: machineCpu('softirq'),
    mms: 'SYSTEM_NORMALIZED_CPU_SOFTIRQ',
  }),
  cpu.gauge('cpu.steal', 'percent', {
    title: 'Stolen',
    explanation:
      'Share of the machine that the hypervisor gave to others; above a few percent the virtual machine is starved.',
    source: machineCpu('steal'),
    mms: 'SYSTEM_NORMALIZED_CPU_STEAL',
  }),
  cpu.gauge('cpu.guest', 'percent', {
    title: 'Guests',
    explanation: 'Share of the whole machine that runs virtual machines; it is part of user time.',
    source: machineCpu('guest'),
    mms: 'SYSTEM_NORMALIZED_CPU_GUEST',
  }),
  processCpu.rate(
    'process.cpuUser',
    {
      title: 'Process, user',
      explanation: 'CPU of this mongod or mongos in its own code, in percent of one core.',
      source: scaled('serverStatus.extra_info.user_time_us', 100 / 1e6),
      mms: 'PROCESS_CPU_USER',
    },
    'percent',
  ),
  processCpu.rate(
    'process.cpuSystem',
    {
      title: 'Process, system',
      explanation: 'CPU of this mongod or mongos in the kernel, in percent of one core.',
      source: scaled('serverStatus.extra_info.system_time_us', 100 / 1e6),
      mms: 'PROCESS_CPU_KERNEL',
    },
    'percent',
  ),
  processCpu.gauge('process.uptime', 'seconds', {
    title: 'Uptime',
    explanation: 'Time since the process started; a fall is a restart.',
    source: 'serverStatus.uptime',
    chart: 'uptime',
  }),
  memory.gauge('memory.resident', 'bytes', {
    title: 'Resident',
    explanation:
      'Memory that the process holds; the cache plus about 1 MB per connection is normal, a climb beyond that is not.',
    source: scaled('serverStatus.mem.resident', mib),
    mms: 'MEMORY_RESIDENT',
  }),
  memory.gauge('memory.virtual', 'bytes', {
    title: 'Virtual',
    explanation: 'Address space of the process; of interest only when it grows for days.',
    source: scaled('serverStatus.mem.virtual', mib),
    mms: 'MEMORY_VIRTUAL',
  }),
  memory.gauge('memory.heap', 'bytes', {
    title: 'Heap',
    explanation: 'Memory that the allocator took; far above what is allocated means fragmentation.',
    source: 'serverStatus.tcmalloc.generic.heap_size',
  }),
  machineMemory.gauge('machine.memoryAvailable', 'bytes', {
    title: 'Memory available',
    explanation:
      'Memory of the machine that programs can still get; near zero the kernel kills the largest process, which is mongod.',
    source: availableMemory,
    mms: 'SYSTEM_MEMORY_AVAILABLE',
  }),
  machineMemory.gauge('machine.memoryTotal', 'bytes', {
    title: 'Memory',
    explanation: 'Memory of the machine.',
    source: kib('MemTotal'),
  }),
  machineMemory.gauge('machine.memoryUsedPercent', 'percent', {
    title: 'Memory used',
    explanation: 'Share of the memory of the machine that programs cannot get any more; worry above 95%.',
    source: percent(difference(kib('MemTotal'), availableMemory), kib('MemTotal')),
    chart: 'machineMemoryFill',
  }),
  machineMemory.gauge('machine.swapUsed', 'bytes', {
    title: 'Swap used',
    explanation: 'Memory that was moved to disk; a climb means that memory is short.',
    source: difference(kib('SwapTotal'), kib('SwapFree')),
    mms: 'SWAP_USAGE_USED',
  }),
  faults.rate('memory.pageFaults', {
    title: 'Page faults',
    explanation: 'Times that the process had to wait for a page from disk; worry when it is high all the time.',
    source: 'serverStatus.extra_info.page_faults',
    mms: 'EXTRA_INFO_PAGE_FAULTS',
  }),
  faults.rate('machine.majorFaults', {
    title: 'Major faults of the machine',
    explanation: 'Pages that any program had to read from disk; high together with swap means that memory is short.',
    source: 'systemMetrics.vmstat.pgmajfault',
  }),
  network.rate(
    'network.bytesIn',
    {
      title: 'Received',
      explanation:
        'Bytes from clients and other members, before compression; compare with what the network card can do.',
      source: 'serverStatus.network.bytesIn',
      mms: 'NETWORK_BYTES_IN',
    },
    'bytes per second',
  ),
  network.rate(
    'network.bytesOut',
    {
      title: 'Sent',
      explanation: 'Bytes to clients and other members, before compression; a jump is often a query without a limit.',
      source: 'serverStatus.network.bytesOut',
      mms: 'NETWORK_BYTES_OUT',
    },
    'bytes per second',
  ),
  network.rate('network.requests', {
    title: 'Requests',
    explanation: 'Messages received; many small ones cost more than few large ones.',
    source: 'serverStatus.network.numRequests',
    mms: 'NETWORK_NUM_REQUESTS',
    chart: 'networkRequests',
  }),
  network.rate('network.retransmitted', {
    title: 'TCP segments sent again',
    explanation:
      'TCP segments of the machine that were lost and sent again; worry when it is more than a few per second.',
    source: 'systemMetrics.netstat.Tcp:RetransSegs',
    chart: 'networkErrors',
  }),
];
