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

/**
 * How a catalog metric is computed from raw ones. Counters enter as their increase: a ratio of counters divides their
 * increases in the same interval (and has no value when nothing was counted), a sum or a scaled counter is a rate per
 * second. A part of a sum that the host does not have counts as nothing; when it has none of them there is no value.
 */
export type MetricSource =
  | { readonly raw: string }
  | { readonly sum: readonly MetricSource[] }
  | { readonly ratio: readonly [MetricSource, MetricSource]; readonly scale?: number }
  | { readonly difference: readonly [MetricSource, MetricSource] }
  | { readonly scaled: MetricSource; readonly factor: number }
  /** The first of these that the host has (names moved between MongoDB versions). */
  | { readonly firstOf: readonly MetricSource[] }
  /**
   * Raw names that match a pattern in which a part `*` stands for any one part: their sum, or with `each` a family, one
   * series per match. All `each` patterns of one source are bound to the same matched parts. Series of a family are
   * named `metric:matched` (`disk.readLatency:nvme0n1`), several matched parts joined by "."; the bare metric name asks for all.
   */
  | { readonly match: string; readonly each?: true };

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
