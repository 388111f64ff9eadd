import { BSON, type Document } from 'mongodb';
import { documentEnd, elementType, findElement, stringEnd, textEnd, valueEnd } from '../model/bson-walk.ts';

/**
 * Raw BSON as values that the driver serializes into the same bytes. BSON.deserialize would lose the order of fields whose
 * names are numbers, and the difference between number types: both matter in index keys and options.
 */
export type ExactDocument = Map<string, unknown>;

/** The document's fields in their order. Of fields with one name the last one stays. Values of types without a class of the driver's are undefined. */
export function decodeExact(bytes: Buffer, start = 0, limit = bytes.length): ExactDocument {
  const document: ExactDocument = new Map();
  forEachElement(bytes, start, limit, (name, value) => document.set(name, value));
  return document;
}

/** A command or part of one: the driver takes plain objects at the top and Maps inside. */
export function asCommand(verb: string, target: unknown, fields: ExactDocument): Document {
  const command: Document = { [verb]: target };
  for (const [name, value] of fields) command[name] = value;
  return command;
}

/** The value of the field with this name as the driver sends it byte for byte; undefined when it cannot, or there is none. */
export function exactValue(document: Buffer, name: string): unknown {
  const at = findElement(document, 0, document.length, Buffer.from(name));
  if (at < 0) return undefined;
  const valueAt = at + 1 + Buffer.byteLength(name) + 1;
  const type = document[at] ?? 0;
  const end = valueEnd(document, type, valueAt, document.length - 1);
  const value = decodeValue(document, type, valueAt, end);
  if (value === undefined) return undefined;
  const sent = BSON.serialize(new Map([[name, value]]));
  return document.subarray(at, end).equals(sent.subarray(4, -1)) ? value : undefined;
}

function forEachElement(
  bytes: Buffer,
  start: number,
  limit: number,
  take: (name: string, value: unknown) => void,
): void {
  const end = documentEnd(bytes, start, limit) - 1;
  let at = start + 4;
  while (at < end) {
    const type = bytes[at] ?? 0;
    const zero = textEnd(bytes, at + 1, end);
    const next = valueEnd(bytes, type, zero + 1, end);
    take(bytes.toString('utf8', at + 1, zero), decodeValue(bytes, type, zero + 1, next));
    at = next;
  }
}

function decodeValue(bytes: Buffer, type: number, start: number, end: number): unknown {
  switch (type) {
    case elementType.document:
      return decodeExact(bytes, start, end);
    case elementType.array: {
      const list: unknown[] = [];
      forEachElement(bytes, start, end, (_name, value) => list.push(value));
      return list;
    }
    case elementType.codeWithScope: {
      const scopeAt = stringEnd(bytes, start + 4, end);
      const code = bytes.toString('utf8', start + 8, scopeAt - 1);
      return new BSON.Code(code, BSON.deserialize(bytes.subarray(scopeAt, end), exactly));
    }
    case elementType.undefined:
    case elementType.dbPointer:
      return undefined;
    default:
      return simpleValue(bytes, type, start, end);
  }
}

const exactly = { promoteValues: false, bsonRegExp: true, validation: { utf8: false } } as const;

/** Numbers, texts, dates and so on: the driver's own decoding of a document with this one field. */
function simpleValue(bytes: Buffer, type: number, start: number, end: number): unknown {
  const document = Buffer.alloc(end - start + 8);
  document.writeInt32LE(document.length, 0);
  document[4] = type;
  document[5] = 0x76;
  bytes.copy(document, 7, start, end);
  return BSON.deserialize(document, exactly)['v'];
}
