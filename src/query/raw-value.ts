import { serialize } from 'bson';
import { appendValueKey } from '../blocks/document-key.ts';
import { KeyBuffer } from '../blocks/key-buffer.ts';
import { elementType, textEnd, valueEnd } from '../model/bson-walk.ts';

/** A value inside of raw BSON. */
export interface RawValue {
  readonly type: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface RawElement {
  readonly name: string;
  readonly value: RawValue;
}

/** The elements of a document or an array, in order. @throws FORMAT_INVALID */
export function* elementsOf({ bytes, start, end }: Omit<RawValue, 'type'>): Generator<RawElement> {
  let at = start + 4;
  while (at < end - 1) {
    const type = bytes[at] ?? 0;
    const zero = textEnd(bytes, at + 1, end);
    const next = valueEnd(bytes, type, zero + 1, end);
    yield { name: bytes.toString('utf8', at + 1, zero), value: { type, bytes, start: zero + 1, end: next } };
    at = next;
  }
}

/** The first one of this name: of several that one counts, as in the server. */
export function memberOf(document: Omit<RawValue, 'type'>, name: string): RawValue | undefined {
  for (const element of elementsOf(document)) if (element.name === name) return element.value;
  return undefined;
}

export function documentValue(bytes: Buffer): RawValue {
  return { type: elementType.document, bytes, start: 0, end: bytes.length };
}

/** A value of a filter (as bson's deserializer makes it) in raw form. */
export function rawOf(value: unknown): RawValue {
  const bytes = Buffer.from(serialize({ v: value }, { ignoreUndefined: false }));
  const [element] = elementsOf(documentValue(bytes));
  return element?.value ?? { type: elementType.null, bytes, start: 0, end: 0 };
}

/** Bytes whose order is MongoDB's order of values; the first one is the bracket of types that compare with one another. */
export function keyOf({ type, bytes, start, end }: RawValue): Buffer {
  const out = new KeyBuffer(64);
  appendValueKey(out, bytes, type, start, end);
  return out.slice();
}

export function textOf({ type, bytes, start, end }: RawValue): string | undefined {
  if (type !== elementType.string && type !== elementType.symbol) return undefined;
  return bytes.toString('utf8', start + 4, end - 1);
}

/** Of any width; a Decimal128 is none here. */
export function numberOf({ type, bytes, start }: RawValue): number | undefined {
  if (type === elementType.int32) return bytes.readInt32LE(start);
  if (type === elementType.double) return bytes.readDoubleLE(start);
  return type === elementType.int64 ? Number(bytes.readBigInt64LE(start)) : undefined;
}

export function isArray({ type }: RawValue): boolean {
  return type === elementType.array;
}

export function isDocument({ type }: RawValue): boolean {
  return type === elementType.document;
}

/** Every value that the path leads to; arrays on the way are entered, as MongoDB does. An array at its end is one value. */
export function valuesAt(document: RawValue, path: readonly string[]): RawValue[] {
  const [name, ...rest] = path;
  if (name === undefined) return [document];
  const found: RawValue[] = [];
  for (const element of elementsOf(document)) {
    if (element.name === name) {
      const { value } = element;
      if (rest.length === 0) found.push(value);
      else if (isDocument(value)) found.push(...valuesAt(value, rest));
      else if (isArray(value)) found.push(...inArray(value, rest));
      // Of several elements with one name the first one counts, as in the server.
      break;
    }
  }
  return found;
}

function inArray(array: RawValue, path: readonly string[]): RawValue[] {
  const [name = '', ...rest] = path;
  const found: RawValue[] = [];
  for (const { name: index, value } of elementsOf(array)) {
    if (isDocument(value)) found.push(...valuesAt(value, path));
    if (index !== name) continue;
    if (rest.length === 0) found.push(value);
    else if (isDocument(value)) found.push(...valuesAt(value, rest));
    else if (isArray(value)) found.push(...inArray(value, rest));
  }
  return found;
}

/** The values themselves and, of arrays, their elements. */
export function withElements(values: readonly RawValue[]): RawValue[] {
  return values.flatMap((value) =>
    isArray(value) ? [value, ...Array.from(elementsOf(value), (one) => one.value)] : [value],
  );
}
