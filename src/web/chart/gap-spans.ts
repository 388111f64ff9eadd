import type { ChartData } from './chart-data.ts';
import type { TimeWindow } from './time-range.ts';

type Span = readonly [fromMs: number, toMs: number];

/**
 * What to hatch: the gaps of the data, the time before its first point (unless the host was not yet watched then) and the
 * time after its last one, when more than three intervals are missing. Nothing after `nowMs` is a gap.
 */
export function gapSpans(
  data: ChartData,
  window: TimeWindow,
  firstSampleMs: number | null,
  nowMs: number,
): readonly Span[] {
  const first = firstValueTime(data, 1);
  const last = firstValueTime(data, -1);
  const patienceMs = Math.max(3 * data.resolutionMs, 45_000);
  const end = Math.min(window.toMs, nowMs);
  if (first === null || last === null) return [];
  const spans: Span[] = [...data.gaps];
  const start = firstSampleMs === null ? first : Math.max(window.fromMs, firstSampleMs);
  if (first - start > patienceMs) spans.unshift([start, first]);
  if (end - last > patienceMs) spans.push([last, end]);
  return spans;
}

/** The samples stop before the end of the window: their last values are no longer true. */
export function hasEnded(data: ChartData, gaps: readonly Span[]): boolean {
  const last = firstValueTime(data, -1);
  return last !== null && gaps.some(([fromMs, toMs]) => fromMs >= last && toMs > last);
}

function firstValueTime(data: ChartData, direction: 1 | -1): number | null {
  const times = data.timesMs;
  for (let at = direction === 1 ? 0 : times.length - 1; at >= 0 && at < times.length; at += direction) {
    if (data.lines.some((line) => typeof line.average[at] === 'number')) return times[at] ?? null;
  }
  return null;
}
