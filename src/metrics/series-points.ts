import type { MetricSource } from '../model/metric.ts';
import { rawMetricKind } from '../model/raw-metric.ts';
import { averageAt, type BucketColumn, type BucketTable, bucketStarts, mergeColumn } from './bucket-table.ts';
import { evaluate, type LeafLookup, singleLeaf } from './evaluate.ts';
import { longestStepMs, usualStepMs } from './sample-buckets.ts';

export type Point = readonly [number, number | null, number | null, number | null];

/** Rows of a stream with what a grid needs of them, made once for all series of a request. */
export interface Grid {
  readonly fine: BucketTable;
  readonly starts: Float64Array;
  readonly rowOf: Int32Array;
  /** Points further apart than this have a gap between them. */
  readonly longestStepMs: number;
}

/** @param stepMs width of a point; 0 = every row is a point */
export function gridOf(fine: BucketTable, stepMs: number): Grid {
  const usual = usualStepMs(fine.times);
  if (stepMs === 0) {
    const rowOf = Int32Array.from(fine.times.keys());
    return { fine, starts: fine.times, rowOf, longestStepMs: longestStepMs(usual) };
  }
  const { starts, rowOf } = bucketStarts(fine.times, stepMs);
  return { fine, starts, rowOf, longestStepMs: longestStepMs(Math.max(stepMs, usual)) };
}

/**
 * Points of one metric: averages are computed from the averages of its parts over the whole grid step (a ratio is that of
 * the sums); minima and maxima are the stored ones where it is read from one raw name, else those of its rows.
 */
export function seriesPoints(grid: Grid, source: MetricSource): Point[] {
  const rows = grid.starts.length;
  const coarse = new Map<string, BucketColumn | undefined>();
  const coarseColumn = (name: string): BucketColumn | undefined => {
    if (!coarse.has(name)) {
      const fine = grid.fine.columns.get(name);
      coarse.set(name, fine === undefined ? undefined : mergeColumn(fine, grid.rowOf, rows));
    }
    return coarse.get(name);
  };
  const averages = evaluate(source, rows, averagesOf(coarseColumn, rows));
  if (averages === undefined) return [];
  const { low, high } = bounds(grid, source, averages, coarseColumn);
  return withGaps(grid, averages, low, high);
}

function averagesOf(column: (name: string) => BucketColumn | undefined, rows: number): LeafLookup {
  return (name) => {
    const found = column(name);
    if (found === undefined) return undefined;
    const values = new Float64Array(rows);
    for (let row = 0; row < rows; row++) values[row] = averageAt(found, row);
    return { kind: rawMetricKind(name), values };
  };
}

function bounds(
  grid: Grid,
  source: MetricSource,
  averages: Float64Array,
  coarse: (name: string) => BucketColumn | undefined,
): { readonly low: Float64Array; readonly high: Float64Array } {
  const leaf = singleLeaf(source, (name) => {
    const found = coarse(name);
    return found === undefined ? undefined : { kind: found.kind, values: found.low };
  });
  const column = leaf === undefined ? undefined : coarse(leaf.raw);
  if (leaf !== undefined && column !== undefined) {
    const [a, b] = [column.low, column.high].map((bound) => bound.map((value) => value * leaf.factor));
    if (a !== undefined && b !== undefined) return leaf.factor < 0 ? { low: b, high: a } : { low: a, high: b };
  }
  const fineRows = grid.fine.times.length;
  const fine = evaluate(
    source,
    fineRows,
    averagesOf((name) => grid.fine.columns.get(name), fineRows),
  );
  const low = averages.slice();
  const high = averages.slice();
  for (let i = 0; i < fineRows; i++) {
    const value = fine?.[i] ?? Number.NaN;
    const row = grid.rowOf[i] ?? 0;
    if (value < (low[row] ?? Number.NaN)) low[row] = value;
    if (value > (high[row] ?? Number.NaN)) high[row] = value;
  }
  return { low, high };
}

/** One null point stands for a gap; rows without a value are left out, so that a slower metric is a line too. */
function withGaps(grid: Grid, averages: Float64Array, low: Float64Array, high: Float64Array): Point[] {
  const points: Point[] = [];
  let before: number | undefined;
  for (let row = 0; row < averages.length; row++) {
    const average = averages[row] ?? Number.NaN;
    if (!Number.isFinite(average)) continue;
    const time = grid.starts[row] ?? 0;
    if (before !== undefined && time - before > grid.longestStepMs) {
      points.push([Math.round((before + time) / 2), null, null, null]);
    }
    points.push([time, low[row] ?? average, average, high[row] ?? average]);
    before = time;
  }
  return points;
}
