import type { ByteReader } from '../runtime/byte-reader.ts';
import type { ByteWriter } from '../runtime/byte-writer.ts';

/**
 * Numbers as differences to the frame before (docs/formats/sample-frames.md). A token is a varint:
 * 0 = a run of unchanged values, its length follows; 1 = a double in 8 bytes; 2 = no value (NaN);
 * larger = zigzag of the difference + 2, where both values are whole numbers within 2^52 and the difference within 2^51.
 */
const unchanged = 0;
const asDouble = 1;
const noValue = 2;
const exact = 2 ** 52;
const largestDelta = 2 ** 51;

export function writeDeltas(out: ByteWriter, values: Float64Array, before: Float64Array | undefined): void {
  let same = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    const previous = before === undefined ? 0 : (before[i] ?? Number.NaN);
    const delta = value - previous;
    if (delta === 0 || (Number.isNaN(value) && Number.isNaN(previous))) {
      same++;
      continue;
    }
    if (same > 0) {
      out.varint(unchanged);
      out.varint(same);
      same = 0;
    }
    writeOne(out, value, previous, delta);
  }
  if (same > 0) {
    out.varint(unchanged);
    out.varint(same);
  }
}

function writeOne(out: ByteWriter, value: number, previous: number, delta: number): void {
  if (!Number.isFinite(value)) out.varint(noValue);
  else if (isExact(value) && isExact(previous) && Math.abs(delta) <= largestDelta) {
    out.varint((delta < 0 ? -2 * delta - 1 : 2 * delta) + noValue);
  } else {
    out.varint(asDouble);
    out.double(value);
  }
}

function isExact(value: number): boolean {
  return value >= -exact && value <= exact && Math.floor(value) === value;
}

/** Inverse of writeDeltas: fills and returns an array of `width` values. */
export function readDeltas(from: ByteReader, width: number, before: Float64Array | undefined): Float64Array {
  const values = new Float64Array(width);
  for (let i = 0; i < width; ) {
    const token = from.varint();
    if (token === unchanged) {
      const same = from.count(width - i, 'unchanged values');
      if (same === 0) throw from.invalid('an empty run');
      if (before !== undefined) values.set(before.subarray(i, i + same), i);
      i += same;
      continue;
    }
    values[i] = readOne(from, token, before === undefined ? 0 : (before[i] ?? Number.NaN));
    i++;
  }
  return values;
}

function readOne(from: ByteReader, token: number, previous: number): number {
  if (token === noValue) return Number.NaN;
  if (token === asDouble) {
    const value = from.double();
    return Number.isFinite(value) ? value : Number.NaN;
  }
  const zigzag = token - noValue;
  return previous + (zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2);
}
