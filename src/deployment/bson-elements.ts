/** BSON element types (bsonspec.org). */
export const bsonType = {
  double: 1,
  string: 2,
  document: 3,
  array: 4,
  binary: 5,
  undefined: 6,
  objectId: 7,
  boolean: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  code: 13,
  symbol: 14,
  codeWithScope: 15,
  int32: 16,
  timestamp: 17,
  int64: 18,
  decimal128: 19,
} as const;

/** The last byte (the terminating zero) of the document that begins at `start`. */
export function documentEnd(view: DataView, start: number, limit: number): number {
  const size = view.getInt32(start, true);
  if (size < 5 || start + size > limit) throw new RangeError(`no BSON document at byte ${start}`);
  return start + size - 1;
}

export function isNumeric(kind: number): boolean {
  return (
    kind === bsonType.int64 ||
    kind === bsonType.int32 ||
    kind === bsonType.double ||
    kind === bsonType.boolean ||
    kind === bsonType.date ||
    kind === bsonType.timestamp
  );
}

/** The number at a place. */
export function readNumber(view: DataView, at: number, kind: number): number {
  switch (kind) {
    case bsonType.int32:
      return view.getInt32(at, true);
    case bsonType.double:
      return view.getFloat64(at, true);
    case bsonType.boolean:
      return view.getUint8(at) === 0 ? 0 : 1;
    case bsonType.timestamp:
      return view.getUint32(at + 4, true);
    default:
      return view.getInt32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
  }
}

/** Where the next element begins. */
export function skipValue(view: DataView, at: number, kind: number, end: number): number {
  switch (kind) {
    case bsonType.double:
    case bsonType.date:
    case bsonType.timestamp:
    case bsonType.int64:
      return at + 8;
    case bsonType.int32:
      return at + 4;
    case bsonType.boolean:
      return at + 1;
    case bsonType.string:
    case bsonType.code:
    case bsonType.symbol:
      return at + 4 + length(view, at, end);
    case bsonType.binary:
      return at + 5 + length(view, at, end);
    case bsonType.objectId:
      return at + 12;
    case bsonType.dbPointer:
      return at + 16 + length(view, at, end);
    case bsonType.codeWithScope:
      return at + length(view, at, end);
    case bsonType.decimal128:
      return at + 16;
    case bsonType.regex:
      return skipText(view, skipText(view, at, end), end);
    case bsonType.undefined:
    case bsonType.null:
    case 127:
    case 255:
      return at;
    default:
      throw new RangeError(`unknown BSON type ${kind} at byte ${at}`);
  }
}

function length(view: DataView, at: number, end: number): number {
  const size = view.getInt32(at, true);
  if (size < 0 || at + size > end) throw new RangeError(`a value at byte ${at} is longer than its document`);
  return size;
}

function skipText(view: DataView, from: number, end: number): number {
  let at = from;
  while (at < end && view.getUint8(at) !== 0) at++;
  return at + 1;
}
