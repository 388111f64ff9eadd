import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { SampleRun } from '../model/sample.ts';
import { readDeltas, writeDeltas } from '../model/value-deltas.ts';
import { ByteReader } from '../runtime/byte-reader.ts';
import { ByteWriter } from '../runtime/byte-writer.ts';
import { AppError } from '../runtime/errors.ts';
import type { LogRow } from './ports.ts';

/** Frames of one stream under one schema, times ascending. */
export interface Frames {
  readonly times: readonly number[];
  readonly values: readonly Float64Array[];
}

const maxBodyBytes = 256 * 2 ** 20;
const maxFrames = 100_000;
const maxWidth = 20_000;

/** A log entry's body: count, width, times, then differences (value-deltas.ts), zstd. */
export function encodeFrames(frames: Frames): Uint8Array {
  const out = new ByteWriter();
  out.varint(frames.times.length);
  out.varint(frames.values[0]?.length ?? 0);
  let beforeMs = 0;
  for (const time of frames.times) {
    out.varint(time - beforeMs);
    beforeMs = time;
  }
  let before: Float64Array | undefined;
  for (const values of frames.values) {
    writeDeltas(out, values, before);
    before = values;
  }
  return zstdCompressSync(out.finish(), { params: {} });
}

/** @throws STORE_CORRUPT */
export function decodeFrames(row: LogRow): Frames {
  const what = `log entry ${row.seq}`;
  try {
    const from = new ByteReader(zstdDecompressSync(row.body, { maxOutputLength: maxBodyBytes }), what);
    const count = from.count(maxFrames, 'frames');
    const width = from.count(maxWidth, 'metrics');
    const times: number[] = [];
    for (let i = 0; i < count; i++) times.push((times.at(-1) ?? 0) + from.varint());
    const values: Float64Array[] = [];
    for (let i = 0; i < count; i++) values.push(readDeltas(from, width, values.at(-1)));
    return { times, values };
  } catch (cause) {
    throw new AppError('STORE_CORRUPT', `${what} of the metric store is damaged`, { cause });
  }
}

/** Splits a run so that no part crosses an hour: parts of the log become columns hour by hour. */
export function splitByHour(run: SampleRun): Frames[] {
  const parts: { times: number[]; values: Float64Array[] }[] = [];
  let hour: number | undefined;
  for (const [index, time] of run.times.entries()) {
    const own = Math.floor(time / 3_600_000);
    if (own !== hour) parts.push({ times: [], values: [] });
    hour = own;
    parts.at(-1)?.times.push(time);
    const values = run.values[index];
    if (values !== undefined) parts.at(-1)?.values.push(values);
  }
  return parts;
}
