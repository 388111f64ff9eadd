import type { BackupTimeline, WriteSources } from '../../../../wire/api/backups.ts';
import type { LabelledSeries } from '../../../chart/chart-data.ts';

/** Write sources as lines of a chart: a rate for each bucket. A namespace that is silent while others write stands at zero; holes stay gaps. */
export function writeSeries(
  { bucketMs, namespaces }: WriteSources,
  holes: BackupTimeline['holes'],
  bytes: boolean,
): LabelledSeries[] {
  const times = new Set(namespaces.flatMap(({ points }) => points.map(([atMs]) => atMs)));
  const ordered = [...times].sort((a, b) => a - b);
  const all = ordered.flatMap((atMs, at) => {
    const next = ordered[at + 1];
    if (next === undefined || next - atMs <= bucketMs) return [atMs];
    // Nobody wrote: zeros at both ends of the silence, so that no line slopes through it.
    return next - atMs <= 2 * bucketMs ? [atMs, atMs + bucketMs] : [atMs, ...quiet(atMs, next, bucketMs)];
  });
  const inHole = (atMs: number) => holes.some(({ fromMs, untilMs }) => atMs >= fromMs && atMs + bucketMs <= untilMs);
  return namespaces.map(({ namespace, points }) => {
    const byTime = new Map(points.map(([atMs, size, operations]) => [atMs, bytes ? size : operations]));
    return {
      key: namespace,
      label: namespace,
      series: {
        metric: namespace,
        unit: bytes ? 'bytes per second' : 'per second',
        resolutionMs: bucketMs,
        points: all.map((atMs) => {
          const value = inHole(atMs) ? null : ((byTime.get(atMs) ?? 0) * 1000) / bucketMs;
          return [atMs, null, value, null];
        }),
      },
    };
  });
}

const mostQuiet = 2000;

function quiet(fromMs: number, toMs: number, bucketMs: number): number[] {
  const count = Math.min(mostQuiet, Math.round((toMs - fromMs) / bucketMs) - 1);
  return Array.from({ length: count }, (_, at) => fromMs + (at + 1) * bucketMs);
}
