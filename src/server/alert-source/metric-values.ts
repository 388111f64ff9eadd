import { baselineOf, earlierHours } from '../../alerts/baseline.ts';
import { MetricWindow } from '../../alerts/metric-window.ts';
import type { Baseline, GroupSnapshot, Needs, WindowNeed } from '../../alerts/ports.ts';
import type { LatestValues, MetricsEngine, StoredSeries } from '../../metrics/ports.ts';
import { catalogMetric, sourceLeaves } from '../../model/metric-catalog.ts';
import type { Clock } from '../../runtime/clock.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The loops over databases and collections take their time. */
const slowMaxAgeMs = hourMs;
/** What is read of the past for windows and baselines: so long at a look, longer at the first one. */
const readingMs = 50;
const firstReadingMs = 3000;

type Values = Pick<GroupSnapshot, 'latest' | 'windowed' | 'baseline'>;

interface Wanted {
  readonly groupId: string;
  readonly hostIds: readonly string[];
  readonly needs: Needs;
  readonly intervalMs: number;
}

/** The figures of one group that rules compare: newest values, windows that grow with each look, and what was usual. */
export class MetricValues {
  readonly #metrics: MetricsEngine;
  readonly #clock: Clock;
  readonly #windows = new Map<string, Map<string, MetricWindow>>();
  /** Of this hour, by metric and host; null: too little history. */
  readonly #baselines = new Map<string, Map<string, Baseline | null>>();
  #baselineHour = Number.NaN;
  #isFirst = true;

  constructor(metrics: MetricsEngine, clock: Clock) {
    this.#metrics = metrics;
    this.#clock = clock;
  }

  async values(wanted: Wanted): Promise<Values> {
    const { needs } = wanted;
    const names = [...new Set([...needs.metrics, ...needs.windows.map(({ metric }) => metric)])];
    const { latest, atMs } = await this.#latest(wanted, names);
    const nowMs = this.#clock.now();
    const deadlineMs = performance.now() + (this.#isFirst ? firstReadingMs : readingMs);
    await this.#fillWindows(wanted, nowMs, deadlineMs);
    for (const need of needs.windows) this.#grow(need, latest.get(need.metric), atMs);
    await this.#readBaselines(wanted, nowMs, deadlineMs);
    this.#isFirst = false;
    return {
      latest,
      windowed: (need, hostId) =>
        latest.get(need.metric)?.has(hostId) === true
          ? this.#windows.get(keyOf(need))?.get(hostId)?.value(nowMs)
          : undefined,
      baseline: (metric, hostId) => this.#baselines.get(metric)?.get(hostId) ?? undefined,
    };
  }

  async #latest({ groupId, hostIds, intervalMs }: Wanted, names: readonly string[]) {
    const latest = new Map<string, Map<string, number>>(names.map((name) => [name, new Map()]));
    const atMs = new Map<string, number>();
    const slow = names.filter(isSlow);
    const fast = names.filter((name) => !slow.includes(name));
    for (const [wanted, maxAgeMs] of [
      [fast, Math.max(3 * intervalMs, minuteMs)],
      [slow, slowMaxAgeMs],
    ] as const) {
      if (wanted.length === 0 || hostIds.length === 0) continue;
      const maps = wanted.map((name) => latest.get(name));
      for (const [hostId, found] of await this.#metrics.latest(groupId, hostIds, wanted, maxAgeMs)) {
        note(hostId, found, maps);
        atMs.set(hostId, Math.max(found.atMs, atMs.get(hostId) ?? 0));
      }
    }
    return { latest, atMs };
  }

