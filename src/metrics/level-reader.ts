import { rawMetricKind } from '../model/raw-metric.ts';
import { type BucketColumn, type BucketTable, concatTables, sliceTable } from './bucket-table.ts';
import { Chunk } from './chunk-codec.ts';
import { DecodedLog } from './decoded-log.ts';
import { decodeFrames } from './frame-log.ts';
import type { ChunkRow, Level, LogRow, SeriesStore, StreamRow } from './ports.ts';
import { RawTable } from './raw-table.ts';
import { decodeRollup } from './rollup-codec.ts';
import { longestStepMs, restartNames, restartRows, sampleBuckets, startsAnew, usualStepMs } from './sample-buckets.ts';
import type { SchemaCache } from './schema-cache.ts';

const hourMs = 3_600_000;
const dayMs = 86_400_000;

/** Reads one level of a stream: what is sealed at that level, and samples that are not sealed yet as rows of their own. */
export class LevelReader {
  readonly #store: SeriesStore;
  readonly #schemas: SchemaCache;
  readonly #decoded = new DecodedLog();

  constructor(store: SeriesStore, schemas: SchemaCache) {
    this.#store = store;
    this.#schemas = schemas;
  }

  /** Buckets of the metrics that the stream has, of times from `fromMs` up to `toMs`. */
  async read(
    stream: StreamRow,
    level: Level,
    fromMs: number,
    toMs: number,
    names: readonly string[],
  ): Promise<BucketTable> {
    // The log first: what is sealed between the two reads is then seen twice rather than not at all.
    const log = await this.#store.log(stream.id, level === 0 ? fromMs - hourMs : fromMs, toMs);
    if (level === 0) {
      const chunks = await this.#store.chunks(stream.id, 0, fromMs - hourMs, toMs);
      const table = await this.#samples(stream, chunks, log, names);
      return sliceTable(table.table, fromMs, toMs);
    }
    const sealed = await this.#sealed(stream, level, fromMs - (level - 1), toMs, names);
    if (level === dayMs) {
      // A day becomes a row when it is over: the newest ones are read by the hour.
      const after = Math.max(fromMs, ...sealed.map((table) => (table.times.at(-1) ?? 0) + dayMs));
      sealed.push(...(await this.#sealed(stream, hourMs, after, toMs, names)));
    }
    const pending = await this.#pending(stream, log, toMs, names);
    return concatTables([...sealed, sliceTable(pending, fromMs, toMs)], names, rawMetricKind);
  }

  /** Every name that the stream had in the span, for patterns. */
  async names(stream: StreamRow, level: Level, fromMs: number, toMs: number): Promise<ReadonlySet<string>> {
    const schemaIds = await this.#store.schemaIds(stream.id, level, fromMs, toMs);
    await this.#schemas.load(stream.groupId, schemaIds);
    return new Set(schemaIds.flatMap((id) => [...this.#schemas.names(id)]));
  }

  /** Samples of a span as one table, the log included. */
  async table(
    stream: StreamRow,
    chunks: readonly ChunkRow[],
    log: readonly LogRow[],
    frames = decodeFrames,
  ): Promise<RawTable> {
    const ids = [...chunks, ...log].map((row) => row.schemaId);
    await this.#schemas.load(stream.groupId, ids);
    return new RawTable(chunks, log, (id) => this.#schemas.index(id), frames);
  }

  async #sealed(
    stream: StreamRow,
    level: Level,
    fromMs: number,
    toMs: number,
    names: readonly string[],
  ): Promise<BucketTable[]> {
    const rows = await this.#store.chunks(stream.id, level, fromMs, toMs);
    const ids = rows.map((row) => row.schemaId);
    await this.#schemas.load(stream.groupId, ids);
    return Promise.all(
      rows.map(async (row) => {
        const chunk = new Chunk(row.body, chunkName(row));
        const table = await decodeRollup(chunk, this.#schemas.index(row.schemaId), names);
        return sliceTable(table, fromMs, toMs);
      }),
    );
  }

  async #pending(
    stream: StreamRow,
    log: readonly LogRow[],
    toMs: number,
    names: readonly string[],
  ): Promise<BucketTable> {
    if (log.length === 0) return { times: new Float64Array(), columns: new Map() };
    const first = Math.min(...log.map((row) => row.firstMs));
    const chunks = await this.#store.chunks(stream.id, 0, first - hourMs, toMs);
    const { table, raw } = await this.#samples(stream, chunks, log, names);
    const kept = Uint32Array.from(raw.times.keys()).filter((row) => raw.isPending(row));
    return pickRows(table, kept);
  }

  async #samples(
    stream: StreamRow,
    chunks: readonly ChunkRow[],
    log: readonly LogRow[],
    names: readonly string[],
  ): Promise<{ readonly table: BucketTable; readonly raw: RawTable }> {
    const raw = await this.table(stream, chunks, log, (row) => this.#decoded.frames(row));
    const present = new Set(raw.names);
    const known = names.filter((name) => present.has(name));
    const columns = await raw.columns([...restartNames, ...known]);
    const restarted = restartRows(columns.slice(0, restartNames.length));
    const maxStepMs = longestStepMs(usualStepMs(raw.times));
    const buckets = new Map<string, BucketColumn>();
    for (const [at, name] of known.entries()) {
      const values = columns[at + restartNames.length] ?? new Float64Array();
      const resets = startsAnew(name) ? restarted : (): boolean => false;
      buckets.set(name, sampleBuckets(raw.times, values, rawMetricKind(name), resets, maxStepMs));
    }
    return { table: { times: raw.times, columns: buckets }, raw };
  }
}

/** How errors name a chunk. */
export function chunkName(row: ChunkRow): string {
  return `the chunk of ${new Date(row.startMs).toISOString()} (level ${row.level}) of stream ${row.streamId}`;
}

function pickRows(table: BucketTable, rows: Uint32Array): BucketTable {
  const pick = (values: Float64Array): Float64Array => Float64Array.from(rows, (row) => values[row] ?? Number.NaN);
  const columns = new Map<string, BucketColumn>();
  for (const [name, { kind, low, high, total, weight }] of table.columns) {
    columns.set(name, { kind, low: pick(low), high: pick(high), total: pick(total), weight: pick(weight) });
  }
  return { times: pick(table.times), columns };
}
