import { rawMetricKind } from '../model/raw-metric.ts';
import { type BucketColumn, type BucketTable, emptyColumn, statisticsPerMetric } from './bucket-table.ts';
import { type Chunk, encodeChunk, metricsPerPart } from './chunk-codec.ts';

/**
 * Rollups as chunks: four columns a metric (docs/formats/metric-columns.md). What most metrics of a bucket have in
 * common (number of samples, time covered) is stored once; each metric stores its difference to that.
 */
const perMille = 1000;

/** @param columns the table's metrics in the order of the schema */
export async function encodeRollup(times: Float64Array, columns: readonly BucketColumn[]): Promise<Uint8Array> {
  const shared = [commonWeight(columns, 'gauge', times.length), commonWeight(columns, 'counter', times.length)];
  const shape = { times, shared, metrics: columns.length, columnsPerMetric: statisticsPerMetric };
  return encodeChunk(shape, async (first, end) => {
    // Other work gets its turn between parts.
    if (first % (4 * metricsPerPart) === 0) await new Promise((resolve) => setImmediate(resolve));
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
    const bounds = [low, high].map((bound, which) =>
      bound.map((value, row) => boundPerMille(value, rateOf(total[row], weight[row]), which === 0)),
    );
    return [total, ...bounds, rest];
  }
  if (!allWhole(low)) return [low, high, total, rest];
  return [
    low,
    high.map((value, row) => value - (low[row] ?? 0)),
    total.map((value, row) => value - (low[row] ?? 0) * (weight[row] ?? 0)),
    rest,
  ];
}

function unpack(kind: BucketColumn['kind'], packed: readonly Float64Array[], shared: Float64Array): BucketColumn {
  const column = emptyColumn(kind, shared.length);
  const [first, second, third, rest] = packed;
  if (first === undefined || second === undefined || third === undefined || rest === undefined) return column;
  const whole = kind === 'gauge' && allWhole(first);
  for (let row = 0; row < shared.length; row++) {
    const weight = (rest[row] ?? 0) + (shared[row] ?? 0);
    const [a, b, c] = [first[row] ?? 0, second[row] ?? 0, third[row] ?? 0];
    column.weight[row] = weight;
    if (kind === 'counter') {
      const rate = rateOf(a, weight);
      column.total[row] = a;
      column.low[row] = (rate * b) / perMille;
      column.high[row] = (rate * c) / perMille;
    } else {
      column.low[row] = a;
      column.high[row] = whole ? a + b : b;
      column.total[row] = whole ? a * weight + c : c;
    }
  }
  return column;
}

function rateOf(increase: number | undefined, coveredMs: number | undefined): number {
  return ((increase ?? Number.NaN) / (coveredMs ?? Number.NaN)) * 1000;
}

/** A bound as thousandths of the mean rate, rounded away from it: the stored band always holds the true one. */
function boundPerMille(bound: number, mean: number, lower: boolean): number {
  if (mean === 0) return perMille;
  const exact = (bound / mean) * perMille;
  return lower ? Math.floor(exact + 1e-6) : Math.ceil(exact - 1e-6);
}

function allWhole(values: Float64Array): boolean {
  return values.every((value) => Number.isNaN(value) || (Number.isInteger(value) && Math.abs(value) <= 2 ** 53));
}
