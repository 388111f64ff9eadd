import { Binary, BSONSymbol, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'mongodb';
import { damagedBson, documentEnd, elementType, textEnd, valueEnd } from '../model/bson-walk.ts';

/**
 * A raw `{_id: …}` as something that the driver can send as `min` or `max`. Objects become maps, so that the order of fields and
 * fields of one name stay. What the driver cannot write as it is (undefined, DBPointer, texts that are not UTF-8, …) is replaced by
 * something lower and everything after it is left out: the bound is then at or below the place that is meant, never above it.
 */
export interface LooseBound {
  readonly bound: ReadonlyMap<string, unknown>;
  /** The bound is just the place that was given. */
  readonly isExact: boolean;
}

interface State {
  isExact: boolean;
}

export function looseBound(place: Buffer): LooseBound {
  const state: State = { isExact: true };
  const bound = readObject(place, 0, place.length, state);
  return { bound, isExact: state.isExact };
}

/** A map whose entries may repeat a name: the driver writes what `entries` gives. */
class FieldMap extends Map<string, unknown> {
  readonly #fields: readonly (readonly [string, unknown])[];

  constructor(fields: readonly (readonly [string, unknown])[]) {
    super();
    this.#fields = fields;
  }

  override get size(): number {
    return this.#fields.length;
  }

  override *entries(): MapIterator<[string, unknown]> {
    for (const [name, value] of this.#fields) yield [name, value];
    return undefined;
  }

  override [Symbol.iterator](): MapIterator<[string, unknown]> {
    return this.entries();
  }
}

function readFields(bytes: Buffer, start: number, limit: number, state: State): [string, unknown][] {
  const end = documentEnd(bytes, start, limit) - 1;
  const fields: [string, unknown][] = [];
  let at = start + 4;
  while (at < end && state.isExact) {
    const type = bytes[at] ?? 0;
    const zero = textEnd(bytes, at + 1, end);
    const next = valueEnd(bytes, type, zero + 1, end);
    const name = bytes.toString('utf8', at + 1, zero);
    if (!Buffer.from(name).equals(bytes.subarray(at + 1, zero))) {
      state.isExact = false;
      break;
    }
    fields.push([name, readValue(bytes, type, zero + 1, next, state)]);
    at = next;
  }
  return fields;
}

function readObject(bytes: Buffer, start: number, limit: number, state: State): FieldMap {
  return new FieldMap(readFields(bytes, start, limit, state));
}

function readValue(bytes: Buffer, type: number, start: number, end: number, state: State): unknown {
  switch (type) {
    case elementType.double:
      return new Double(bytes.readDoubleLE(start));
    case elementType.int32:
      return new Int32(bytes.readInt32LE(start));
    case elementType.int64:
      return Long.fromBigInt(bytes.readBigInt64LE(start));
    case elementType.decimal128:
      return new Decimal128(bytes.subarray(start, end));
    case elementType.objectId:
      return new ObjectId(bytes.subarray(start, end));
    case elementType.boolean:
      return bytes[start] !== 0;
    case elementType.null:
      return null;
    case elementType.minKey:
      return new MinKey();
    case elementType.maxKey:
      return new MaxKey();
    case elementType.timestamp:
      return new Timestamp({ t: bytes.readUInt32LE(start + 4), i: bytes.readUInt32LE(start) });
    case elementType.string:
      return readText(bytes, start, end, state);
    case elementType.symbol:
      return new BSONSymbol(readText(bytes, start, end, state));
    case elementType.document:
      return readObject(bytes, start, end, state);
    case elementType.array:
      return readFields(bytes, start, end, state).map(([, value]) => value);
    default:
      return readRare(bytes, type, start, end, state);
  }
}

const binaryOld = 2;
const latestDate = 8_640_000_000_000_000n;

function readRare(bytes: Buffer, type: number, start: number, end: number, state: State): unknown {
  if (type === elementType.date) {
    const ms = bytes.readBigInt64LE(start);
    if (ms >= -latestDate && ms <= latestDate) return new Date(Number(ms));
  }
  if (type === elementType.binary && bytes[start + 4] !== binaryOld) {
    return new Binary(bytes.subarray(start + 5, end), bytes[start + 4] ?? 0);
  }
  if (![...Object.values(elementType)].some((known) => known === type)) {
    throw damagedBson(start, `there is no element type ${type}`);
  }
  state.isExact = false;
  return new MinKey();
}

/** As much of the text as is UTF-8: a text comes after its beginning. */
function readText(bytes: Buffer, start: number, end: number, state: State): string {
  const raw = bytes.subarray(start + 4, end - 1);
  const text = raw.toString('utf8');
  if (Buffer.from(text).equals(raw)) return text;
  state.isExact = false;
  const upTo = text.indexOf('\ufffd');
  return text.slice(0, Math.max(0, upTo));
}
