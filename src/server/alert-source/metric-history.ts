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

export interface MetricHistory {
  readonly resolutionMs: number;
  /** Days of which hours are read for one host. */
  readonly daysRead: number;
  /**
   * Minutes are read where the hours say that something may have happened, unless that is more than `hoursAtMost` hours: then the
   * hours themselves are the looks.
   */
  looks(hostId: string, hoursAtMost: number): Promise<HostHistory>;
}
interface HostHistory {
  readonly looks: readonly PastLook[];
  readonly stepMs: number;
  /** Of which minutes were read. */
  readonly fineHours: number;
}

/**
 * The looks of each host over a span, from rollups; a value stands for the time up to its end. An hour whose highest and lowest
 * value are far from the threshold needs no closer look, so a quiet week of a host costs its 168 hours.
 */
export function metricHistory(metrics: MetricsEngine, { condition }: SeriesCondition, span: Span): MetricHistory {
  const { groupId, fromMs, toMs } = span;
  const resolutionMs = stepsMs.find((step) => (toMs - fromMs) / step <= pointsAtMost) ?? hourMs;
  const read = async (stream: string, readFromMs: number, readToMs: number, stepMs: number): Promise<Points> => {
    const request = { groupId, stream, names: [condition.metric], fromMs: readFromMs, toMs: readToMs };
    return highest(await metrics.series({ ...request, maxPoints: Math.ceil((readToMs - readFromMs) / stepMs) }));
  };
  const beforeMs = windowMsOf(condition);
  const pastMs = condition.kind === 'anomaly' ? baselineWeeks * weekMs : beforeMs;
  return {
    resolutionMs,
    daysRead: Math.ceil((toMs - fromMs + pastMs) / (24 * hourMs)),
    async looks(hostId, hoursAtMost) {
      const hours = (await read(hostId, fromMs - pastMs, toMs, hourMs)).filter(([, , average]) => average !== null);
      const judge = judgeOf(condition, hours);
      const own = hours.filter(([atMs]) => atMs >= fromMs - hourMs);
      const busy = busySpans(own, judge, span, beforeMs);
      const fineHours = busy.reduce((sum, each) => sum + (each.toMs - each.fromMs + beforeMs) / hourMs, 0);
      if (fineHours > hoursAtMost || resolutionMs === hourMs) {
        return { looks: looksOf(hours, judge, { ...span, stepMs: hourMs }), stepMs: hourMs, fineHours: 0 };
      }
      const looks: PastLook[] = [];
      for (const { fromMs: begin, toMs: end } of busy) {
        const points = await read(hostId, begin - beforeMs, end, resolutionMs);
        looks.push(...looksOf(points, judge, { ...span, fromMs: begin, toMs: end, stepMs: resolutionMs }));
      }
      looks.push(...quietLooks(own, busy, span, resolutionMs));
      return { looks: looks.sort((one, other) => one.atMs - other.atMs), stepMs: resolutionMs, fineHours };
    },
  };
}

/** How values of the past are compared. */
interface Judge {
  readonly condition: MetricCondition | AnomalyCondition;
  truth(value: number, atMs: number): PastLook['truth'];
}

function judgeOf(condition: MetricCondition | AnomalyCondition, hours: Points): Judge {
  if (condition.kind === 'metric') return { condition, truth: (value) => metricTruth(value, condition) };
  const baselineAt = baselines(hours);
  return {
    condition,
    truth(value, atMs) {
      const baseline = baselineAt(atMs);
      return baseline === undefined ? 'unknown' : anomalyTruth(value, baseline, condition);
    },
  };
}

/** Hours in which the condition may have held, or had not yet cleared, and as long after them as a window reaches. */
function busySpans(hours: Points, { condition, truth }: Judge, { fromMs, toMs }: Span, afterMs: number): PastSpan[] {
  const spans: PastSpan[] = [];
  for (const [atMs, low, , high] of hours) {
    if (low === null || high === null) continue;
    const isRate = condition.kind === 'metric' && condition.aggregate === 'rate';
    if (!isRate && truth(high, atMs) === 'gone' && truth(low, atMs) === 'gone') continue;
    const begin = Math.max(fromMs, atMs);
    const end = Math.min(toMs, atMs + hourMs + afterMs);
    if (begin >= end) continue;
    const last = spans.at(-1);
    if (last !== undefined && begin <= last.toMs) spans[spans.length - 1] = { ...last, toMs: Math.max(end, last.toMs) };
    else spans.push({ fromMs: begin, toMs: end });
  }
  return spans;
}

