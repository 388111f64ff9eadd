import type { ByteReader } from '../runtime/byte-reader.ts';
import type { ByteWriter } from '../runtime/byte-writer.ts';

/**
 * One column of numbers as bytes (docs/formats/metric-columns.md). The mode byte says how, the smallest is chosen:
 * everything that goes in comes out, but for -0, which becomes 0, and infinities, which become NaN.
 */
const modes = { constant: 0, deltas: 1, deltasOfDeltas: 2, decimals: 16, doubles: 3 } as const;
/** Tokens of a varint stream: 0 = run of zeros (length follows), 1 = double (8 bytes), 2 = no value, above = zigzag + 2. */
const run = 0;
const asDouble = 1;
const noValue = 2;
const exact = 2 ** 53;
const largestDelta = 2 ** 51;
const maxDecimals = 6;

export function writeColumn(out: ByteWriter, values: Float64Array): void {
  if (isConstant(values)) {
    out.byte(modes.constant);
    writeToken(out, values[0] ?? Number.NaN, 0);
    return;
  }
  if (isWhole(values, 1)) {
    const steady = isSteady(values);
    out.byte(steady ? modes.deltasOfDeltas : modes.deltas);
    writeDeltas(out, values, 1, steady);
    return;
  }
  const decimals = decimalsOf(values);
  if (decimals > 0) {
    out.byte(modes.decimals + decimals);
    writeDeltas(out, values, 10 ** decimals, false);
    return;
  }
  out.byte(modes.doubles);
  writeDoubles(out, values);
}

/** @throws FORMAT_INVALID (through the reader) */
export function readColumn(from: ByteReader, rows: number): Float64Array {
  const mode = from.byte();
  const values = new Float64Array(rows);
  if (mode === modes.constant) {
    const token = from.varint();
    if (token === run) from.varint();
    return values.fill(token === run ? 0 : readToken(from, token, 0));
  }
  if (mode === modes.deltas) return readDeltas(from, values, 1, false);
  if (mode === modes.deltasOfDeltas) return readDeltas(from, values, 1, true);
  if (mode === modes.doubles) return readDoubles(from, values);
  if (mode > modes.decimals && mode <= modes.decimals + maxDecimals) {
    return readDeltas(from, values, 10 ** (mode - modes.decimals), false);
  }
  throw from.invalid(`unknown column mode ${mode}`);
}

function isConstant(values: Float64Array): boolean {
  const first = values[0] ?? Number.NaN;
  if (Number.isFinite(first)) return values.every((value) => value === first);
  return values.every((value) => !Number.isFinite(value));
}

function isWhole(values: Float64Array, scale: number): boolean {
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    const scaled = scale === 1 ? value : Math.round(value * scale);
    if (!(scaled <= exact && scaled >= -exact) || Math.floor(scaled) !== scaled) return false;
    if (scale !== 1 && scaled / scale !== value) return false;
  }
  return true;
}

function decimalsOf(values: Float64Array): number {
  for (let decimals = 1; decimals <= maxDecimals; decimals++) if (isWhole(values, 10 ** decimals)) return decimals;
  return 0;
}

/** Whether differences of differences take fewer bytes than differences. */
function isSteady(values: Float64Array): boolean {
  let first = 0;
  let second = 0;
  let previous = values[0] ?? 0;
  let delta = 0;
  for (let i = 1; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value)) continue;
    const next = value - previous;
    first += cost(next);
    second += cost(next - delta);
    if (Math.abs(next) > largestDelta / 2) return false;
    delta = next;
    previous = value;
  }
  return second < first * 0.9;
}

function cost(delta: number): number {
  const size = Math.abs(delta);
  return size === 0 ? 0.1 : Math.log2(size + 1) + 2;
}

function writeDeltas(out: ByteWriter, values: Float64Array, scale: number, steady: boolean): void {
  let zeros = 0;
  let previous = 0;
  let delta = 0;
  for (const given of values) {
    const value = scale === 1 ? given : Math.round(given * scale);
    const expected = steady ? previous + delta : previous;
    if (value === expected) zeros++;
    else {
      if (zeros > 0) writeRun(out, zeros);
      zeros = 0;
      writeToken(out, value, expected);
    }
    if (!Number.isFinite(value)) continue;
    delta = value - previous;
    previous = value;
    if (Math.abs(delta) > largestDelta) delta = 0;
  }
  if (zeros > 0) writeRun(out, zeros);
}

function writeRun(out: ByteWriter, zeros: number): void {
  out.varint(run);
  out.varint(zeros);
}

function writeToken(out: ByteWriter, value: number, expected: number): void {
  const delta = value - expected;
  if (!Number.isFinite(value)) out.varint(noValue);
  else if (
    Math.floor(value) === value &&
    Math.abs(value) <= exact &&
    Math.abs(delta) <= largestDelta &&
    Math.abs(expected) <= exact
  ) {
    if (delta === 0) writeRun(out, 1);
    else out.varint((delta < 0 ? -2 * delta - 1 : 2 * delta) + noValue);
  } else {
    out.varint(asDouble);
    out.double(value);
  }
}

function readDeltas(from: ByteReader, values: Float64Array, scale: number, steady: boolean): Float64Array {
  let previous = 0;
  let delta = 0;
  for (let i = 0; i < values.length; ) {
    const token = from.varint();
    let repeats = 1;
    if (token === run) {
      repeats = from.count(values.length - i, 'values of a column');
      if (repeats === 0) throw from.invalid('an empty run');
    }
    for (let k = 0; k < repeats; k++) {
      const expected = steady ? previous + delta : previous;
      const value = token === run ? expected : readToken(from, token, expected);
      values[i++] = scale === 1 ? value : value / scale;
      if (Number.isNaN(value)) continue;
      delta = value - previous;
      previous = value;
      if (Math.abs(delta) > largestDelta) delta = 0;
    }
  }
  return values;
}

function readToken(from: ByteReader, token: number, expected: number): number {
  if (token === noValue) return Number.NaN;
  if (token === asDouble) return from.double();
  const zigzag = token - noValue;
  return expected + (zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2);
}

/** Bytes of the doubles by significance, all highest bytes first, each XORed with the value before: alike bytes meet. */
function writeDoubles(out: ByteWriter, values: Float64Array): void {
  const planes = new Uint8Array(values.length * 8);
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  const before = new Uint8Array(8);
  for (const [row, value] of values.entries()) {
    // Adding 0 makes -0 the 0 that it is everywhere else.
    view.setFloat64(0, Number.isFinite(value) ? value + 0 : Number.NaN);
    for (let plane = 0; plane < 8; plane++) {
      planes[plane * values.length + row] = (bytes[plane] ?? 0) ^ (before[plane] ?? 0);
    }
    before.set(bytes);
  }
  out.raw(planes);
}

function readDoubles(from: ByteReader, values: Float64Array): Float64Array {
  const planes = from.raw(values.length * 8);
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  for (let row = 0; row < values.length; row++) {
    for (let plane = 0; plane < 8; plane++) {
      bytes[plane] = (bytes[plane] ?? 0) ^ (planes[plane * values.length + row] ?? 0);
    }
    values[row] = view.getFloat64(0);
  }
  return values;
}
