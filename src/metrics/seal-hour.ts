import { rawMetricKind } from '../model/raw-metric.ts';
import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { type BucketColumn, type BucketTable, bucketStarts, concatTables, mergeColumn } from './bucket-table.ts';
import { Chunk, encodeChunk } from './chunk-codec.ts';
import { chunkName, type LevelReader } from './level-reader.ts';
import type { ChunkRow, Level, LogRow, SeriesStore, StreamRow } from './ports.ts';
import type { RawTable } from './raw-table.ts';
import { decodeRollup, encodeRollup } from './rollup-codec.ts';
import { longestStepMs, restartNames, restartRows, sampleBuckets, startsAnew, usualStepMs } from './sample-buckets.ts';
import type { SchemaCache } from './schema-cache.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const dayMs = 86_400_000;
const metricsPerTurn = 64;
/** Days of one chunk of the day level. */
const daysPerChunk = 32;
/** Metrics of one hour at most: lists that change all the time make no wider chunks than this. */
const maxMetrics = 30_000;

/** Makes columns and rollups of an hour of one stream, from the log and what was sealed of that hour before. */
export class HourSealer {
  readonly #store: SeriesStore;
  readonly #schemas: SchemaCache;
  readonly #reader: LevelReader;
  readonly #log: Log;
  readonly #clock: Clock;

  constructor(store: SeriesStore, schemas: SchemaCache, reader: LevelReader, log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
    this.#store = store;
    this.#schemas = schemas;
    this.#reader = reader;
  }

