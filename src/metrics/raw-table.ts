import { Chunk } from './chunk-codec.ts';
import type { Frames } from './frame-log.ts';
import type { ChunkRow, LogRow } from './ports.ts';
import { usualStepMs } from './sample-buckets.ts';

/** A piece of a stream: a sealed chunk or a part of the log, with the names of its columns. */
interface Piece {
  readonly sealed: boolean;
  readonly times: Float64Array | readonly number[];
  readonly fill: boolean;
  readonly index: ReadonlyMap<string, number>;
  columns(indexes: readonly number[]): Promise<readonly Float64Array[]>;
}

interface Place {
  readonly time: number;
  readonly piece: number;
  readonly row: number;
}

/** Names of a schema by their column, made once per schema. */
export type NameIndex = (schemaId: number) => ReadonlyMap<string, number>;

/** The samples of one stream in a span, from chunks and log together: every time once, ascending. */
export class RawTable {
  readonly times: Float64Array;
  /** All names of all pieces, in the order of the newest schema, older ones' own names after. */
  readonly names: readonly string[];
  readonly #pieces: readonly Piece[];
  readonly #places: readonly Place[];

  /** @param frames decodes entries of the log */
  constructor(chunks: readonly ChunkRow[], log: readonly LogRow[], index: NameIndex, frames: (row: LogRow) => Frames) {
    this.#pieces = [
      ...chunks.map((row) => chunkPiece(row, index(row.schemaId))),
      ...log.map((row) => logPiece(frames(row), row.fill, index(row.schemaId))),
    ];
    this.#places = arrange(this.#pieces);
    this.times = Float64Array.from(this.#places, (place) => place.time);
    this.names = unionOfNames(this.#pieces);
  }

  /** Whether the sample is not in a chunk yet. */
  isPending(row: number): boolean {
    const place = this.#places[row];
    return place !== undefined && this.#pieces[place.piece]?.sealed === false;
  }

  /** A column per name, as long as `times`; NaN where a name had no value. */
  async columns(names: readonly string[]): Promise<Float64Array[]> {
    const found = names.map(() => new Float64Array(this.times.length).fill(Number.NaN));
    const rows = this.#pieces.map((): [number, number][] => []);
    for (const [at, place] of this.#places.entries()) rows[place.piece]?.push([at, place.row]);
    for (const [number, piece] of this.#pieces.entries()) {
      const known = names.flatMap((name, at) => {
        const index = piece.index.get(name);
        return index === undefined ? [] : [{ at, index }];
      });
      const columns = await piece.columns(known.map((one) => one.index));
      for (const [k, { at }] of known.entries()) {
        for (const [to, from] of rows[number] ?? []) {
          const target = found[at];
          if (target !== undefined) target[to] = columns[k]?.[from] ?? Number.NaN;
        }
      }
    }
    return found;
  }
}

function chunkPiece(row: ChunkRow, index: ReadonlyMap<string, number>): Piece {
  const chunk = new Chunk(row.body, `the chunk of ${new Date(row.startMs).toISOString()} of stream ${row.streamId}`);
  return {
    sealed: true,
    times: chunk.times,
    fill: false,
    index,
    columns: async (indexes) => (await chunk.metrics(indexes)).flat(),
  };
}

function logPiece(frames: Frames, fill: boolean, index: ReadonlyMap<string, number>): Piece {
  return {
    sealed: false,
    times: frames.times,
    fill,
    index,
    columns: async (indexes) =>
      indexes.map((index) => Float64Array.from(frames.values, (values) => values[index] ?? Number.NaN)),
  };
}

/**
 * Every time once: the piece that comes first wins. Samples of a lapsed lease only fill: they stay where no other sample
 * is nearer than three quarters of the usual step.
 */
function arrange(pieces: readonly Piece[]): Place[] {
  const taken = new Map<number, Place>();
  const add = (fill: boolean, wanted: (time: number) => boolean): void => {
    for (const [piece, { times, fill: own }] of pieces.entries()) {
      if (own !== fill) continue;
      for (let row = 0; row < times.length; row++) {
        const time = times[row] ?? 0;
        if (!taken.has(time) && wanted(time)) taken.set(time, { time, piece, row });
      }
    }
  };
  add(false, () => true);
  if (pieces.some((piece) => piece.fill)) {
    const certain = Float64Array.from(taken.keys()).sort();
    const distance = usualStepMs(certain.length > 1 ? certain : allTimes(pieces)) * 0.75;
    add(true, (time) => !near(certain, time, distance));
  }
  return [...taken.values()].sort((a, b) => a.time - b.time);
}

function allTimes(pieces: readonly Piece[]): Float64Array {
  return Float64Array.from(pieces.flatMap((piece) => [...piece.times])).sort();
}

/** Is any of the ascending times closer to `time` than `distance`? */
function near(times: Float64Array, time: number, distance: number): boolean {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  const after = (times[low] ?? Number.POSITIVE_INFINITY) - time;
  const before = time - (times[low - 1] ?? Number.NEGATIVE_INFINITY);
  return Math.min(after, before) < distance;
}

function unionOfNames(pieces: readonly Piece[]): string[] {
  const union = new Set<string>();
  const seen = new Set<ReadonlyMap<string, number>>();
  for (const piece of pieces.toReversed()) {
    if (seen.has(piece.index)) continue;
    seen.add(piece.index);
    for (const name of piece.index.keys()) union.add(name);
  }
  return [...union];
}
