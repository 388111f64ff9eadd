import { documentEnd, elementType, textEnd, valueEnd } from '../model/bson-walk.ts';
import { BsonWriter } from './bson-writer.ts';

/** One field of a raw document: its type and the bytes of its value (shared with the document). */
export interface RawField {
  readonly name: string;
  readonly type: number;
  readonly value: Buffer;
}

/** The fields of a raw document in order. For catalog entries, which are few. */
export function fieldsOf(document: Buffer): RawField[] {
  const end = documentEnd(document, 0, document.length) - 1;
  const found: RawField[] = [];
  for (let at = 4; at < end; ) {
    const type = document[at] ?? 0;
    const zero = textEnd(document, at + 1, end);
    const next = valueEnd(document, type, zero + 1, end);
    found.push({ name: document.toString('utf8', at + 1, zero), type, value: document.subarray(zero + 1, next) });
    at = next;
  }
  return found;
}

/** A raw document of these fields. */
export function documentOf(fields: readonly RawField[]): Buffer {
  const out = new BsonWriter(fields.reduce((sum, { name, value }) => sum + name.length * 3 + value.length + 2, 8));
  const began = out.begin();
  for (const { name, type, value } of fields) {
    const bytes = Buffer.from(name);
    out.head(type, bytes, 0, bytes.length);
    out.copy(value, 0, value.length);
  }
  out.finish(began);
  return Buffer.from(out.written);
}

export function field(document: Buffer, name: string): RawField | undefined {
  return fieldsOf(document).find((one) => one.name === name);
}

export function without(document: Buffer, ...names: readonly string[]): Buffer {
  return documentOf(fieldsOf(document).filter(({ name }) => !names.includes(name)));
}

/** The field takes the place of one of its name, or is appended. */
export function withField(document: Buffer, changed: RawField): Buffer {
  const fields = fieldsOf(document);
  const at = fields.findIndex(({ name }) => name === changed.name);
  if (at < 0) fields.push(changed);
  else fields[at] = changed;
  return documentOf(fields);
}

/** The text of a field; undefined when it is no text. */
export function textOf(found: RawField | undefined): string | undefined {
  if (found?.type !== elementType.string) return undefined;
  return found.value.toString('utf8', 4, found.value.length - 1);
}

/** The bytes of a field that is a document or an array. */
export function innerOf(found: RawField | undefined): Buffer | undefined {
  return found?.type === elementType.document || found?.type === elementType.array ? found.value : undefined;
}

/** What a server takes as true: a boolean or a number. */
export function isTrue(found: RawField | undefined): boolean {
  if (found === undefined) return false;
  return found.type === elementType.boolean ? found.value[0] === 1 : numberOf(found) !== 0;
}

export function int32Field(name: string, value: number): RawField {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return { name, type: elementType.int32, value: bytes };
}

export function int64Field(name: string, value: number): RawField {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(value));
  return { name, type: elementType.int64, value: bytes };
}

/** The number of a field; 0 when it is none. */
export function numberOf({ type, value }: RawField): number {
  switch (type) {
    case elementType.int32:
      return value.readInt32LE(0);
    case elementType.int64:
      return Number(value.readBigInt64LE(0));
    case elementType.double:
      return value.readDoubleLE(0);
    default:
      return 0;
  }
}

export function textField(name: string, text: string): RawField {
  const bytes = Buffer.from(`\0\0\0\0${text}\0`);
  bytes.writeInt32LE(bytes.length - 4);
  return { name, type: elementType.string, value: bytes };
}

export function trueField(name: string): RawField {
  return { name, type: elementType.boolean, value: Buffer.from([1]) };
}

/** UUID as 32 hex digits. */
export function uuidOf(found: RawField | undefined): string | undefined {
  if (found?.type !== elementType.binary || found.value.length !== 21) return undefined;
  return found.value.toString('hex', 5);
}
