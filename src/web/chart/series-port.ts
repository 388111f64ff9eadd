import type { Series } from '../../wire/api/metrics.ts';

export interface SeriesRequest {
  readonly metrics: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly points: number;
}
/** Reads series of one host; rejects when aborted. */
export type FetchSeries = (request: SeriesRequest, signal: AbortSignal) => Promise<readonly Series[]>;

export interface MetricState {
  /** loading: nothing for this window yet, `series` may hold those of the one before. stale: could not be read again. */
  readonly phase: 'loading' | 'ready' | 'stale';
  readonly series: readonly Series[];
  readonly problem: unknown;
  readonly retryAtMs: number | null;
}
