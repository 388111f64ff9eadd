import type { MetricSource } from '../../model/metric.ts';
import { catalogMetric } from '../../model/metric-catalog.ts';
import type { MetricInfo } from '../../wire/api/metrics.ts';

/**
 * Of a host's metrics those that it can have a value of: all raw names, and of the catalog what is computed from them. A
 * host that reported nothing lately keeps all: its old samples can still be drawn.
 */
export function availableMetrics(metrics: readonly MetricInfo[]): readonly MetricInfo[] {
  const names = new Set(metrics.filter((metric) => metric.raw).map((metric) => metric.name));
  if (names.size === 0) return metrics;
  const has = sourceCheck(names);
  return metrics.filter((metric) => {
    const known = metric.raw ? undefined : catalogMetric(metric.name);
    return known === undefined || has(known.source);
  });
}

function sourceCheck(names: ReadonlySet<string>): (source: MetricSource) => boolean {
  const all = [...names];
  const has = (source: MetricSource): boolean => {
    if ('raw' in source) return names.has(source.raw);
    if ('match' in source) return matches(source.match, all);
    if ('scaled' in source) return has(source.scaled);
    if ('ratio' in source) return source.ratio.every(has);
    if ('difference' in source) return source.difference.every(has);
    return ('sum' in source ? source.sum : source.firstOf).some(has);
  };
  return has;
}

function matches(pattern: string, names: readonly string[]): boolean {
  const parts = pattern
    .split('.')
    .map((part) => (part === '*' ? '[^.]+' : part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')));
  const regex = new RegExp(`^${parts.join('\\.')}$`);
  return names.some((name) => regex.test(name));
}
