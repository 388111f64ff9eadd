import { AppError } from '../runtime/errors.ts';

/** BSON element types (bsonspec.org), with what the server may still hold of the deprecated ones. */
export const elementType = {
  double: 0x01,
  string: 0x02,
  document: 0x03,
  array: 0x04,
  binary: 0x05,
  undefined: 0x06,
  objectId: 0x07,
  boolean: 0x08,
  date: 0x09,
  null: 0x0a,
  regex: 0x0b,
  dbPointer: 0x0c,
  code: 0x0d,
  symbol: 0x0e,
  codeWithScope: 0x0f,
  int32: 0x10,
  timestamp: 0x11,
  int64: 0x12,
  decimal128: 0x13,
  maxKey: 0x7f,
  minKey: 0xff,
} as const;

/**
 * Everything here works on offsets into the bytes that came over the network and makes no objects. A range is [start, end);
 * a length that does not fit in it is FORMAT_INVALID, so that damaged bytes are never read past and every loop moves forward.
 */

/** The offset after the document at `start`, which must lie below `limit`. Its elements are not looked at. */
export function documentEnd(bytes: Buffer, start: number, limit: number): number {
  if (start < 0 || limit > bytes.length || limit - start < 5)
    throw damagedBson(start, 'there is no room for a document');
  const size = bytes.readInt32LE(start);
  if (size < 5 || size > limit - start) throw damagedBson(start, `a document of ${size} bytes does not fit`);
  if (bytes[start + size - 1] !== 0) throw damagedBson(start, 'a document does not end in a zero byte');
  return start + size;
}

/**
 * The offset of the element (its type byte) with this name at the top level of the document, or -1. The first one counts when
 * there are several, as in the server. The elements up to it are checked, those after it are not.
 */
export function findElement(bytes: Buffer, start: number, limit: number, name: Uint8Array): number {
  const end = documentEnd(bytes, start, limit) - 1;
  let at = start + 4;
  while (at < end) {
    const nameAt = at + 1;
    const zero = textEnd(bytes, nameAt, end);
    const next = valueEnd(bytes, bytes[at] ?? 0, zero + 1, end);
    if (zero - nameAt === name.length && sameBytes(bytes, nameAt, name)) return at;
    at = next;
  }
  return -1;
}

/** The offset of the zero that ends the text without length prefix (a name, a pattern) at `start`; it lies below `end`. */
export function textEnd(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== 0) at++;
  if (at >= end) throw damagedBson(start, 'a name or pattern does not end');
  return at;
}

/** The offset after the value of this type at `start`; it is at most `end`. Nested documents are not looked into. */
export function valueEnd(bytes: Buffer, type: number, start: number, end: number): number {
  const after = unchecked(bytes, type, start, end);
  if (after > end) throw damagedBson(start, `a value of type ${type} is longer than its document`);
  return after;
}

function unchecked(bytes: Buffer, type: number, start: number, end: number): number {
  switch (type) {
    case elementType.objectId:
      return start + 12;
    case elementType.double:
    case elementType.date:
    case elementType.timestamp:
    case elementType.int64:
      return start + 8;
    case elementType.int32:
      return start + 4;
    case elementType.boolean:
      return start + 1;
    case elementType.decimal128:
      return start + 16;
    case elementType.undefined:
    case elementType.null:
    case elementType.minKey:
    case elementType.maxKey:
      return start;
    default:
      return ofVaryingLength(bytes, type, start, end);
  }
}

function ofVaryingLength(bytes: Buffer, type: number, start: number, end: number): number {
  switch (type) {
    case elementType.string:
    case elementType.code:
    case elementType.symbol:
      return stringEnd(bytes, start, end);
    case elementType.document:
    case elementType.array:
      return documentEnd(bytes, start, end);
    case elementType.binary:
      return start + 5 + prefix(bytes, start, end, 0);
    case elementType.dbPointer:
      return stringEnd(bytes, start, end) + 12;
    case elementType.regex:
      return textEnd(bytes, textEnd(bytes, start, end) + 1, end) + 1;
    case elementType.codeWithScope: {
      const after = start + prefix(bytes, start, end, 14);
      if (after > end) return after;
      if (documentEnd(bytes, stringEnd(bytes, start + 4, after), after) !== after) {
        throw damagedBson(start, 'code with scope has bytes left over');
      }
      return after;
    }
    default:
      throw damagedBson(start, `there is no element type ${type}`);
  }
}

/** The offset after a text with length prefix; the prefix counts the zero at its end. */
export function stringEnd(bytes: Buffer, start: number, end: number): number {
  const after = start + 4 + prefix(bytes, start, end, 1);
  if (after > end || bytes[after - 1] !== 0) throw damagedBson(start, 'a text does not end where its length says');
  return after;
}

function prefix(bytes: Buffer, start: number, end: number, least: number): number {
  if (start < 0 || end > bytes.length || end - start < 4) throw damagedBson(start, 'a length is cut off');
  const size = bytes.readInt32LE(start);
  if (size < least) throw damagedBson(start, `a length of ${size} cannot be`);
  return size;
}

function sameBytes(bytes: Buffer, start: number, wanted: Uint8Array): boolean {
  for (let index = 0; index < wanted.length; index++) {
    if (bytes[start + index] !== wanted[index]) return false;
  }
  return true;
}

export function damagedBson(at: number, why: string): AppError {
  return new AppError('FORMAT_INVALID', `BSON at byte ${at}: ${why}`);
}
