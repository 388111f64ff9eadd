import { derivedMetrics } from '../model/derived-metric.ts';

export const agentMetricNames: readonly string[] = [
  derivedMetrics.agentCpuPercent,
  derivedMetrics.agentRssBytes,
  derivedMetrics.agentRssAnonBytes,
  derivedMetrics.agentOutboxSamples,
  derivedMetrics.agentOutboxBytes,
  derivedMetrics.agentHosts,
];
