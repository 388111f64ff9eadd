import type { ClientSession, Db, Document } from 'mongodb';
// The driver's own class for raw documents, which it does not export: this is the only file that knows it. The driver is pinned.
import { DocumentSequence } from 'mongodb/lib/cmap/commands.js';
import { elementType, findElement, textEnd, valueEnd } from '../model/bson-walk.ts';

/** Raw documents one after another in one buffer: what an insert sends, without an object per document. */
export interface DocumentBatch {
  readonly bytes: Buffer;
  readonly count: number;
}

export interface RefusedWrite {
  /** Place in the batch. */
  readonly index: number;
  readonly code: number;
  readonly message: string;
}

/** An insert takes at most 48,000,000 bytes and 100,000 documents (hello: maxMessageSizeBytes, maxWriteBatchSize). */
export const batchLimits = { documents: 50_000, bytes: 2 * 2 ** 20 } as const;

/** Refusals repeat an `_id`, whose texts need not be UTF-8. */
const anyText = { enableUtf8Validation: false };

export interface InsertSettings {
  /** Stops at the first refusal, and keeps the order: for natural order. */
  readonly ordered: boolean;
  /** MongoDB 8.0 and newer: Timestamp(0, 0) stays as it is. */
  readonly keepEmptyTimestamps: boolean;
  readonly signal: AbortSignal;
}

export interface WriteSettings {
  readonly signal: AbortSignal;
  /** With a transaction that is under way. */
  readonly session?: ClientSession;
}

/** Sends an insert or an update that no validator of the collection refuses. */
async function write(
  database: Db,
  command: Document,
  { keepEmptyTimestamps, ...how }: Pick<InsertSettings, 'keepEmptyTimestamps'> & WriteSettings,
): Promise<readonly RefusedWrite[]> {
  const fields = {
    ...command,
    bypassDocumentValidation: true,
    ...(keepEmptyTimestamps ? { bypassEmptyTsReplacement: true } : {}),
  };
  return refusals(await send(database, fields, how));
}

/** A transaction has the write concern of its commit. */
function send(database: Db, command: Document, { session, signal }: WriteSettings): Promise<Document> {
  if (session !== undefined) return database.command(command, { session, signal, ...anyText });
  return database.command({ ...command, writeConcern: { w: 1 } }, { signal, ...anyText });
}

/** Inserts bytes as they are: every type, the order of fields, duplicate names. Acknowledged by the primary alone. */
export async function insertRaw(
  database: Db,
  collection: string,
  batch: DocumentBatch,
  { ordered, keepEmptyTimestamps, signal }: InsertSettings,
): Promise<readonly RefusedWrite[]> {
  const documents = sequence('documents', batch.bytes);
  return write(database, { insert: collection, documents, ordered }, { keepEmptyTimestamps, signal });
}

/**
 * Before 8.0 an insert replaces Timestamp(0, 0) in the top level of a document by the time. An update that finds nothing and inserts
 * what its pipeline makes does not. (To put the document right afterwards is no way: the server computes the difference of the two
 * for its oplog, and mongod 6.0 aborts where a name that changes stands in it twice.) A document that is there is a duplicate key, as with an insert.
 */
export async function insertAsUpserts(
  database: Db,
  collection: string,
  documents: readonly Buffer[],
  { ordered, ...how }: Pick<InsertSettings, 'ordered'> & WriteSettings,
): Promise<readonly RefusedWrite[]> {
  const updates = sequence('updates', Buffer.concat(documents.map(upsertStatement)));
  return write(database, { update: collection, updates, ordered }, { keepEmptyTimestamps: false, ...how });
}

/**
 * Puts a document in the place of the one with its `_id` by an update whose pipeline makes it: it may hold names that begin with a dollar sign
 * (5.0 and newer) and a Timestamp(0, 0). Not for documents in which a name stands twice (mongod 6.0 aborts), and not on replica sets, whose other members
 * get the difference alone.
 */
export async function replaceByPipeline(
  database: Db,
  collection: string,
  document: Buffer,
  how: WriteSettings,
): Promise<readonly RefusedWrite[]> {
  const update = rawDocument(
    rawElement(elementType.document, 'q', rawDocument(sameId(document))),
    rawElement(elementType.array, 'u', literalPipeline(document)),
  );
  const command = { update: collection, updates: sequence('updates', update), ordered: true };
  return write(database, command, { keepEmptyTimestamps: false, ...how });
}

const emptyTimestamp = Buffer.alloc(9);

/**
 * Puts these documents in place of those with the same `_id`, where there are any. As a replacement: an update by modifiers or by a pipeline
 * could not keep the order of fields and names that stand twice. A Timestamp(0, 0) is replaced by the time before 8.0.
 */
