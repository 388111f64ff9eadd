import { derivedMetrics } from '../derived-metric.ts';
import type { CatalogMetric } from '../metric.ts';
import { chartOf } from './define.ts';

const poll = chartOf('poll');
const agent = chartOf('agent');

/** What watching itself costs. */
export const agentMetrics: readonly CatalogMetric[] = [
  poll.gauge('poll.duration', 'ms', {
    title: 'Poll',
    explanation: 'How long the agent waited for this host to answer; worry when it nears the interval.',
    source: derivedMetrics.pollMs,
  }),
  poll.gauge('poll.clockSkew', 'ms', {
    title: 'Clock skew',
    explanation: 'Clock of the host minus clock of the agent; above a few seconds one of the two machines needs NTP.',
    source: derivedMetrics.clockSkewMs,
    chart: 'clockSkew',
  }),
  agent.gauge('agent.cpu', 'percent', {
    title: 'Agent CPU',
    explanation:
      'CPU of the agent, in percent of one core; grows with the number of hosts and the shortness of the interval.',
    source: derivedMetrics.agentCpuPercent,
  }),
  agent.gauge('agent.memory', 'bytes', {
    title: 'Agent memory',
    explanation: 'Memory of the agent; should stay flat for weeks.',
    source: derivedMetrics.agentRssBytes,
    chart: 'agentMemory',
  }),
  agent.gauge('agent.outbox', 'bytes', {
    title: 'Agent outbox',
    explanation: 'Samples that wait for the server; worry when it is not zero: the server is away or slow.',
    source: derivedMetrics.agentOutboxBytes,
    chart: 'agentOutbox',
  }),
];
