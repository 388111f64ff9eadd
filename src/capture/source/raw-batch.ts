import {
  damagedBson,
  documentEnd,
  elementType,
  findElement,
  stringEnd,
  textEnd,
  valueEnd,
} from '../../model/bson-walk.ts';

/** A batch of a cursor as it came: a BSON array of documents. Nothing of it is made into objects. */
export interface RawBatch {
  readonly bytes: Buffer;
}

export const emptyBatch: RawBatch = { bytes: Buffer.from([5, 0, 0, 0, 0]) };

export function isEmpty({ bytes }: RawBatch): boolean {
  return bytes.length <= emptyBatch.bytes.length;
}

const names = {
  id: Buffer.from('id'),
  firstBatch: Buffer.from('firstBatch'),
  nextBatch: Buffer.from('nextBatch'),
  ns: Buffer.from('ns'),
};

interface CursorReply {
  /** 0: no more batches. */
  readonly id: bigint;
  readonly batch: RawBatch;
  /** The collection that a getMore must name. */
  readonly collection: string;
}

/** Reads the raw `cursor` of a reply; the batch shares its memory. @throws FORMAT_INVALID */
export function readCursor(cursor: Buffer): CursorReply {
  const idAt = findElement(cursor, 0, cursor.length, names.id);
  const first = findElement(cursor, 0, cursor.length, names.firstBatch);
  const batchAt = first >= 0 ? first : findElement(cursor, 0, cursor.length, names.nextBatch);
  if (idAt < 0 || batchAt < 0 || cursor[batchAt] !== elementType.array) throw damagedBson(0, 'this is no cursor');
  const start = textEnd(cursor, batchAt + 1, cursor.length) + 1;
  const end = documentEnd(cursor, start, cursor.length);
  return {
    id: readId(cursor, idAt),
    batch: { bytes: cursor.subarray(start, end) },
    collection: readCollection(cursor),
  };
}

function readId(cursor: Buffer, element: number): bigint {
  const at = element + 1 + names.id.length + 1;
  if (cursor[element] === elementType.int64) return cursor.readBigInt64LE(at);
  return cursor[element] === elementType.int32 ? BigInt(cursor.readInt32LE(at)) : 0n;
}

function readCollection(cursor: Buffer): string {
  const element = findElement(cursor, 0, cursor.length, names.ns);
  if (element < 0 || cursor[element] !== elementType.string) throw damagedBson(0, 'a cursor tells no namespace');
  const at = element + 1 + names.ns.length + 1;
  const namespace = cursor.toString('utf8', at + 4, stringEnd(cursor, at, cursor.length) - 1);
  return namespace.slice(namespace.indexOf('.') + 1);
}

/** Calls `take` with where each document of the batch begins and ends, in order. */
export function forEachDocument({ bytes }: RawBatch, take: (start: number, end: number) => void): void {
  const last = bytes.length - 1;
  let at = 4;
  while (at < last) {
    const type = bytes[at] ?? 0;
    if (type !== elementType.document) throw damagedBson(at, 'a batch holds something that is no document');
    const start = textEnd(bytes, at + 1, last) + 1;
    at = valueEnd(bytes, type, start, last);
    take(start, at);
  }
}

/** The documents one by one, for batches that are small. */
export function documentsIn(batch: RawBatch): Buffer[] {
  const found: Buffer[] = [];
  forEachDocument(batch, (start, end) => found.push(batch.bytes.subarray(start, end)));
  return found;
}
