import { documentEnd, elementType, findElement, textEnd, valueEnd } from '../../model/bson-walk.ts';
import { buildInfo } from '../../runtime/build-info.ts';

/** The wire protocol of MongoDB, as little of it as two commands need: OP_MSG (3.6 and newer), one body section, no checksum. */
const opMsg = 2013;
export const headerBytes = 16;
/** Header, flags and the kind of the section. */
const bodyAt = headerBytes + 5;
/** The largest message that a mongod sends. */
const messageBytesAtMost = 48_000_000;

/** A command, and how an answer to it is recognised. */
export interface WireRequest {
  readonly requestId: number;
  readonly bytes: Buffer;
}

/** What is first asked of a port. The name shows up in the log of a mongod: who finds it there can look up what it was. */
export function helloRequest(requestId: number): WireRequest {
  const client = document([
    text('application', document([text('name', 'Leafward exposure check')])),
    text('driver', document([text('name', 'leafward'), text('version', buildInfo.version)])),
    text('os', document([text('type', 'unknown')])),
  ]);
  return message(requestId, [int32('hello', 1), text('client', client), text('$db', 'admin')]);
}

/** Asked of a secondary too, so that it answers for itself. */
export function listDatabasesRequest(requestId: number): WireRequest {
  const preference = document([text('mode', 'secondaryPreferred')]);
  return message(requestId, [
    int32('listDatabases', 1),
    Buffer.concat([Buffer.of(elementType.boolean), cstring('nameOnly'), Buffer.of(1)]),
    text('$db', 'admin'),
    text('$readPreference', preference),
  ]);
}

function message(requestId: number, elements: readonly Buffer[]): WireRequest {
  const body = document(elements);
  const head = Buffer.alloc(bodyAt);
  head.writeInt32LE(bodyAt + body.length, 0);
  head.writeInt32LE(requestId, 4);
  head.writeInt32LE(opMsg, 12);
  return { requestId, bytes: Buffer.concat([head, body]) };
}

function document(elements: readonly Buffer[]): Buffer {
  const size = Buffer.alloc(4);
  const whole = Buffer.concat([size, ...elements, Buffer.of(0)]);
  whole.writeInt32LE(whole.length, 0);
  return whole;
}

/** An element that is a string, or a document that is given as bytes. */
function text(name: string, value: string | Buffer): Buffer {
  if (typeof value !== 'string') return Buffer.concat([Buffer.of(elementType.document), cstring(name), value]);
  const bytes = cstring(value);
  const size = Buffer.alloc(4);
  size.writeInt32LE(bytes.length, 0);
  return Buffer.concat([Buffer.of(elementType.string), cstring(name), size, bytes]);
}

function int32(name: string, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value, 0);
  return Buffer.concat([Buffer.of(elementType.int32), cstring(name), bytes]);
}

function cstring(value: string): Buffer {
  return Buffer.from(`${value}\0`, 'utf8');
}

/** How long the answer will be, from its first 16 bytes; undefined: these are not the first bytes of an answer to this request. */
export function answerBytes(head: Buffer, requestId: number): number | undefined {
  if (head.length < headerBytes) return undefined;
  const size = head.readInt32LE(0);
  const fits = size > bodyAt && size <= messageBytesAtMost;
  return fits && head.readInt32LE(8) === requestId && head.readInt32LE(12) === opMsg ? size : undefined;
}

/** What an answer says. `databases`: how many it lists; null: it lists none, or is cut off. */
export interface WireAnswer {
  readonly ok: boolean;
  /** MongoDB's error code (13: the command requires a login). */
  readonly code: number | null;
  readonly databases: number | null;
}

/** Reads a whole answer; undefined: it is not one of MongoDB. */
export function readAnswer(bytes: Buffer, requestId: number): WireAnswer | undefined {
  const size = answerBytes(bytes, requestId);
  if (size === undefined || size > bytes.length || bytes[headerBytes + 4] !== 0) return undefined;
  const body = bytes.subarray(bodyAt, size);
  try {
    const ok = numberOf(body, 'ok');
    if (ok === null) return undefined;
    return { ok: ok === 1, code: numberOf(body, 'code'), databases: countOf(body, 'databases') };
  } catch {
    return undefined;
  }
}

/** Whether the beginning of an answer that is too long to be read is that of a list of databases. */
export function listsDatabases(bytes: Buffer): boolean {
  const first = Buffer.concat([Buffer.of(elementType.array), cstring('databases')]);
  return bytes.subarray(bodyAt + 4, bodyAt + 4 + first.length).equals(first);
}

function numberOf(body: Buffer, name: string): number | null {
  const at = findElement(body, 0, body.length, Buffer.from(name));
  if (at === -1) return null;
  const value = textEnd(body, at + 1, body.length) + 1;
  if (valueEnd(body, body[at] ?? 0, value, body.length) > body.length) return null;
  switch (body[at]) {
    case elementType.double:
      return body.readDoubleLE(value);
    case elementType.int32:
      return body.readInt32LE(value);
    case elementType.int64:
      return Number(body.readBigInt64LE(value));
    case elementType.boolean:
      return body[value] === 1 ? 1 : 0;
    default:
      return null;
  }
}

function countOf(body: Buffer, name: string): number | null {
  const at = findElement(body, 0, body.length, Buffer.from(name));
  if (at === -1 || body[at] !== elementType.array) return null;
  const start = textEnd(body, at + 1, body.length) + 1;
  const end = documentEnd(body, start, body.length) - 1;
  let count = 0;
  for (let element = start + 4; element < end; count++) {
    element = valueEnd(body, body[element] ?? 0, textEnd(body, element + 1, end) + 1, end);
  }
  return count;
}
