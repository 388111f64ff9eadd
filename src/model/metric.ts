export type MetricKind = 'counter' | 'gauge';

/** What the numbers of a chart measure; a counter's points are already rates (unit per second). */
export type MetricUnit =
  | 'count'
  | 'per second'
  | 'bytes'
  | 'bytes per second'
  | 'KiB'
  | 'KiB per second'
  | 'MiB'
  | 'MiB per second'
  | 'ms'
  | 'ms per second'
  | 'µs'
  | 'µs per second'
  | 'seconds'
  | 'percent'
  | 'GB per hour'
  | 'boolean';

/** How a catalog metric is computed from raw ones. Ratios of counters divide their increases in the same interval. */
export type MetricSource =
  | { readonly raw: string }
  | { readonly sum: readonly MetricSource[] }
  | { readonly ratio: readonly [MetricSource, MetricSource]; readonly scale?: number }
  | { readonly difference: readonly [MetricSource, MetricSource] }
  | { readonly scaled: MetricSource; readonly factor: number }
  /** The first of these that the host has (names moved between MongoDB versions). */
  | { readonly firstOf: readonly MetricSource[] }
  /** Sum, or with `each` one series per match, over raw names that match a pattern with one `*` per part. */
  | { readonly match: string };

export interface CatalogMetric {
  /** Stable, never renamed: `operations.insert`. */
  readonly name: string;
  readonly title: string;
  /** One sentence: what it is and what it is good for. */
  readonly explanation: string;
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
  readonly source: MetricSource;
  /** Chart that it belongs to on the host page: `operations`, `latency`, `connections`, … */
  readonly chart: string;
  /** Name of the same measure in MMS, where there is one: OPCOUNTER_INSERT. */
  readonly mms?: string;
}

export interface RawMetric {
  readonly name: string;
  readonly kind: MetricKind;
  readonly unit: MetricUnit;
}
