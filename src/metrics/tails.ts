import { decodeFrames } from './frame-log.ts';
import type { LevelReader } from './level-reader.ts';
import type { SeriesStore, StreamRow } from './ports.ts';

/** The newest sample of a stream, and the one before for rates. */
export interface Tail {
  readonly schemaId: number;
  readonly timeMs: number;
  readonly values: Float64Array;
  readonly before: { readonly schemaId: number; readonly timeMs: number; readonly values: Float64Array } | undefined;
  /** Times that came lately: the same sample sent twice is stored once. */
  readonly recent: readonly number[];
}

/** Numbers kept in memory at most (8 bytes each); the longest unused streams are read again when they are asked for. */
const maxNumbers = 12_000_000;
const recentTimes = 32;

/** Newest samples of the streams, from memory, or from the store after a restart. Bounded. */
export class Tails {
  readonly #store: SeriesStore;
  readonly #reader: LevelReader;
  readonly #tails = new Map<number, Tail>();
  #numbers = 0;

  constructor(store: SeriesStore, reader: LevelReader) {
    this.#store = store;
    this.#reader = reader;
  }

  peek(streamId: number): Tail | undefined {
    return this.#tails.get(streamId);
  }

  /** After a sample became durable. Older ones than the newest only count as seen. */
  push(streamId: number, schemaId: number, timeMs: number, values: Float64Array): void {
    const known = this.#tails.get(streamId);
    const recent = [...(known?.recent ?? []).slice(1 - recentTimes), timeMs];
    if (known !== undefined && timeMs <= known.timeMs) {
      this.#tails.set(streamId, { ...known, recent });
      return;
    }
    this.#set(streamId, { schemaId, timeMs, values, before: known, recent });
  }

  async load(stream: StreamRow): Promise<Tail | undefined> {
    const known = this.#tails.get(stream.id);
    if (known?.before !== undefined) return known;
    const loaded = (await this.#fromLog(stream)) ?? (await this.#fromChunk(stream));
    const now = this.#tails.get(stream.id);
    // What arrived meanwhile may be newer than what was read.
    if (loaded === undefined || (now !== undefined && now.timeMs > loaded.timeMs)) return now;
    this.#set(stream.id, loaded);
    return loaded;
  }

  /** Schemas that the tails are read by: they must not be collected. */
  schemaIds(): number[] {
    return [...this.#tails.values()].flatMap(({ schemaId, before }) => [schemaId, before?.schemaId ?? schemaId]);
  }

  forget(streamId: number): void {
    const known = this.#tails.get(streamId);
    if (known !== undefined) this.#numbers -= sizeOf(known);
    this.#tails.delete(streamId);
  }

  async #fromLog(stream: StreamRow): Promise<Tail | undefined> {
    let tail: Tail | undefined;
    for (const row of (await this.#store.lastLog(stream.id, 2)).toReversed()) {
      const { times, values } = decodeFrames(row);
      for (const [at, timeMs] of times.entries()) {
        const frame = values[at];
        if (frame === undefined || timeMs <= (tail?.timeMs ?? 0)) continue;
        const recent = [...(tail?.recent ?? []), timeMs].slice(-recentTimes);
        tail = { schemaId: row.schemaId, timeMs, values: frame, before: tail && withoutBefore(tail), recent };
      }
    }
    return tail;
  }

  async #fromChunk(stream: StreamRow): Promise<Tail | undefined> {
    const chunk = await this.#store.newestChunk(stream.id, 0);
    if (chunk === undefined) return undefined;
    const table = await this.#reader.table(stream, [chunk], []);
    const columns = await table.columns(table.names);
    const frame = (row: number): Float64Array => Float64Array.from(columns, (column) => column[row] ?? Number.NaN);
    const last = table.times.length - 1;
    const timeMs = table.times[last];
    if (timeMs === undefined) return undefined;
    const { schemaId } = chunk;
    const before = { schemaId, timeMs: table.times[last - 1] ?? 0, values: frame(last - 1) };
    return { schemaId, timeMs, values: frame(last), before: last > 0 ? before : undefined, recent: [timeMs] };
  }

  #set(streamId: number, tail: Tail): void {
    this.forget(streamId);
    this.#tails.set(streamId, { ...tail, before: tail.before && withoutBefore(tail.before) });
    this.#numbers += sizeOf(tail);
    for (const [id] of this.#tails) {
      if (this.#numbers <= maxNumbers || id === streamId) break;
      this.forget(id);
    }
  }
}

function withoutBefore({ schemaId, timeMs, values }: NonNullable<Tail['before']>): NonNullable<Tail['before']> {
  return { schemaId, timeMs, values };
}

function sizeOf(tail: Tail): number {
  return tail.values.length + (tail.before?.values.length ?? 0);
}