  #grow(need: WindowNeed, values: ReadonlyMap<string, number> | undefined, atMs: ReadonlyMap<string, number>): void {
    const windows = this.#windows.get(keyOf(need));
    for (const [hostId, value] of values ?? []) windows?.get(hostId)?.add(atMs.get(hostId) ?? 0, value);
  }

  /** Windows that are new begin with what is stored, as far as the time of this look reaches; the others of them come at the next. */
  async #fillWindows({ groupId, hostIds, needs }: Wanted, nowMs: number, deadlineMs: number): Promise<void> {
    const keys = new Map(needs.windows.map((need) => [keyOf(need), need]));
    for (const key of this.#windows.keys()) if (!keys.has(key)) this.#windows.delete(key);
    const known = new Set(hostIds);
    for (const windows of this.#windows.values()) {
      for (const hostId of windows.keys()) if (!known.has(hostId)) windows.delete(hostId);
    }
    for (const [key, need] of keys) {
      const windows = this.#windows.get(key) ?? new Map<string, MetricWindow>();
      this.#windows.set(key, windows);
      for (const hostId of hostIds) {
        if (windows.has(hostId)) continue;
        if (performance.now() > deadlineMs) return;
        windows.set(hostId, await this.#filled(groupId, hostId, need, nowMs));
      }
    }
  }

  async #filled(groupId: string, stream: string, need: WindowNeed, nowMs: number): Promise<MetricWindow> {
    const window = new MetricWindow(need);
    const fromMs = nowMs - need.windowMs;
    const request = { groupId, stream, names: [need.metric], fromMs, toMs: nowMs, maxPoints: 60 };
    for (const [atMs, low, average, high] of highest(await this.#metrics.series(request))) {
      const value = need.aggregate === 'maximum' ? high : need.aggregate === 'minimum' ? low : average;
      if (value !== null) window.add(atMs, value);
    }
    return window;
  }

  async #readBaselines({ groupId, hostIds, needs }: Wanted, nowMs: number, deadlineMs: number): Promise<void> {
    const hour = Math.floor(nowMs / hourMs);
    if (hour !== this.#baselineHour) this.#baselines.clear();
    this.#baselineHour = hour;
    for (const metric of needs.baselines) {
      const known = this.#baselines.get(metric) ?? new Map<string, Baseline | null>();
      this.#baselines.set(metric, known);
      for (const hostId of hostIds) {
        if (known.has(hostId)) continue;
        if (performance.now() > deadlineMs) return;
        known.set(hostId, (await readBaseline(this.#metrics, groupId, hostId, metric, nowMs)) ?? null);
      }
    }
  }
}

/** What was usual at that time, from the hours that are stored. */
export async function readBaseline(
  metrics: MetricsEngine,
  groupId: string,
  stream: string,
  metric: string,
  nowMs: number,
): Promise<Baseline | undefined> {
  const hours = await Promise.all(
    earlierHours(nowMs).map(async (fromMs) => {
      const request = { groupId, stream, names: [metric], fromMs, toMs: fromMs + hourMs, maxPoints: 1 };
      const [point] = highest(await metrics.series(request)).filter(([atMs]) => atMs === fromMs);
      const [, low = null, average = null, high = null] = point ?? [];
      return low === null || average === null || high === null ? [] : [{ low, average, high }];
    }),
  );
  return baselineOf(hours.flat());
}

/** Of a family's bare name the one with the highest average stands for all, as it does for newest values. */
export function highest(series: readonly StoredSeries[]): StoredSeries['points'] {
  const mean = ({ points }: StoredSeries): number =>
    points.reduce((sum, [, , average]) => sum + (average ?? 0), 0) / Math.max(1, points.length);
  const [first, ...rest] = series.filter(({ points }) => points.length > 0);
  return (
    rest.reduce<StoredSeries | undefined>(
      (best, each) => (best !== undefined && mean(each) > mean(best) ? each : best),
      first,
    )?.points ?? []
  );
}

const keyOf = ({ metric, windowMs, aggregate }: WindowNeed) => `${aggregate} ${windowMs} ${metric}`;

function note(hostId: string, { values }: LatestValues, maps: readonly (Map<string, number> | undefined)[]): void {
  for (const [index, map] of maps.entries()) {
    const value = values[index];
    if (value !== null && value !== undefined) map?.set(hostId, value);
  }
}

function isSlow(name: string): boolean {
  const metric = catalogMetric(name);
  const leaves =
    metric === undefined ? [name] : sourceLeaves(metric.source).map((leaf) => ('raw' in leaf ? leaf.raw : leaf.match));
  return leaves.some((leaf) => /^(?:dbStats|collStats|indexStats)\./.test(leaf));
}
