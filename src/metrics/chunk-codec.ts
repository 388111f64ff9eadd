import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { ByteReader } from '../runtime/byte-reader.ts';
import { ByteWriter } from '../runtime/byte-writer.ts';
import { AppError } from '../runtime/errors.ts';
import { readColumn, writeColumn } from './column-codec.ts';

/** Byte format of a chunk of columns: docs/formats/metric-columns.md. */
const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
const magic = [0x4c, 0x57, 0x43, 0x48]; // "LWCH"
const formatVersion = 1;
/**
 * Metrics that are compressed together: a chart decompresses only the parts that hold its own. 256 take 4% less than 64
 * (many metrics of mongod move together), and a part still decompresses in 50 µs.
 */
export const metricsPerPart = 256;
const maxRows = 100_000;
const maxMetrics = 100_000;
const maxPartBytes = 256 * 2 ** 20;
const parameters = { [constants.ZSTD_c_compressionLevel]: 9, [constants.ZSTD_c_checksumFlag]: 1 };

export interface ChunkShape {
  /** Ascending, milliseconds since 1970; of rollups the starts of the buckets. */
  readonly times: Float64Array;
  /** Columns of the chunk as a whole. */
  readonly shared: readonly Float64Array[];
  readonly metrics: number;
  readonly columnsPerMetric: number;
}

/** @param part all columns of the metrics from `first` up to `end`, metric by metric; asked for in order */
export async function encodeChunk(
  shape: ChunkShape,
  part: (first: number, end: number) => Promise<readonly Float64Array[]>,
): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for (let first = 0; first < shape.metrics; first += metricsPerPart) {
    const bytes = new ByteWriter();
    for (const column of await part(first, Math.min(first + metricsPerPart, shape.metrics))) {
      const one = new ByteWriter(64);
      writeColumn(one, column);
      const written = one.finish();
      bytes.varint(written.length);
      bytes.raw(written);
    }
    parts.push(await compress(bytes.finish(), { params: parameters }));
  }
  const out = new ByteWriter();
  for (const byte of magic) out.byte(byte);
  out.byte(formatVersion);
  out.varint(shape.metrics);
  out.varint(shape.columnsPerMetric);
  out.varint(shape.times.length);
  writeColumn(out, shape.times);
  out.varint(shape.shared.length);
  for (const column of shape.shared) writeColumn(out, column);
  for (const bytes of parts) out.varint(bytes.length);
  for (const bytes of parts) out.raw(bytes);
  return out.finish().slice();
}

/** A stored chunk: decompresses only the parts whose metrics are asked for. */
export class Chunk {
  readonly shape: ChunkShape;
  readonly #parts: readonly Uint8Array[];
  readonly #what: string;
  readonly #open = new Map<number, Promise<Uint8Array>>();

  /** @throws STORE_CORRUPT naming the chunk */
  constructor(bytes: Uint8Array, what: string) {
    this.#what = what;
    try {
      const from = new ByteReader(bytes, what);
      for (const byte of magic) if (from.byte() !== byte) throw from.invalid('it does not begin with LWCH');
      if (from.byte() !== formatVersion) throw from.invalid('unknown format version');
      const metrics = from.count(maxMetrics, 'metrics');
      const columnsPerMetric = from.count(8, 'columns of a metric');
      const times = readColumn(from, from.count(maxRows, 'rows'));
      const shared = Array.from({ length: from.count(8, 'shared columns') }, () => readColumn(from, times.length));
      this.shape = { times, shared, metrics, columnsPerMetric };
      const lengths = Array.from({ length: Math.ceil(metrics / metricsPerPart) }, () => from.varint());
      this.#parts = lengths.map((length) => from.raw(length));
      from.end();
    } catch (cause) {
      throw this.#corrupt(cause);
    }
  }

  get times(): Float64Array {
    return this.shape.times;
  }

  /** The columns of each metric asked for (by its index). @throws STORE_CORRUPT naming the chunk */
  async metrics(indexes: readonly number[]): Promise<Float64Array[][]> {
    const byPart = new Map<number, { readonly index: number; readonly at: number }[]>();
    for (const [at, index] of indexes.entries()) {
      const part = Math.floor(index / metricsPerPart);
      const wanted = byPart.get(part) ?? [];
      wanted.push({ index, at });
      byPart.set(part, wanted);
    }
    const found: Float64Array[][] = [];
    for (const [part, wanted] of byPart) {
      const columns = this.#columns(part, await this.#part(part));
      for (const { index, at } of wanted) found[at] = columns(index - part * metricsPerPart);
    }
    return found;
  }

  #part(part: number): Promise<Uint8Array> {
    let open = this.#open.get(part);
    if (open === undefined) {
      open = this.#decompress(part);
      this.#open.clear();
      this.#open.set(part, open);
    }
    return open;
  }

  /** Reads columns of one decompressed part; those of metrics that nobody wants are only skipped. */
  #columns(part: number, bytes: Uint8Array): (metric: number) => Float64Array[] {
    const { metrics, columnsPerMetric, times } = this.shape;
    try {
      const from = new ByteReader(bytes, this.#what);
      const count = Math.min(metricsPerPart, metrics - part * metricsPerPart) * columnsPerMetric;
      const raw = Array.from({ length: count }, () => from.raw(from.varint()));
      from.end();
      return (metric) => {
        const own = raw.slice(metric * columnsPerMetric, (metric + 1) * columnsPerMetric);
        return own.map((column) => this.#checked(() => readColumn(new ByteReader(column, this.#what), times.length)));
      };
    } catch (cause) {
      throw this.#corrupt(cause);
    }
  }

  #checked<T>(read: () => T): T {
    try {
      return read();
    } catch (cause) {
      throw this.#corrupt(cause);
    }
  }

  async #decompress(part: number): Promise<Uint8Array> {
    const bytes = this.#parts[part];
    if (bytes === undefined) throw this.#corrupt(new Error(`there is no part ${part}`));
    try {
      return await decompress(bytes, { maxOutputLength: maxPartBytes });
    } catch (cause) {
      throw this.#corrupt(cause);
    }
  }

  #corrupt(cause: unknown): AppError {
    return new AppError('STORE_CORRUPT', `${this.#what} is damaged: ${(cause as Error).message}`, {
      cause,
      hint: 'Only this span of this host is affected; the rest stays readable. Restore the data directory from a backup to get it back.',
    });
  }
}