  /** @returns whether the hour after must be sealed again, because its first rates counted from another sample */
  async seal(stream: StreamRow, hour: number): Promise<boolean> {
    const log = await this.#store.log(stream.id, hour, hour + hourMs);
    const sealed = await this.#store.chunks(stream.id, 0, hour, hour + hourMs);
    if (log.length + sealed.length === 0) return false;
    const before = await this.#store.chunks(stream.id, 0, hour - hourMs, hour);
    const table = await this.#reader.table(stream, sealed, log);
    const names = table.names.slice(0, maxMetrics);
    const schema = await this.#schemas.ensureNames(stream.groupId, names);
    const base = { streamId: stream.id, schemaId: schema.id };
    const rollup = new HourRollup(table, await this.#lead(stream, before, table));
    const raw = await encodeChunk(
      { times: table.times, shared: [], metrics: names.length, columnsPerMetric: 1 },
      async (first, end) => {
        const columns: Float64Array[] = [];
        for (let at = first; at < end; at += metricsPerTurn) {
          const own = names.slice(at, Math.min(at + metricsPerTurn, end));
          const some = await table.columns(own);
          await rollup.add(own, some);
          columns.push(...some);
          // Requests get their turn: an hour as a whole would hold them up for a third of a second.
          await new Promise((resolve) => setImmediate(resolve));
        }
        return columns;
      },
    );
    const minutes = await this.#minutes(stream, hour, sealed.length > 0, rollup.minutes());
    const put: ChunkRow[] = [
      { ...base, level: 0, startMs: hour, firstMs: table.times[0] ?? hour, endMs: hour + hourMs, body: raw },
      await this.#rollupChunk(stream, minuteMs, hour, hour + hourMs, minutes),
      ...(await this.#coarser(stream, hour, minutes)),
    ];
    await this.#store.seal({ put, removeChunks: [], removeLog: log.map((row: LogRow) => row.seq) });
    const lastBefore =
      sealed[0] === undefined ? undefined : new Chunk(sealed[0].body, chunkName(sealed[0])).times.at(-1);
    return lastBefore !== table.times.at(-1) && (await this.#exists(stream, hour + hourMs));
  }

  /** Writes the row of a day that is over, if it is not there: that of a host that stopped before the day's last hour. */
  async closeDay(stream: StreamRow, day: number): Promise<void> {
    const from = Math.floor(day / (daysPerChunk * dayMs)) * daysPerChunk * dayMs;
    const days = await this.#whole(stream, dayMs, from, from + daysPerChunk * dayMs);
    if (days.times.includes(day)) return;
    const hours = await this.#whole(stream, hourMs, day, day + dayMs);
    if (hours.times.length === 0) return;
    const { chunk } = await this.#merged(stream, dayMs, from, from + daysPerChunk * dayMs, oneRow(day, hours));
    await this.#store.seal({ put: [chunk], removeChunks: [], removeLog: [] });
  }

  /** When the samples of the hour have expired but its minutes have not, late samples only add minutes that are not there. */
  async #minutes(stream: StreamRow, hour: number, hasSamples: boolean, fresh: BucketTable): Promise<BucketTable> {
    if (hasSamples) return fresh;
    const known = await this.#whole(stream, minuteMs, hour, hour + hourMs);
    if (known.times.length === 0) return fresh;
    return concatTables(
      [fresh, known],
      [...new Set([...fresh.columns.keys(), ...known.columns.keys()])],
      rawMetricKind,
    );
  }

  async #exists(stream: StreamRow, hour: number): Promise<boolean> {
    return (await this.#store.chunkKeys(stream.id, 0, hour, hour + hourMs)).length > 0;
  }

  /** The last sample before the hour, which the first increase of each counter is counted from. */
  async #lead(stream: StreamRow, before: readonly ChunkRow[], table: RawTable): Promise<Lead | undefined> {
    if (before.length === 0) return undefined;
    const previous = await this.#unlessDamaged(() => this.#reader.table(stream, before, []));
    if (previous === undefined) return undefined;
    const last = previous.times.length - 1;
    const time = previous.times[last];
    if (time === undefined || (table.times[0] ?? 0) - time > hourMs) return undefined;
    const columns = await this.#unlessDamaged(() => previous.columns(table.names));
    if (columns === undefined) return undefined;
    return {
      time,
      values: new Map(table.names.map((name, at) => [name, columns[at]?.[last] ?? Number.NaN])),
    };
  }

  /** The hour's row put into its day's chunk, and the rows of days that are over. */
  async #coarser(stream: StreamRow, hour: number, minutes: BucketTable): Promise<ChunkRow[]> {
    const day = Math.floor(hour / dayMs) * dayMs;
    const hours = await this.#merged(stream, hourMs, day, day + dayMs, oneRow(hour, minutes));
    const put = [hours.chunk];
    const others = await this.#store.chunkKeys(stream.id, hourMs, day - daysPerChunk * dayMs, day + 2 * dayMs);
    const newest = Math.max(day, ...others.map((key) => key.startMs));
    const isFirstOfDay = !others.some((key) => key.startMs === day);
    const over: { readonly day: number; readonly table: BucketTable }[] = [];
    const previous = Math.max(...others.map((key) => key.startMs).filter((start) => start < day));
    if (isFirstOfDay && Number.isFinite(previous)) {
      over.push({ day: previous, table: await this.#whole(stream, hourMs, previous, previous + dayMs) });
    }
    const isOver = newest > day || hour + hourMs === day + dayMs || this.#clock.now() >= day + dayMs;
    if (isOver) over.push({ day, table: hours.table });
    let pending: ChunkRow | undefined;
    for (const { day: start, table } of over) {
      const span = daysPerChunk * dayMs;
      const from = Math.floor(start / span) * span;
      const same = pending?.startMs === from ? pending : undefined;
      const merged = await this.#merged(stream, dayMs, from, from + span, oneRow(start, table), same);
      put.splice(0, put.length, ...put.filter((chunk) => chunk !== same), merged.chunk);
      pending = merged.chunk;
    }
    return put;
  }

  /** A chunk of a level with rows put in: new ones win. */
  async #merged(
    stream: StreamRow,
    level: Level,
    startMs: number,
    endMs: number,
    rows: BucketTable,
    instead?: ChunkRow,
  ): Promise<{ readonly table: BucketTable; readonly chunk: ChunkRow }> {
    const before = await this.#whole(stream, level, startMs, endMs, instead);
    const replaced = new Set(rows.times);
    const names = [...new Set([...rows.columns.keys(), ...before.columns.keys()])].slice(0, maxMetrics);
    const table = concatTables([withoutRows(before, replaced), rows], names, rawMetricKind);
    return { table, chunk: await this.#rollupChunk(stream, level, startMs, endMs, table) };
  }

  async #rollupChunk(
    stream: StreamRow,
    level: Level,
    startMs: number,
    endMs: number,
    table: BucketTable,
  ): Promise<ChunkRow> {
    const schema = await this.#schemas.ensureNames(stream.groupId, [...table.columns.keys()]);
    const body = await encodeRollup(table.times, [...table.columns.values()]);
    return {
      streamId: stream.id,
      level,
      startMs,
      firstMs: table.times[0] ?? startMs,
      endMs,
      schemaId: schema.id,
      body,
    };
  }

  async #whole(
    stream: StreamRow,
    level: Level,
    fromMs: number,
    toMs: number,
    instead?: ChunkRow,
  ): Promise<BucketTable> {
    const rows = instead === undefined ? await this.#store.chunks(stream.id, level, fromMs, toMs) : [instead];
    const [row] = rows;
    if (row === undefined) return { times: new Float64Array(), columns: new Map() };
    await this.#schemas.load(stream.groupId, [row.schemaId]);
    const table = await this.#unlessDamaged(() =>
      decodeRollup(
        new Chunk(row.body, chunkName(row)),
        this.#schemas.index(row.schemaId),
        this.#schemas.names(row.schemaId),
      ),
    );
    return table ?? { times: new Float64Array(), columns: new Map() };
  }

  /** A damaged neighbour must not keep new samples from being sealed: it is told once and left out. */
  async #unlessDamaged<T>(read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'STORE_CORRUPT') throw thrown;
      this.#log.error(thrown.message, { hint: thrown.hint });
      return undefined;
    }
  }
}

