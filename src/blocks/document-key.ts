import {
  damagedBson,
  documentEnd,
  elementType,
  findElement,
  stringEnd,
  textEnd,
  valueEnd,
} from '../model/bson-walk.ts';
import { KeyBuffer } from './key-buffer.ts';
import { appendNumber } from './number-key.ts';

/**
 * The key of a value: bytes whose memcmp order is MongoDB's order of `_id`s, and that are equal exactly when MongoDB takes two
 * values for the same `_id`. Layout and the sources of the order: docs/formats/key.md. The value itself cannot be had back
 * from its key (1, 1.0 and Long(1) have one key): the document keeps it.
 */

/** What a value is, in the order of MongoDB; in an object it comes before the field's name, so it is the same for all numbers. */
const rank = {
  end: 0x00,
  minKey: 0x10,
  undefined: 0x18,
  null: 0x20,
  number: 0x28,
  text: 0x30,
  object: 0x38,
  array: 0x40,
  binary: 0x48,
  objectId: 0x50,
  boolean: 0x58,
  date: 0x60,
  timestamp: 0x68,
  regex: 0x70,
  dbPointer: 0x78,
  code: 0x80,
  codeWithScope: 0x88,
  maxKey: 0xf0,
} as const;

/** Deeper than the server allows at any setting (250). */
const deepest = 256;
const idName = Buffer.from('_id');

/**
 * Appends the key of the `_id` of the document at `start`. FORMAT_INVALID when there is none or the bytes are damaged; `out` may
 * then hold a part of a key.
 */
export function appendDocumentKey(out: KeyBuffer, bytes: Buffer, start = 0, limit = bytes.length): void {
  const element = findElement(bytes, start, limit, idName);
  if (element < 0) throw damagedBson(start, 'the document has no _id');
  const valueAt = element + 1 + idName.length + 1;
  appendValueKey(out, bytes, bytes[element] ?? 0, valueAt, documentEnd(bytes, start, limit) - 1);
}

/** The key of a document's `_id` in bytes of its own. */
export function documentKey(bytes: Buffer, start = 0, limit = bytes.length): Buffer {
  const out = new KeyBuffer(64);
  appendDocumentKey(out, bytes, start, limit);
  return out.slice();
}

/** Appends the key of one value: its BSON type, where it begins, and the offset that it must not pass. */
export function appendValueKey(out: KeyBuffer, bytes: Buffer, type: number, start: number, limit: number): void {
  const end = valueEnd(bytes, type, start, limit);
  out.byte(rankOf(type, start));
  appendBody(out, bytes, type, start, end, 0);
}

function appendBody(out: KeyBuffer, bytes: Buffer, type: number, start: number, end: number, depth: number): void {
  switch (type) {
    case elementType.objectId:
      return out.copy(bytes, start, end);
    case elementType.int32:
    case elementType.int64:
    case elementType.double:
    case elementType.decimal128:
      return appendNumber(out, bytes, type, start);
    case elementType.string:
    case elementType.symbol:
    case elementType.code:
      return appendText(out, bytes, start + 4, end - 1);
    case elementType.binary:
      out.uint32(end - start - 5);
      return out.copy(bytes, start + 4, end);
    case elementType.boolean:
      return out.byte(bytes[start] === 0 ? 0 : 1);
    case elementType.date:
      // The sign bit turned over puts the negative ones first.
      out.byte((bytes[start + 7] ?? 0) ^ 0x80);
      return out.reversed(bytes, start, start + 7);
    case elementType.timestamp:
      return out.reversed(bytes, start, end);
    case elementType.regex:
      return out.copy(bytes, start, end);
    case elementType.dbPointer:
      out.uint32(bytes.readInt32LE(start));
      return out.copy(bytes, start + 4, end);
    case elementType.document:
      return appendElements(out, bytes, start, end, true, depth + 1);
    case elementType.array:
      return appendElements(out, bytes, start, end, false, depth + 1);
    case elementType.codeWithScope: {
      const scopeAt = stringEnd(bytes, start + 4, end);
      appendText(out, bytes, start + 8, scopeAt - 1);
      return appendElements(out, bytes, scopeAt, end, true, depth + 1);
    }
    default:
  }
}

/** Rank, name (not in an array) and value of each element in order, then a zero: a prefix comes before what is longer. */
function appendElements(
  out: KeyBuffer,
  bytes: Buffer,
  start: number,
  end: number,
  named: boolean,
  depth: number,
): void {
  if (depth > deepest) throw damagedBson(start, `documents are nested more than ${deepest} deep`);
  const last = end - 1;
  let at = start + 4;
  while (at < last) {
    const type = bytes[at] ?? 0;
    const zero = textEnd(bytes, at + 1, last);
    const next = valueEnd(bytes, type, zero + 1, last);
    out.byte(rankOf(type, at));
    if (named) out.copy(bytes, at + 1, zero + 1);
    appendBody(out, bytes, type, zero + 1, next, depth);
    at = next;
  }
  out.byte(rank.end);
}

/** 00 becomes 01 01 and 01 becomes 01 02, so that the 00 at the end is below all that a longer text could go on with. */
function appendText(out: KeyBuffer, bytes: Buffer, start: number, end: number): void {
  let from = start;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte > 1) continue;
    out.copy(bytes, from, at);
    out.byte(1);
    out.byte(byte + 1);
    from = at + 1;
  }
  out.copy(bytes, from, end);
  out.byte(0);
}

const ranks: ReadonlyMap<number, number> = new Map([
  [elementType.minKey, rank.minKey],
  [elementType.undefined, rank.undefined],
  [elementType.null, rank.null],
  [elementType.double, rank.number],
  [elementType.int32, rank.number],
  [elementType.int64, rank.number],
  [elementType.decimal128, rank.number],
  [elementType.string, rank.text],
  [elementType.symbol, rank.text],
  [elementType.document, rank.object],
  [elementType.array, rank.array],
  [elementType.binary, rank.binary],
  [elementType.objectId, rank.objectId],
  [elementType.boolean, rank.boolean],
  [elementType.date, rank.date],
  [elementType.timestamp, rank.timestamp],
  [elementType.regex, rank.regex],
  [elementType.dbPointer, rank.dbPointer],
  [elementType.code, rank.code],
  [elementType.codeWithScope, rank.codeWithScope],
  [elementType.maxKey, rank.maxKey],
]);

function rankOf(type: number, at: number): number {
  const found = ranks.get(type);
  if (found === undefined) throw damagedBson(at, `there is no element type ${type}`);
  return found;
}
