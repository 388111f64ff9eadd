import type { MetricKind, MetricSource } from '../model/metric.ts';

/** Numbers of one raw name on a time grid: values of a gauge, rates per second of a counter; NaN = unknown. */
export interface LeafValues {
  readonly kind: MetricKind;
  readonly values: Float64Array;
}
export type LeafLookup = (rawName: string) => LeafValues | undefined;

/**
 * Computes a metric from raw ones, row by row (rules: MetricSource). Counters enter as rates: in one interval a ratio of
 * rates is the ratio of the increases. Patterns must have been replaced before (bindPatterns).
 * @returns undefined when the host has nothing that the source reads
 */
export function evaluate(source: MetricSource, rows: number, lookup: LeafLookup): Float64Array | undefined {
  if ('raw' in source) return lookup(source.raw)?.values;
  if ('match' in source) return undefined;
  if ('sum' in source) return sumOf(source.sum, rows, lookup);
  if ('firstOf' in source) {
    for (const choice of source.firstOf) {
      const values = evaluate(choice, rows, lookup);
      if (values !== undefined) return values;
    }
    return undefined;
  }
  if ('scaled' in source) return evaluate(source.scaled, rows, lookup)?.map((value) => value * source.factor);
  if ('ratio' in source) {
    const scale = source.scale ?? 1;
    // 0 / 0 and x / 0 alike: nothing was counted, so there is no ratio.
    return pair(source.ratio, rows, lookup, (a, b) => (b === 0 ? Number.NaN : (a / b) * scale));
  }
  return pair(source.difference, rows, lookup, (a, b) => a - b);
}

function pair(
  sources: readonly [MetricSource, MetricSource],
  rows: number,
  lookup: LeafLookup,
  combine: (a: number, b: number) => number,
): Float64Array | undefined {
  const a = evaluate(sources[0], rows, lookup);
  const b = evaluate(sources[1], rows, lookup);
  if (a === undefined || b === undefined) return undefined;
  return a.map((value, row) => combine(value, b[row] ?? Number.NaN));
}

/** Parts that the host does not have, or not in that row, count as nothing; no value where it has none of them. */
function sumOf(sources: readonly MetricSource[], rows: number, lookup: LeafLookup): Float64Array | undefined {
  const parts = sources.map((part) => evaluate(part, rows, lookup)).filter((part) => part !== undefined);
  if (parts.length === 0) return undefined;
  const sums = new Float64Array(rows).fill(Number.NaN);
  for (const part of parts) {
    for (let row = 0; row < rows; row++) {
      const value = part[row] ?? Number.NaN;
      if (Number.isNaN(value)) continue;
      const before = sums[row] ?? Number.NaN;
      sums[row] = Number.isNaN(before) ? value : before + value;
    }
  }
  return sums;
}

/** The raw name that a source is read from alone, with a factor: then stored minima and maxima hold for it too. */
export function singleLeaf(
  source: MetricSource,
  lookup: LeafLookup,
): { readonly raw: string; readonly factor: number } | undefined {
  if ('raw' in source) return lookup(source.raw) === undefined ? undefined : { raw: source.raw, factor: 1 };
  if ('firstOf' in source) {
    for (const choice of source.firstOf) {
      const leaf = singleLeaf(choice, lookup);
      if (leaf !== undefined) return leaf;
    }
    return undefined;
  }
  if ('scaled' in source) {
    const leaf = singleLeaf(source.scaled, lookup);
    return leaf === undefined ? undefined : { raw: leaf.raw, factor: leaf.factor * source.factor };
  }
  if ('sum' in source && source.sum.length === 1 && source.sum[0] !== undefined)
    return singleLeaf(source.sum[0], lookup);
  return undefined;
}