interface Lead {
  readonly time: number;
  readonly values: ReadonlyMap<string, number>;
}

/** Collects the minutes of an hour while its columns pass by, a few metrics at a time. */
class HourRollup {
  readonly #table: RawTable;
  readonly #lead: Lead | undefined;
  readonly #times: Float64Array;
  readonly #starts: Float64Array;
  readonly #rowOf: Int32Array;
  readonly #columns = new Map<string, BucketColumn>();
  #restarted: ((row: number) => boolean) | undefined;

  constructor(table: RawTable, lead: Lead | undefined) {
    this.#table = table;
    this.#lead = lead;
    this.#times = lead === undefined ? table.times : Float64Array.of(lead.time, ...table.times);
    const { starts, rowOf } = bucketStarts(table.times, minuteMs);
    this.#starts = starts;
    this.#rowOf = rowOf;
  }

  async add(names: readonly string[], columns: readonly Float64Array[]): Promise<void> {
    this.#restarted ??= restartRows(
      (await this.#table.columns(restartNames)).map((column, at) => this.#extended(restartNames[at] ?? '', column)),
    );
    const maxStepMs = longestStepMs(usualStepMs(this.#times));
    for (const [at, name] of names.entries()) {
      const values = this.#extended(name, columns[at] ?? new Float64Array());
      const restarted = startsAnew(name) ? this.#restarted : (): boolean => false;
      const buckets = sampleBuckets(this.#times, values, rawMetricKind(name), restarted, maxStepMs);
      this.#columns.set(name, mergeColumn(this.#ownRows(buckets), this.#rowOf, this.#starts.length));
    }
  }

  minutes(): BucketTable {
    return { times: this.#starts, columns: this.#columns };
  }

  #extended(name: string, column: Float64Array): Float64Array {
    if (this.#lead === undefined) return column;
    const extended = new Float64Array(column.length + 1);
    extended[0] = this.#lead.values.get(name) ?? Number.NaN;
    extended.set(column, 1);
    return extended;
  }

  #ownRows(column: BucketColumn): BucketColumn {
    if (this.#lead === undefined) return column;
    const { kind, low, high, total, weight } = column;
    const own = (values: Float64Array): Float64Array => values.subarray(1);
    return { kind, low: own(low), high: own(high), total: own(total), weight: own(weight) };
  }
}

/** All rows as one. */
function oneRow(start: number, fine: BucketTable): BucketTable {
  const rowOf = new Int32Array(fine.times.length);
  const columns = new Map<string, BucketColumn>();
  for (const [name, column] of fine.columns) columns.set(name, mergeColumn(column, rowOf, 1));
  return { times: Float64Array.of(start), columns };
}

function withoutRows(table: BucketTable, doomed: ReadonlySet<number>): BucketTable {
  const kept = [...table.times.keys()].filter((row) => !doomed.has(table.times[row] ?? 0));
  if (kept.length === table.times.length) return table;
  const pick = (values: Float64Array): Float64Array => Float64Array.from(kept, (row) => values[row] ?? Number.NaN);
  const columns = new Map<string, BucketColumn>();
  for (const [name, { kind, low, high, total, weight }] of table.columns) {
    columns.set(name, { kind, low: pick(low), high: pick(high), total: pick(total), weight: pick(weight) });
  }
  return { times: pick(table.times), columns };
}
