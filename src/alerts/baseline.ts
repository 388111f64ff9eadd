import type { Baseline } from './ports.ts';

const weekMs = 7 * 86_400_000;
const hourMs = 3_600_000;
/** So many earlier weeks are looked at; of fewer than two nothing is called normal. */
export const baselineWeeks = 4;
const leastWeeks = 2;
/** Makes the median absolute deviation comparable with a standard deviation. */
const madScale = 1.4826;
/** A metric that never moved is not unusual when it moves by a hair: the least deviation, as a share of the median. */
const leastShare = 0.02;

/** One hour of an earlier week. */
export interface EarlierHour {
  readonly low: number;
  readonly average: number;
  readonly high: number;
}

/** The starts of this hour in the weeks before, newest first. */
export function earlierHours(nowMs: number): readonly number[] {
  const startMs = Math.floor(nowMs / hourMs) * hourMs;
  return Array.from({ length: baselineWeeks }, (_, week) => startMs - (week + 1) * weekMs);
}

/**
 * What is normal for an hour of the week: the median of its averages in earlier weeks. The deviation is the largest of three: how far
 * the weeks are apart (1.4826 × MAD), how far a usual hour goes from its own average (half the median range, read as two deviations),
 * and 2 % of the median. One week that was out of the ordinary moves neither.
 */
export function baselineOf(hours: readonly EarlierHour[]): Baseline | undefined {
  if (hours.length < leastWeeks) return undefined;
  const middle = median(hours.map(({ average }) => average));
  const apart = madScale * median(hours.map(({ average }) => Math.abs(average - middle)));
  const within = median(hours.map(({ low, high }) => high - low)) / 4;
  return { median: middle, deviation: Math.max(apart, within, Math.abs(middle) * leastShare), weeks: hours.length };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? upper)) / 2;
}