/** All other hours that have values: nothing held there. */
function quietLooks(hours: Points, busy: readonly PastSpan[], { fromMs, toMs }: Span, stepMs: number): PastLook[] {
  const looks: PastLook[] = [];
  let next = 0;
  for (const [hour, , average] of hours) {
    for (let atMs = hour + stepMs; atMs <= hour + hourMs; atMs += stepMs) {
      while ((busy[next]?.toMs ?? Number.POSITIVE_INFINITY) < atMs) next++;
      const span = busy[next];
      const isBusy = span !== undefined && atMs > span.fromMs && atMs <= span.toMs;
      if (!isBusy && atMs > fromMs && atMs <= toMs) looks.push({ atMs, truth: 'gone', value: average });
    }
  }
  return looks;
}

type PastSpan = Pick<Span, 'fromMs' | 'toMs'>;
interface Walk extends Span {
  readonly stepMs: number;
}

/** Points before `fromMs` only fill the window. */
function looksOf(points: Points, judge: Judge, { fromMs, toMs, forMs, stepMs }: Walk): PastLook[] {
  const { condition } = judge;
  const { pick, window } = valueOf(condition, forMs, stepMs);
  const looks: PastLook[] = [];
  for (const point of points) {
    const [atMs] = point;
    const value = pick(point);
    if (value !== null) window?.add(atMs, value);
    const endMs = atMs + stepMs;
    if (endMs <= fromMs || atMs >= toMs) continue;
    const compared = value === null ? undefined : window === undefined ? value : window.value(atMs);
    looks.push(lookAt(endMs, compared, (known) => judge.truth(known, atMs)));
  }
  return looks;
}

/** Which of a point's values counts, and the window that they go through. */
function valueOf(condition: MetricCondition | AnomalyCondition, forMs: number, stepMs: number) {
  const aggregate = condition.kind === 'anomaly' ? 'average' : (condition.aggregate ?? 'newest');
  // A peak within a point opens a rule without a holding time; a rule with one looks at what lasted.
  const peaks = aggregate === 'newest' && forMs < stepMs && condition.kind === 'metric';
  const isHigh = aggregate === 'maximum' || (peaks && condition.above !== undefined);
  const isLow = aggregate === 'minimum' || (peaks && condition.above === undefined);
  const windowMs = windowMsOf(condition);
  const window =
    aggregate === 'newest' || windowMs <= stepMs
      ? undefined
      : new MetricWindow({ metric: condition.metric, windowMs, aggregate });
  const pick = ([, low, average, high]: Points[number]): number | null => (isHigh ? high : isLow ? low : average);
  return { pick, window };
}

function windowMsOf(condition: MetricCondition | AnomalyCondition): number {
  const isPlain = condition.kind === 'metric' && (condition.aggregate ?? 'newest') === 'newest';
  return isPlain ? 0 : (condition.windowMs ?? 5 * minuteMs);
}

type Points = StoredSeries['points'];

/** What was usual in each hour, made when asked for. */
function baselines(hours: Points): (atMs: number) => Baseline | undefined {
  const byHour = new Map(
    hours.flatMap(([atMs, low, average, high]) =>
      low === null || average === null || high === null ? [] : [[atMs, { low, average, high }] as const],
    ),
  );
  const made = new Map<number, Baseline | undefined>();
  return (atMs) => {
    const hour = Math.floor(atMs / hourMs) * hourMs;
    if (!made.has(hour)) made.set(hour, baselineOf(earlierHours(hour).flatMap((at) => byHour.get(at) ?? [])));
    return made.get(hour);
  };
}

function lookAt(atMs: number, value: number | undefined, truth: (value: number) => PastLook['truth']): PastLook {
  return value === undefined ? { atMs, truth: 'unknown', value: null } : { atMs, truth: truth(value), value };
}
