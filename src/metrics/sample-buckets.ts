import type { MetricKind } from '../model/metric.ts';
import { type BucketColumn, emptyColumn } from './bucket-table.ts';

/** Steps longer than this many usual ones are gaps: no rate is drawn over them. */
const gapFactor = 2.5;
const longestUsualStepMs = 300_000;

/** The usual distance between samples: the median step. Five minutes when there is just one sample. */
export function usualStepMs(times: Float64Array): number {
  if (times.length < 2) return longestUsualStepMs;
  const steps = Float64Array.from({ length: times.length - 1 }, (_, i) => (times[i + 1] ?? 0) - (times[i] ?? 0)).sort();
  return steps[Math.floor(steps.length / 2)] ?? longestUsualStepMs;
}

export function longestStepMs(usualMs: number): number {
  return usualMs * gapFactor;
}

/** Columns that tell a restart of the process: an uptime that falls, another process id. */
export const restartNames: readonly string[] = ['serverStatus.uptimeMillis', 'serverStatus.uptime', 'serverStatus.pid'];

/** Tells rows before which the process restarted, from the columns of restartNames. */
export function restartRows(columns: readonly Float64Array[]): (row: number) => boolean {
  const [uptimeMs, uptime, pid] = columns;
  return (row) => {
    for (const falls of [uptimeMs, uptime]) if ((falls?.[row] ?? 0) < (falls?.[row - 1] ?? 0)) return true;
    const [before, now] = [pid?.[row - 1] ?? Number.NaN, pid?.[row] ?? Number.NaN];
    return before !== now && !Number.isNaN(before) && !Number.isNaN(now);
  };
}

/** Counters of the machine go on when a process restarts. */
export function startsAnew(name: string): boolean {
  return !name.startsWith('systemMetrics.');
}

/**
 * Samples as buckets of their own. A gauge's value is its low, high and total. A counter's is the increase since the
 * sample before; it has none at the start, over a gap, and where it fell without a restart (nobody knows from where it
 * counted on: no value is better than a spike); after a restart it counts from zero.
 */
export function sampleBuckets(
  times: Float64Array,
  values: Float64Array,
  kind: MetricKind,
  restarted: (row: number) => boolean,
  maxStepMs: number,
): BucketColumn {
  const buckets = emptyColumn(kind, times.length);
  for (let row = 0; row < times.length; row++) {
    const value = values[row] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    if (kind === 'gauge') setRow(buckets, row, value, value, 1);
    else {
      const stepMs = (times[row] ?? 0) - (times[row - 1] ?? Number.NaN);
      if (!(stepMs > 0 && stepMs <= maxStepMs)) continue;
      const before = values[row - 1] ?? Number.NaN;
      const increase = restarted(row) ? value : value >= before ? value - before : Number.NaN;
      if (!Number.isNaN(increase)) setRow(buckets, row, (increase / stepMs) * 1000, increase, stepMs);
    }
  }
  return buckets;
}

function setRow(buckets: BucketColumn, row: number, bound: number, total: number, weight: number): void {
  buckets.low[row] = bound;
  buckets.high[row] = bound;
  buckets.total[row] = total;
  buckets.weight[row] = weight;
}
