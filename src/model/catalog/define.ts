import type { CatalogMetric, MetricKind, MetricSource, MetricUnit } from '../metric.ts';

/** One line of the catalog, as written: the chart comes from the area, kind and unit from the function that is called. */
interface Words {
  readonly title: string;
  /** What it is and when to worry, in one sentence. */
  readonly explanation: string;
  readonly source: MetricSource | string;
  readonly mms?: string;
  readonly chart?: string;
}

/** Functions that define the metrics of one chart. */
export function chartOf(chart: string) {
  const define = (kind: MetricKind, unit: MetricUnit, name: string, words: Words): CatalogMetric => {
    const { source, ...rest } = words;
    return {
      name,
      kind,
      unit,
      source: typeof source === 'string' ? raw(source) : source,
      ...rest,
      chart: words.chart ?? chart,
    };
  };
  return {
    /** A counter, drawn as events per second (or `unit`, which then is a rate). */
    rate: (name: string, words: Words, unit: MetricUnit = 'per second') => define('counter', unit, name, words),
    gauge: (name: string, unit: MetricUnit, words: Words) => define('gauge', unit, name, words),
  };
}

export const raw = (name: string): MetricSource => ({ raw: name });
export const sum = (...parts: readonly (MetricSource | string)[]): MetricSource => ({ sum: parts.map(source) });
export const difference = (a: MetricSource | string, b: MetricSource | string): MetricSource => ({
  difference: [source(a), source(b)],
});
export const ratio = (a: MetricSource | string, b: MetricSource | string, scale = 1): MetricSource => ({
  ratio: [source(a), source(b)],
  scale,
});
export const percent = (a: MetricSource | string, b: MetricSource | string): MetricSource => ratio(a, b, 100);
export const scaled = (a: MetricSource | string, factor: number): MetricSource => ({ scaled: source(a), factor });
export const firstOf = (...choices: readonly (MetricSource | string)[]): MetricSource => ({
  firstOf: choices.map(source),
});
export const match = (pattern: string): MetricSource => ({ match: pattern });
export const each = (pattern: string): MetricSource => ({ match: pattern, each: true });

const source = (given: MetricSource | string): MetricSource => (typeof given === 'string' ? raw(given) : given);
