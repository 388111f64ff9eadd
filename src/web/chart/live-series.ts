import type { Series } from '../../wire/api/metrics.ts';
import { batchMetrics } from './metric-batches.ts';
import { lastValueMs, mergeSeries, partsOf } from './series-merge.ts';
import type { FetchSeries, MetricState } from './series-port.ts';
import type { TimeWindow } from './time-range.ts';

interface Entry {
  state: MetricState;
  /** Read for the window of now; false asks for it anew. */
  fresh: boolean;
  /** Up to when it was asked. */
  readToMs: number;
}

const idle: MetricState = { phase: 'loading', series: [], problem: null, retryAtMs: null };
const firstRetryMs = 2000;
const longestRetryMs = 30_000;
const deadlineMs = 20_000;

/**
 * Series of one host for what is on screen. Charts subscribe while they are visible; what several want is asked in one
 * request. A new window aborts what runs; on new samples only the part after the last point is read and appended.
 */
export class LiveSeries {
  readonly #fetch: FetchSeries;
  readonly #points: number;
  readonly #entries = new Map<string, Entry>();
  readonly #subscribers = new Map<symbol, { metrics: readonly string[]; listener: () => void }>();
  #window: TimeWindow;
  #abort = new AbortController();
  #flushing = false;
  #tailRuns = false;
  #retryMs = firstRetryMs;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #tailedAtMs = 0;

  constructor(fetchSeries: FetchSeries, window: TimeWindow, points: number) {
    this.#fetch = fetchSeries;
    this.#window = window;
    this.#points = points;
  }

  /** Wants these metrics until the returned function is called; `listener` runs after every change of one of them. */
  subscribe(metrics: readonly string[], listener: () => void): () => void {
    const key = Symbol('chart');
    this.#subscribers.set(key, { metrics, listener });
    this.#flushSoon();
    return () => this.#subscribers.delete(key);
  }

  state(metric: string): MetricState {
    return this.#entries.get(metric)?.state ?? idle;
  }

  /** A choice of the reader: everything visible is read anew, the old lines stay until then. */
  setWindow(window: TimeWindow): void {
    this.#window = window;
    this.#abort.abort();
    this.#abort = new AbortController();
    for (const entry of this.#entries.values()) entry.fresh = false;
    this.#retryMs = firstRetryMs;
    this.#flushSoon();
  }

  /** The clock moved on and there may be newer samples: appends them. Coarse windows are asked no more than once a point. */
  advance(window: TimeWindow, nowMs: number): void {
    this.#window = window;
    const pointMs = (window.toMs - window.fromMs) / this.#points;
    if (this.#tailRuns || nowMs - this.#tailedAtMs < Math.min(pointMs / 2, 300_000)) return;
    this.#tailedAtMs = nowMs;
    this.#tailRuns = true;
    void this.#readTail(this.#abort.signal).finally(() => {
      this.#tailRuns = false;
    });
  }

  /** Reads again now what failed. */
  retry(): void {
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
    this.#flushSoon();
  }

  close(): void {
    this.#abort.abort();
    this.#subscribers.clear();
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
  }

  #wanted(): readonly string[] {
    return [...new Set([...this.#subscribers.values()].flatMap((subscriber) => subscriber.metrics))];
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    queueMicrotask(() => {
      this.#flushing = false;
      const missing = this.#wanted().filter((metric) => this.#entries.get(metric)?.fresh !== true);
      for (const metrics of batchMetrics(missing)) void this.#readWhole(metrics, this.#abort.signal);
    });
  }

  async #readWhole(metrics: readonly string[], signal: AbortSignal): Promise<void> {
    const window = this.#window;
    for (const metric of metrics) {
      const before = this.#entries.get(metric)?.state ?? idle;
      this.#entries.set(metric, { state: { ...before, phase: 'loading' }, fresh: true, readToMs: window.toMs });
    }
    this.#tell(metrics);
    try {
      const answer = await this.#fetch(
        { metrics, fromMs: window.fromMs, toMs: window.toMs, points: this.#points },
        withDeadline(signal),
      );
      if (signal.aborted) return;
      for (const metric of metrics) this.#keep(metric, partsOf(metric, answer), window);
      this.#retryMs = firstRetryMs;
    } catch (problem) {
      if (signal.aborted) return;
      this.#retryLater();
      for (const metric of metrics) this.#fail(metric, problem);
    }
    this.#tell(metrics);
  }

  async #readTail(signal: AbortSignal): Promise<void> {
    const window = this.#window;
    const metrics = this.#wanted().filter((metric) => this.#entries.get(metric)?.state.phase === 'ready');
    if (metrics.length === 0) return;
    const shown = metrics.flatMap((metric) => this.state(metric).series);
    const pointMs = Math.max(...shown.map((series) => series.resolutionMs), 1000);
    // The last point may still grow, and where the whole host was silent its samples may arrive late.
    const readTo = Math.min(...metrics.map((metric) => this.#entries.get(metric)?.readToMs ?? 0));
    const fromMs = Math.min(readTo - pointMs, lastValueMs(shown) ?? readTo);
    if (fromMs <= window.fromMs) return this.#readAll(metrics, signal);
    const points = Math.max(2, Math.ceil((window.toMs - fromMs) / pointMs) + 1);
    for (const batch of batchMetrics(metrics)) {
      try {
        const answer = await this.#fetch({ metrics: batch, fromMs, toMs: window.toMs, points }, withDeadline(signal));
        if (signal.aborted) return;
        for (const metric of batch)
          this.#keep(metric, mergeSeries(this.state(metric).series, partsOf(metric, answer), window.fromMs), window);
        this.#tell(batch);
      } catch {
        // The lines stay as they are; the next samples ask again from the last point on.
        return;
      }
    }
  }

  async #readAll(metrics: readonly string[], signal: AbortSignal): Promise<void> {
    for (const batch of batchMetrics(metrics)) await this.#readWhole(batch, signal);
  }

  #keep(metric: string, series: readonly Series[], window: TimeWindow): void {
    this.#entries.set(metric, {
      state: { phase: 'ready', series, problem: null, retryAtMs: null },
      fresh: true,
      readToMs: window.toMs,
    });
  }

  #fail(metric: string, problem: unknown): void {
    const series = this.state(metric).series;
    const state: MetricState = { phase: 'stale', series, problem, retryAtMs: Date.now() + this.#retryMs };
    this.#entries.set(metric, { state, fresh: false, readToMs: 0 });
  }

  #retryLater(): void {
    if (this.#retryTimer !== null) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      this.#retryMs = Math.min(this.#retryMs * 2, longestRetryMs);
      this.#flushSoon();
    }, this.#retryMs);
  }

  #tell(metrics: readonly string[]): void {
    const changed = new Set(metrics);
    for (const { metrics: wanted, listener } of this.#subscribers.values()) {
      if (wanted.some((metric) => changed.has(metric))) listener();
    }
  }
}

function withDeadline(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
}