export async function replaceRaw(
  database: Db,
  collection: string,
  documents: readonly Buffer[],
  settings: Pick<InsertSettings, 'keepEmptyTimestamps' | 'signal'>,
): Promise<readonly RefusedWrite[]> {
  const updates = documents.map((document) =>
    rawDocument(
      rawElement(elementType.document, 'q', rawDocument(sameId(document))),
      rawElement(elementType.document, 'u', document),
    ),
  );
  const command = { update: collection, updates: sequence('updates', Buffer.concat(updates)), ordered: false };
  return write(database, command, settings);
}

/** Deletes what has the `_id` of one of these documents. */
export async function deleteRaw(
  database: Db,
  collection: string,
  documents: readonly Buffer[],
  how: WriteSettings,
): Promise<void> {
  const limit = Buffer.from([1, 0, 0, 0]);
  const deletes = documents.map((document) =>
    rawDocument(
      rawElement(elementType.document, 'q', rawDocument(sameId(document))),
      rawElement(elementType.int32, 'limit', limit),
    ),
  );
  await send(database, { delete: collection, deletes: sequence('deletes', Buffer.concat(deletes)) }, how);
}

/** May there be a Timestamp(0, 0) in these bytes? Quick, and sometimes wrong towards yes. */
export function mayHoldEmptyTimestamp(bytes: Buffer): boolean {
  // The zero after the field's name, and eight of the value.
  return bytes.includes(emptyTimestamp);
}

/** Does the top level of the document hold a Timestamp(0, 0) (outside of `_id`, which the server leaves alone)? */
export function holdsEmptyTimestamp(document: Buffer): boolean {
  const end = document.length - 1;
  for (let at = 4; at < end; ) {
    const type = document[at] ?? 0;
    const valueAt = textEnd(document, at + 1, end) + 1;
    if (type === elementType.timestamp && at > 4 && document.readBigUInt64LE(valueAt) === 0n) return true;
    at = valueEnd(document, type, valueAt, end);
  }
  return false;
}

/** Does a name in the top level begin with a dollar sign? */
export function holdsDollarName(document: Buffer): boolean {
  const end = document.length - 1;
  for (let at = 4; at < end; ) {
    if (document[at + 1] === dollar) return true;
    const valueAt = textEnd(document, at + 1, end) + 1;
    at = valueEnd(document, document[at] ?? 0, valueAt, end);
  }
  return false;
}

const dollar = 0x24;

/** The class counts the bytes; that it thinks of all documents as one is without effect on what it sends. */
function sequence(field: string, bytes: Buffer): DocumentSequence {
  const made = new DocumentSequence(field);
  made.push({}, bytes);
  return made;
}

/** `{q: {_id: {$eq: …}, $nor: [{}]}, u: [{$replaceRoot: {newRoot: {$literal: document}}}], upsert: true}`, raw. */
function upsertStatement(document: Buffer): Buffer {
  const filter = rawDocument(
    sameId(document),
    rawElement(elementType.array, '$nor', rawDocument(rawElement(elementType.document, '0', rawDocument()))),
  );
  return rawDocument(
    rawElement(elementType.document, 'q', filter),
    rawElement(elementType.array, 'u', literalPipeline(document)),
    rawElement(elementType.boolean, 'upsert', Buffer.of(1)),
  );
}

/** `[{$replaceRoot: {newRoot: {$literal: document}}}]`, raw. */
function literalPipeline(document: Buffer): Buffer {
  const literal = rawDocument(rawElement(elementType.document, '$literal', document));
  const newRoot = rawDocument(rawElement(elementType.document, 'newRoot', literal));
  const stage = rawDocument(rawElement(elementType.document, '$replaceRoot', newRoot));
  return rawDocument(rawElement(elementType.document, '0', stage));
}

/** `_id: {$eq: …}` */
function sameId(document: Buffer): Buffer {
  const idAt = findElement(document, 0, document.length, Buffer.from('_id'));
  const valueAt = idAt + 5;
  const type = document[idAt] ?? 0;
  const id = document.subarray(valueAt, valueEnd(document, type, valueAt, document.length - 1));
  return rawElement(elementType.document, '_id', rawDocument(rawElement(type, '$eq', id)));
}

function rawElement(type: number, name: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), value]);
}

function rawDocument(...elements: readonly Buffer[]): Buffer {
  const size = elements.reduce((sum, { length }) => sum + length, 5);
  const head = Buffer.alloc(4);
  head.writeInt32LE(size);
  return Buffer.concat([head, ...elements, Buffer.of(0)]);
}

function refusals(reply: Document): RefusedWrite[] {
  const errors: unknown = reply['writeErrors'];
  if (!Array.isArray(errors)) return [];
  return errors.map((error: Document) => ({
    index: Number(error['index']),
    code: Number(error['code']),
    message: String(error['errmsg']),
  }));
}
