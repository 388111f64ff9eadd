import { damagedBson, elementType } from '../../model/bson-walk.ts';
import type { RawValue } from '../raw-value.ts';
import { Simple8bValues } from './simple8b.ts';

const scales = [1, 10, 100, 10_000, 100_000_000] as const;
/** Of a double: its eight bytes taken as an integer. */
const asInteger = 0x8;
const longestText = 16;

/**
 * One stream of values of a column: a literal, and what every following value differs by. Numbers differ in 64 bits, texts, binaries and
 * Decimal128 of up to 16 bytes in 128; times and ObjectIds differ in what they differ by.
 */
export class ColumnValue {
  #last: RawValue | undefined;
  #encoded = 0n;
  /** Of times and ObjectIds: the sum of what was added. */
  #step = 0n;
  #scale = asInteger;
  #deltas: Simple8bValues | undefined;

  constructor(reference?: RawValue) {
    if (reference !== undefined) this.literal(reference);
  }

  literal(value: RawValue): void {
    this.#last = value;
    this.#encoded = encoded(value);
    this.#step = 0n;
    this.#deltas = undefined;
  }

  /** Words of Simple-8b follow a control byte, whose upper half says how doubles are scaled. */
  words(control: number, bytes: Buffer, start: number, end: number): void {
    this.#scale = control >> 4;
    if (this.#scale < asInteger || this.#scale > asInteger + scales.length) {
      throw damagedBson(start, `there is no control byte ${control} in a column`);
    }
    if (this.#last?.type === elementType.double) this.#encoded = encodedDouble(this.#last, this.#scale);
    this.#deltas = new Simple8bValues(bytes, start, end, this.#deltas === undefined ? 0n : this.#deltas.last);
  }

  /** Null: the value is missing here. Undefined: a control byte has to be read first. @throws FORMAT_INVALID */
  next(): RawValue | null | undefined {
    const delta = this.#deltas?.next();
    if (delta === null || delta === undefined) return delta;
    const last = this.#last;
    if (last === undefined) throw damagedBson(0, 'a column begins with a difference');
    const isStep = stepped.has(last.type);
    if (delta === 0n && !isStep) return last;
    const difference = (delta >> 1n) ^ -(delta & 1n);
    const bits = wide.has(last.type) ? 128 : 64;
    if (isStep) {
      this.#step = BigInt.asIntN(64, this.#step + difference);
      this.#encoded = BigInt.asIntN(64, this.#encoded + this.#step);
    } else this.#encoded = BigInt.asIntN(bits, this.#encoded + difference);
    this.#last = decoded(last, this.#encoded, this.#scale);
    return this.#last;
  }
}

const stepped: ReadonlySet<number> = new Set([elementType.objectId, elementType.date, elementType.timestamp]);
const wide: ReadonlySet<number> = new Set([
  elementType.string,
  elementType.code,
  elementType.binary,
  elementType.decimal128,
]);

function encoded({ type, bytes, start, end }: RawValue): bigint {
  switch (type) {
    case elementType.objectId:
      return encodedObjectId(bytes, start);
    case elementType.date:
    case elementType.int64:
    case elementType.timestamp:
      return bytes.readBigInt64LE(start);
    case elementType.int32:
      return BigInt(bytes.readInt32LE(start));
    case elementType.boolean:
      return BigInt(bytes[start] ?? 0);
    case elementType.string:
    case elementType.code: {
      const text = bytes.subarray(start + 4, end - 1);
      return text.length > longestText || text[0] === 0 ? 0n : unsigned(text);
    }
    case elementType.binary: {
      const content = bytes.subarray(start + 5, end);
      return content.length > longestText ? 0n : BigInt.asIntN(128, unsigned(Buffer.from(content).reverse()));
    }
    case elementType.decimal128:
      return BigInt.asIntN(128, unsigned(Buffer.from(bytes.subarray(start, end)).reverse()));
    default:
      return 0n;
  }
}

function decoded(last: RawValue, value: bigint, scale: number): RawValue {
  const { type } = last;
  switch (type) {
    case elementType.double:
      return rawDouble(value, scale);
    case elementType.objectId:
      return { type, bytes: decodedObjectId(value, last), start: 0, end: 12 };
    case elementType.date:
    case elementType.int64:
    case elementType.timestamp: {
      const bytes = Buffer.allocUnsafe(8);
      bytes.writeBigInt64LE(value);
      return { type, bytes, start: 0, end: 8 };
    }
    case elementType.int32: {
      const bytes = Buffer.allocUnsafe(4);
      bytes.writeInt32LE(Number(BigInt.asIntN(32, value)));
      return { type, bytes, start: 0, end: 4 };
    }
    case elementType.boolean:
      return { type, bytes: Buffer.of(value === 0n ? 0 : 1), start: 0, end: 1 };
    case elementType.string:
    case elementType.code: {
      const text = bigEndian(BigInt.asUintN(128, value));
      const bytes = Buffer.alloc(4 + text.length + 1);
      bytes.writeInt32LE(text.length + 1);
      text.copy(bytes, 4);
      return { type, bytes, start: 0, end: bytes.length };
    }
    case elementType.binary: {
      const bytes = Buffer.from(last.bytes.subarray(last.start, last.end));
      littleEndian(value, bytes.length - 5).copy(bytes, 5);
      return { type, bytes, start: 0, end: bytes.length };
    }
    case elementType.decimal128:
      return { type, bytes: littleEndian(value, 16), start: 0, end: 16 };
    default:
      throw damagedBson(last.start, `values of type ${type} have no differences in a column`);
  }
}

/** With a scale the double is an integer divided by it: it was checked so when it was written. */
function encodedDouble({ bytes, start }: RawValue, scale: number): bigint {
  if (scale === asInteger) return bytes.readBigInt64LE(start);
  const scaled = Math.round(bytes.readDoubleLE(start) * factor(scale));
  if (!Number.isSafeInteger(scaled) && Math.abs(scaled) !== 2 ** 53) {
    throw damagedBson(start, 'a double of a column does not fit its scale');
  }
  return BigInt(scaled);
}

function rawDouble(value: bigint, scale: number): RawValue {
  const bytes = Buffer.allocUnsafe(8);
  if (scale === asInteger) bytes.writeBigInt64LE(value);
  else bytes.writeDoubleLE(Number(value) / factor(scale));
  return { type: elementType.double, bytes, start: 0, end: 8 };
}

function factor(scale: number): number {
  return scales[scale - asInteger - 1] ?? 1;
}

/** Bytes of time and counter that change most come lowest; the five of the process are not part of it. */
const objectIdBytes = [11, 3, 10, 2, 9, 1, 0] as const;

function encodedObjectId(bytes: Buffer, start: number): bigint {
  const low = Buffer.alloc(8);
  for (const [index, place] of objectIdBytes.entries()) low[index] = bytes[start + place] ?? 0;
  return low.readBigInt64LE();
}

function decodedObjectId(value: bigint, last: RawValue): Buffer {
  const low = littleEndian(value, 8);
  const made = Buffer.from(last.bytes.subarray(last.start, last.start + 12));
  for (const [index, place] of objectIdBytes.entries()) made[place] = low[index] ?? 0;
  return made;
}

function unsigned(bigEndianBytes: Buffer): bigint {
  return bigEndianBytes.length === 0 ? 0n : BigInt(`0x${bigEndianBytes.toString('hex')}`);
}

function bigEndian(value: bigint): Buffer {
  if (value === 0n) return Buffer.alloc(0);
  const digits = value.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

/** The lowest `size` bytes, at most 16. */
function littleEndian(value: bigint, size: number): Buffer {
  const digits = BigInt.asUintN(128, value).toString(16).padStart(32, '0');
  return Buffer.from(digits, 'hex').reverse().subarray(0, size);
}
