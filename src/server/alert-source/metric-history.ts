import { baselineOf, baselineWeeks, earlierHours } from '../../alerts/baseline.ts';
import { anomalyTruth } from '../../alerts/conditions/anomaly.ts';
import { metricTruth } from '../../alerts/conditions/metric.ts';
import { MetricWindow } from '../../alerts/metric-window.ts';
import type { AlertCondition, Baseline } from '../../alerts/ports.ts';
import type { PastLook } from '../../alerts/replay.ts';
import type { MetricsEngine, StoredSeries } from '../../metrics/ports.ts';
import { highest } from './metric-values.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const weekMs = 7 * 24 * hourMs;
/** Looks of the past are this far apart: the first width that needs no more points. */
const stepsMs = [minuteMs, 5 * minuteMs, hourMs] as const;
const pointsAtMost = 2100;

type MetricCondition = Extract<AlertCondition, { kind: 'metric' }>;
type AnomalyCondition = Extract<AlertCondition, { kind: 'anomaly' }>;

/** A condition whose past is a stored series. */
export interface SeriesCondition {
  readonly condition: MetricCondition | AnomalyCondition;
  readonly threshold: number | null;
  /** What the series tells less exactly than live looks. */
  readonly note: string | null;
}

/** Undefined: its past is in no series. */
export function seriesCondition(condition: AlertCondition): SeriesCondition | undefined {
  switch (condition.kind) {
    case 'metric':
      return { condition, threshold: condition.above ?? condition.below ?? null, note: null };
    case 'anomaly':
      return { condition, threshold: null, note: null };
    case 'lagAbove': {
      const { seconds } = condition;
      const bounds = { above: seconds, clearsBelow: seconds };
      return { condition: { kind: 'metric', metric: 'replication.lag', ...bounds }, threshold: seconds, note: null };
    }
    case 'oplogWindowBelow': {
      const seconds = condition.hours * 3600;
      const bounds = { below: seconds, clearsAbove: seconds };
      const note = 'An oplog that was not full yet is counted too: of the past it is not known which were.';
      return { condition: { kind: 'metric', metric: 'oplog.window', ...bounds }, threshold: seconds, note };
    }
    default:
      return undefined;
  }
}

interface Span {
  readonly groupId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly forMs: number;
}

/** The looks of each host over a span, from rollups: a value stands for the time up to its end. */
export function metricHistory(
  metrics: MetricsEngine,
  { condition }: SeriesCondition,
  span: Span,
): { readonly resolutionMs: number; readonly hosts: (hostId: string) => Promise<readonly PastLook[]> } {
  const length = span.toMs - span.fromMs;
  const resolutionMs = stepsMs.find((step) => length / step <= pointsAtMost) ?? hourMs;
  const read = async (stream: string, fromMs: number, toMs: number, stepMs: number) => {
    const { groupId } = span;
    const request = { groupId, stream, names: [condition.metric], fromMs, toMs };
    return highest(await metrics.series({ ...request, maxPoints: Math.ceil((toMs - fromMs) / stepMs) }));
  };
  return {
    resolutionMs,
    async hosts(hostId) {
      const points = await read(hostId, span.fromMs, span.toMs, resolutionMs);
      if (condition.kind === 'metric') return metricLooks(points, condition, resolutionMs, span.forMs);
      const hours = await read(hostId, span.fromMs - baselineWeeks * weekMs, span.toMs, hourMs);
      return anomalyLooks(points, hours, condition, resolutionMs);
    },
  };
}

type Points = StoredSeries['points'];

function metricLooks(points: Points, condition: MetricCondition, stepMs: number, forMs: number): PastLook[] {
  const { aggregate = 'newest', windowMs = 5 * minuteMs } = condition;
  // A peak within a point opens a rule without a holding time; a rule with one looks at what lasted.
  const peaks = aggregate === 'maximum' || (aggregate === 'newest' && forMs < stepMs && condition.above !== undefined);
  const lows = aggregate === 'minimum' || (aggregate === 'newest' && forMs < stepMs && condition.above === undefined);
  const own = points.map(([atMs, low, average, high]) => [atMs, peaks ? high : lows ? low : average] as const);
  const isWindow = aggregate !== 'newest' && windowMs > stepMs;
  const window = isWindow ? new MetricWindow({ metric: condition.metric, windowMs, aggregate }) : undefined;
  return own.map(([atMs, value]) => {
    if (value !== null) window?.add(atMs, value);
    const compared = value === null ? undefined : window === undefined ? value : window.value(atMs);
    return lookAt(atMs + stepMs, compared, (known) => metricTruth(known, condition));
  });
}

function anomalyLooks(points: Points, hours: Points, condition: AnomalyCondition, stepMs: number): PastLook[] {
  const byHour = new Map(
    hours.flatMap(([atMs, low, average, high]) =>
      low === null || average === null || high === null ? [] : [[atMs, { low, average, high }] as const],
    ),
  );
  const baselines = new Map<number, Baseline | undefined>();
  const baselineAt = (atMs: number): Baseline | undefined => {
    const hour = Math.floor(atMs / hourMs) * hourMs;
    if (!baselines.has(hour)) baselines.set(hour, baselineOf(earlierHours(hour).flatMap((at) => byHour.get(at) ?? [])));
    return baselines.get(hour);
  };
  return points.map(([atMs, , average]) => {
    const baseline = baselineAt(atMs);
    return lookAt(atMs + stepMs, baseline === undefined ? undefined : (average ?? undefined), (value) =>
      baseline === undefined ? 'unknown' : anomalyTruth(value, baseline, condition),
    );
  });
}

function lookAt(atMs: number, value: number | undefined, truth: (value: number) => PastLook['truth']): PastLook {
  return value === undefined ? { atMs, truth: 'unknown', value: null } : { atMs, truth: truth(value), value };
}
