import type { Series, SeriesPoint } from '../../wire/api/metrics.ts';

/**
 * Appends a newer part to what is shown: points of `tail` replace those from its first time on, points before `fromMs`
 * fall off. A tail at another resolution is taken as it is: the times decide.
 */
export function mergeSeries(shown: readonly Series[], tail: readonly Series[], fromMs: number): readonly Series[] {
  const names = new Set([...shown, ...tail].map((series) => series.metric));
  const merged: Series[] = [];
  for (const name of names) {
    const before = shown.find((series) => series.metric === name);
    const after = tail.find((series) => series.metric === name);
    const base = before ?? after;
    if (base === undefined) continue;
    const joint = after?.points[0]?.[0] ?? Number.POSITIVE_INFINITY;
    const kept = (before?.points ?? []).filter((point) => point[0] >= fromMs && point[0] < joint);
    merged.push({ ...base, points: [...kept, ...(after?.points ?? [])] });
  }
  return merged;
}

/** Time of the newest point that holds a value. */
export function lastValueMs(series: readonly Series[]): number | null {
  let last: number | null = null;
  for (const one of series) {
    const point = one.points.findLast((entry: SeriesPoint) => entry[2] !== null);
    if (point !== undefined && (last === null || point[0] > last)) last = point[0];
  }
  return last;
}

/** Series of an answer that belong to a requested metric: itself, or its parts (`disk.latency` → `disk.latency[sda]`). */
export function partsOf(metric: string, answer: readonly Series[]): readonly Series[] {
  const exact = answer.filter((series) => series.metric === metric);
  if (exact.length > 0) return exact;
  return answer.filter(
    (series) => series.metric.startsWith(metric) && /^[[.:/ ]/.test(series.metric.slice(metric.length)),
  );
}
