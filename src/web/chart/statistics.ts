import type { SeriesPoint } from '../../wire/api/metrics.ts';

export interface SeriesStatistics {
  readonly min: number;
  readonly average: number;
  readonly p95: number;
  readonly max: number;
  readonly last: number;
  /** Points that hold a value. */
  readonly count: number;
}

/**
 * Figures of one series within a span: the least minimum, the mean of the averages, the value that 95% of the averages do
 * not exceed (nearest rank), the greatest maximum. Null when the span holds no value. The p95 is that of the points as
 * drawn: at a coarse resolution, that of their averages.
 */
export function seriesStatistics(
  points: readonly SeriesPoint[],
  fromMs: number,
  toMs: number,
): SeriesStatistics | null {
  const averages: number[] = [];
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  let sum = 0;
  let last = 0;
  for (const [timeMs, low, average, high] of points) {
    if (average === null || timeMs < fromMs || timeMs > toMs) continue;
    averages.push(average);
    sum += average;
    last = average;
    min = Math.min(min, low ?? average);
    max = Math.max(max, high ?? average);
  }
  if (averages.length === 0) return null;
  averages.sort((a, b) => a - b);
  const p95 = averages[Math.ceil(averages.length * 0.95) - 1] ?? last;
  return { min, average: sum / averages.length, p95, max, last, count: averages.length };
}
