import type { RawMetric } from '../model/metric.ts';
import type { MetricRetention } from '../model/resolution.ts';
import type { SampleGap, SampleSource, SamplesMessage } from '../model/sample.ts';

/** Under which lease samples were taken: those of a lapsed epoch only fill intervals that have none. */
export interface AppendLease {
  readonly epoch: number;
  readonly current: boolean;
}

export interface AppendAnswer {
  /** Schemas that runs named but that were neither sent nor known: send them with the runs again. */
  readonly missingSchemas: readonly string[];
  readonly appendedSamples: number;
}

/** One series of stored points: averages for gauges, rates per second for counters. */
export interface StoredSeries {
  readonly name: string;
  readonly resolutionMs: number;
  /** [ms, min, avg, max]; nulls = gap. */
  readonly points: readonly (readonly [number, number | null, number | null, number | null])[];
}

export interface SeriesRequest {
  readonly groupId: string;
  readonly stream: string;
  /** Raw or catalog names. */
  readonly names: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly maxPoints: number;
}

/** What the server needs of the metrics engine. */
export interface MetricsEngine {
  /** Durable when it resolves. Unknown schemas refuse only the runs that need them. */
  append(groupId: string, message: SamplesMessage, lease: AppendLease): Promise<AppendAnswer>;
  series(request: SeriesRequest): Promise<readonly StoredSeries[]>;
  /** Raw names that the stream had lately, with kind and unit. */
  metrics(groupId: string, stream: string): Promise<readonly RawMetric[]>;
  /**
   * Newest values per stream: gauges as they are, counters as rate per second over the last two samples.
   * Catalog or raw names; null = none within `maxAgeMs`. From memory where possible: it is asked every few seconds for every host.
   */
  latest(groupId: string, streams: readonly string[], names: readonly string[], maxAgeMs: number): Promise<ReadonlyMap<string, LatestValues>>;
  gaps(groupId: string, stream: string, fromMs: number, toMs: number): Promise<readonly SampleGap[]>;
  use(groupId: string): Promise<MetricsUse>;
  setRetention(groupId: string, retention: MetricRetention, diskBudgetBytes: number): Promise<void>;
  removeStream(groupId: string, stream: string): Promise<void>;
  close(): Promise<void>;
}

export interface LatestValues {
  readonly atMs: number;
  readonly values: readonly (number | null)[];
}

export interface MetricsUse {
  readonly bytes: number;
  readonly levels: readonly { readonly level: 'raw' | 'minute' | 'hour' | 'day'; readonly bytes: number; readonly oldestMs: number | null }[];
  readonly forecastBytes: number | null;
}

export type { SampleSource };
