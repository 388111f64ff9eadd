import type { MetricKind } from '../model/metric.ts';

/**
 * Statistics of one metric, a row per bucket. Gauges: min, max, sum, count of the values. Counters: lowest and highest
 * rate per second, increase, and the milliseconds that the increase covers. NaN = nothing known in that bucket.
 */
export interface BucketColumn {
  readonly kind: MetricKind;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly total: Float64Array;
  readonly weight: Float64Array;
}

/** Buckets of several metrics over the same times (bucket starts; for samples, the sample's time), ascending. */
export interface BucketTable {
  readonly times: Float64Array;
  readonly columns: ReadonlyMap<string, BucketColumn>;
}

export const statisticsPerMetric = 4;

export function emptyColumn(kind: MetricKind, rows: number): BucketColumn {
  const column = (): Float64Array => new Float64Array(rows).fill(Number.NaN);
  return { kind, low: column(), high: column(), total: column(), weight: column() };
}

/** Average of a bucket (rate per second for counters); NaN when nothing is known. */
export function averageAt(column: BucketColumn, row: number): number {
  const total = column.total[row] ?? Number.NaN;
  const weight = column.weight[row] ?? Number.NaN;
  return column.kind === 'counter' ? (total / weight) * 1000 : total / weight;
}

/** Bucket starts, ascending and distinct, of times that ascend; and for every time the index of its bucket. */
export function bucketStarts(times: Float64Array, stepMs: number): { starts: Float64Array; rowOf: Int32Array } {
  const starts: number[] = [];
  const rowOf = new Int32Array(times.length);
  for (let i = 0; i < times.length; i++) {
    const start = Math.floor((times[i] ?? 0) / stepMs) * stepMs;
    if (start !== starts.at(-1)) starts.push(start);
    rowOf[i] = starts.length - 1;
  }
  return { starts: Float64Array.from(starts), rowOf };
}

/** Merges buckets into coarser ones: `rowOf` names the coarse row of every fine one. */
export function mergeColumn(fine: BucketColumn, rowOf: Int32Array, rows: number): BucketColumn {
  const coarse = emptyColumn(fine.kind, rows);
  for (let i = 0; i < rowOf.length; i++) {
    const own = fine.weight[i] ?? Number.NaN;
    if (!Number.isNaN(own)) addBucket(coarse, rowOf[i] ?? 0, fine, i);
  }
  return coarse;
}

function addBucket(coarse: BucketColumn, row: number, fine: BucketColumn, from: number): void {
  const { low, high, total, weight } = coarse;
  const ownLow = fine.low[from] ?? Number.NaN;
  const ownHigh = fine.high[from] ?? Number.NaN;
  const ownTotal = fine.total[from] ?? Number.NaN;
  const ownWeight = fine.weight[from] ?? Number.NaN;
  if (Number.isNaN(weight[row] ?? Number.NaN)) {
    low[row] = ownLow;
    high[row] = ownHigh;
    total[row] = ownTotal;
    weight[row] = ownWeight;
    return;
  }
  low[row] = Math.min(low[row] ?? ownLow, ownLow);
  high[row] = Math.max(high[row] ?? ownHigh, ownHigh);
  total[row] = (total[row] ?? 0) + ownTotal;
  weight[row] = (weight[row] ?? 0) + ownWeight;
}

/**
 * Puts tables of disjoint or touching spans together. Where two hold the same time, the later table wins, except that a
 * value that it does not know does not erase one that the earlier knows.
 */
export function concatTables(
  tables: readonly BucketTable[],
  names: readonly string[],
  kindOf: (name: string) => MetricKind,
): BucketTable {
  const [only, ...more] = tables.filter((table) => table.times.length > 0);
  if (only !== undefined && more.length === 0) return only;
  const all = only === undefined ? [] : [only, ...more];
  const times = Float64Array.from(new Set(all.flatMap((table) => [...table.times]))).sort();
  const rowOfTime = new Map([...times].map((time, row) => [time, row]));
  const columns = new Map<string, BucketColumn>();
  for (const name of names) {
    const target = emptyColumn(kindOf(name), times.length);
    for (const table of all) copyInto(target, table, name, rowOfTime);
    columns.set(name, target);
  }
  return { times, columns };
}

function copyInto(
  target: BucketColumn,
  table: BucketTable,
  name: string,
  rowOfTime: ReadonlyMap<number, number>,
): void {
  const source = table.columns.get(name);
  if (source === undefined) return;
  for (let i = 0; i < table.times.length; i++) {
    if (Number.isNaN(source.weight[i] ?? Number.NaN)) continue;
    const row = rowOfTime.get(table.times[i] ?? 0) ?? 0;
    for (const part of ['low', 'high', 'total', 'weight'] as const) target[part][row] = source[part][i] ?? Number.NaN;
  }
}

/** The rows of `fromMs` (inclusive) to `toMs` (exclusive). */
export function sliceTable(table: BucketTable, fromMs: number, toMs: number): BucketTable {
  let first = 0;
  while (first < table.times.length && (table.times[first] ?? 0) < fromMs) first++;
  let end = table.times.length;
  while (end > first && (table.times[end - 1] ?? 0) >= toMs) end--;
  if (first === 0 && end === table.times.length) return table;
  const columns = new Map<string, BucketColumn>();
  for (const [name, column] of table.columns) {
    const cut = (values: Float64Array): Float64Array => values.subarray(first, end);
    columns.set(name, {
      kind: column.kind,
      low: cut(column.low),
      high: cut(column.high),
      total: cut(column.total),
      weight: cut(column.weight),
    });
  }
  return { times: table.times.subarray(first, end), columns };
}
