import { rawMetricKind } from '../model/raw-metric.ts';
import { rollupLevels } from '../model/resolution.ts';
import { type BucketTable, concatTables, sliceTable } from './bucket-table.ts';
import type { LevelReader } from './level-reader.ts';
import { type BoundMetric, bindMetrics, rawNamesOf } from './metric-request.ts';
import type { Level, SeriesRequest, StoredSeries, StreamRow } from './ports.ts';
import { usualStepMs } from './sample-buckets.ts';
import { type Grid, gridOf, seriesPoints } from './series-points.ts';
import type { StreamBook } from './stream-book.ts';

const levels: readonly Level[] = [0, rollupLevels.minute, rollupLevels.hour, rollupLevels.day];
const [second, minute, hour, day] = [1000, rollupLevels.minute, rollupLevels.hour, rollupLevels.day];
/** Widths of points that people read off an axis at a glance. */
const steps: readonly number[] = [
  ...[1, 2, 5, 10, 15, 20, 30].map((count) => count * second),
  ...[1, 2, 5, 10, 15, 20, 30].map((count) => count * minute),
  ...[1, 2, 3, 4, 6, 12].map((count) => count * hour),
  ...[1, 2, 5, 10, 30, 100, 365].map((count) => count * day),
];

/** Answers charts: picks the level, reads it, and computes points on one grid for all series of a request. */
export class SeriesReader {
  readonly #streams: StreamBook;
  readonly #levels: LevelReader;

  constructor(streams: StreamBook, reader: LevelReader) {
    this.#streams = streams;
    this.#levels = reader;
  }

  /** See MetricsEngine.series. */
  async series(request: SeriesRequest): Promise<readonly StoredSeries[]> {
    const { fromMs, toMs } = request;
    const stepMs = stepFor((toMs - fromMs) / Math.max(1, request.maxPoints));
    const level = levels.findLast((candidate) => candidate <= stepMs) ?? 0;
    const streams = this.#streams.of(request.groupId, request.stream);
    const bound = await this.#bind(request, streams, level);
    const tables = new Map<StreamRow, BucketTable>();
    const wanted = [...new Set(bound.flatMap(({ source }) => rawNamesOf(source)))];
    for (const stream of streams) tables.set(stream, await this.#read(stream, level, stepMs, request, wanted));
    const grids = new Map<string, Grid>();
    return bound.map(({ name, source }) => {
      const own = rawNamesOf(source);
      const used = streams.filter((stream) => own.some((raw) => tables.get(stream)?.columns.has(raw)));
      const key = used.map((stream) => stream.id).join();
      let grid = grids.get(key);
      if (grid === undefined) {
        const fine = concatTables(
          used.flatMap((stream) => tables.get(stream) ?? []),
          wanted,
          rawMetricKind,
        );
        // Samples that fit are given as they are, whatever their distance happens to be.
        grid = gridOf(fine, level === 0 && fine.times.length <= request.maxPoints ? 0 : stepMs);
        grids.set(key, grid);
      }
      const resolutionMs = grid.starts === grid.fine.times ? usualStepMs(grid.fine.times) : stepMs;
      return { name, resolutionMs, points: seriesPoints(grid, source) };
    });
  }

  async #bind(request: SeriesRequest, streams: readonly StreamRow[], level: Level): Promise<readonly BoundMetric[]> {
    const withoutPatterns = bindMetrics(request.names, () => []);
    if (withoutPatterns.length === request.names.length && withoutPatterns.every(readsSomething))
      return withoutPatterns;
    const rawNames = new Set<string>();
    for (const stream of streams) {
      for (const one of new Set([level, 0 as const, rollupLevels.hour])) {
        const found = await this.#levels.names(stream, one, request.fromMs, request.toMs);
        for (const name of found) rawNames.add(name);
      }
    }
    return bindMetrics(request.names, () => rawNames);
  }

  /** Where a level no longer reaches back, the next coarser one does. */
  async #read(
    stream: StreamRow,
    level: Level,
    stepMs: number,
    { fromMs, toMs }: SeriesRequest,
    names: readonly string[],
  ): Promise<BucketTable> {
    const tables = [await this.#levels.read(stream, level, fromMs, toMs, names)];
    let oldest = tables[0]?.times[0] ?? toMs;
    for (const coarser of levels.filter((candidate) => candidate > level)) {
      if (coarser === 0 || oldest - fromMs <= Math.max(stepMs, coarser)) continue;
      const end = Math.floor(oldest / coarser) * coarser;
      const older = sliceTable(await this.#levels.read(stream, coarser, fromMs, end, names), fromMs, end);
      tables.unshift(older);
      oldest = older.times[0] ?? oldest;
    }
    return concatTables(tables, names, rawMetricKind);
  }
}

/** The smallest readable step of at least `leastMs`. */
function stepFor(leastMs: number): number {
  return steps.find((step) => step >= leastMs) ?? Math.ceil(leastMs / day) * day;
}

function readsSomething({ source }: BoundMetric): boolean {
  return rawNamesOf(source).length > 0;
}
