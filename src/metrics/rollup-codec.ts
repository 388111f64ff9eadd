import { rawMetricKind } from '../model/raw-metric.ts';
import { type BucketColumn, type BucketTable, emptyColumn, statisticsPerMetric } from './bucket-table.ts';
import { type Chunk, encodeChunk } from './chunk-codec.ts';

/**
 * Rollups as chunks: four columns a metric (docs/formats/metric-columns.md). What most metrics of a bucket have in
 * common (number of samples, time covered) is stored once; each metric stores its difference to that.
 */
const lowSteps = 32;
const stepsPerOctave = 16;
const sumSteps = 256;
const exactSum = 512;
/** So that what was rounded once is not rounded further when a chunk is written again. */
const rounding = 1e-6;

/** @param columns the table's metrics in the order of the schema */
export async function encodeRollup(times: Float64Array, columns: readonly BucketColumn[]): Promise<Uint8Array> {
  const shared = [commonWeight(columns, 'gauge', times.length), commonWeight(columns, 'counter', times.length)];
  const shape = { times, shared, metrics: columns.length, columnsPerMetric: statisticsPerMetric };
  return encodeChunk(shape, async (first, end) => {
    await new Promise((resolve) => setImmediate(resolve));
    return columns.slice(first, end).flatMap((column) => pack(column, sharedOf(column, shared)));
  });
}

/** The metrics asked for that the chunk has. @throws STORE_CORRUPT */
export async function decodeRollup(
  chunk: Chunk,
  index: ReadonlyMap<string, number>,
  names: readonly string[],
): Promise<BucketTable> {
  const known = names.filter((name) => index.has(name));
  const packed = await chunk.metrics(known.map((name) => index.get(name) ?? 0));
  const columns = new Map<string, BucketColumn>();
  for (const [at, name] of known.entries()) {
    const kind = rawMetricKind(name);
    const shared = chunk.shape.shared[kind === 'gauge' ? 0 : 1] ?? new Float64Array(chunk.times.length);
    columns.set(name, unpack(kind, packed[at] ?? [], shared));
  }
  return { times: chunk.times, columns };
}

function sharedOf(column: BucketColumn, shared: readonly Float64Array[]): Float64Array {
  return shared[column.kind === 'gauge' ? 0 : 1] ?? new Float64Array(column.weight.length);
}

/** The weight that the first metrics have: nearly always that of all. */
function commonWeight(columns: readonly BucketColumn[], kind: BucketColumn['kind'], rows: number): Float64Array {
  const common = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    for (const column of columns) {
      const weight = column.weight[row] ?? Number.NaN;
      if (column.kind !== kind || Number.isNaN(weight)) continue;
      common[row] = weight;
      break;
    }
  }
  return common;
}

function pack(column: BucketColumn, shared: Float64Array): Float64Array[] {
  const { low, high, total, weight } = column;
  const rest = weight.map((value, row) => value - (shared[row] ?? 0));
  if (column.kind === 'counter') {
    const mean = total.map((value, row) => rateOf(value, weight[row]));
    return [
      total,
      low.map((value, row) => lowStep(value, mean[row] ?? Number.NaN)),
      high.map((value, row) => highStep(value, mean[row] ?? Number.NaN)),
      rest,
    ];
  }
  if (!allWhole(low) || !allWhole(high)) return [low, high, total, rest];
  const range = high.map((value, row) => roundUp(value - (low[row] ?? 0)));
  const sum = total.map((value, row) => {
    const own = weight[row] ?? Number.NaN;
    return sumStep(value - (low[row] ?? 0) * own, (range[row] ?? 0) * own);
  });
  return [low, range, sum, rest];
}

function unpack(kind: BucketColumn['kind'], packed: readonly Float64Array[], shared: Float64Array): BucketColumn {
  const column = emptyColumn(kind, shared.length);
  const [first, second, third, rest] = packed;
  if (first === undefined || second === undefined || third === undefined || rest === undefined) return column;
  const whole = allWhole(first) && allWhole(second);
  for (let row = 0; row < shared.length; row++) {
    const weight = (rest[row] ?? 0) + (shared[row] ?? 0);
    const [a, b, c] = [first[row] ?? 0, second[row] ?? 0, third[row] ?? 0];
    column.weight[row] = weight;
    if (kind === 'counter') {
      const rate = rateOf(a, weight);
      column.total[row] = a;
      column.low[row] = rate * (1 - b / lowSteps);
      column.high[row] = rate * 2 ** (c / stepsPerOctave);
    } else {
      column.low[row] = a;
      column.high[row] = whole ? a + b : b;
      column.total[row] = whole ? a * weight + sumOfStep(c, b * weight) : c;
    }
  }
  return column;
}

function rateOf(increase: number | undefined, coveredMs: number | undefined): number {
  return ((increase ?? Number.NaN) / (coveredMs ?? Number.NaN)) * 1000;
}

/** Lower bound below the mean rate, in 32nds of it, rounded away from the mean: the stored band always holds the true one. */
function lowStep(low: number, mean: number): number {
  return mean === 0 ? 0 : Math.min(lowSteps, Math.ceil((1 - low / mean) * lowSteps - rounding));
}

/** Upper bound above the mean rate, 16 steps for every doubling, rounded away from the mean. */
function highStep(high: number, mean: number): number {
  return mean === 0 ? 0 : Math.max(0, Math.ceil(Math.log2(high / mean) * stepsPerOctave - rounding));
}

/** Up to seven binary digits, rounded up: small ranges are exact, the upper bound of large ones at most 1.6% of the range too high. */
function roundUp(range: number): number {
  if (!(range >= 128)) return range;
  const unit = 2 ** (Math.floor(Math.log2(range)) - 6);
  return Math.ceil(range / unit) * unit;
}

/** Sum above `count` times the minimum, of at most `largest`: exact where that is small, else in 256ths of it. */
function sumStep(above: number, largest: number): number {
  return largest <= exactSum ? above : Math.round((above / largest) * sumSteps);
}

function sumOfStep(step: number, largest: number): number {
  return largest <= exactSum ? step : (step / sumSteps) * largest;
}

function allWhole(values: Float64Array): boolean {
  return values.every((value) => Number.isNaN(value) || (Number.isInteger(value) && Math.abs(value) <= 2 ** 53));
}
