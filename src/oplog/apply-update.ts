import type { RunUpdate } from '../blocks/ports.ts';
import { damagedBson, documentEnd, elementType, findElement, textEnd, valueEnd } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import { applyDocumentDiff } from './apply-diff.ts';
import { applyToDocument } from './apply-modifiers.ts';
import { BsonWriter } from './bson-writer.ts';
import { checkDiff } from './read-diff.ts';
import { readModifiers } from './read-modifiers.ts';
import { sameName, unknownUpdate } from './update-context.ts';

const idName = Buffer.from('_id');
const idWithZero = Buffer.from('_id\0');
const versionName = Buffer.from('$v');
const diffName = Buffer.from('diff');
const selectorName = Buffer.from('o2');
const updateName = Buffer.from('o');
const emptyDocument = Buffer.from([5, 0, 0, 0, 0]);
const dollar = 0x24;

/**
 * Applies one update of the oplog to a raw document and gives a new one; nothing of either becomes an object, so order, types, and
 * names that occur twice stay as they are. An update is a diff (`{$v: 2, diff}`), modifiers (`{$v: 1, $set, $unset}`, `$v` may be
 * missing) or a replacement (no `$`); that of an upsert is `{o2, o}` (see upsertBody), because the new document takes its `_id` from `o2`.
 *
 * A document that is not there: undefined when `lenient` (it was deleted before the scan read its place), else STORE_CORRUPT.
 * @throws OPLOG_UNKNOWN for a kind of update that this version does not know, FORMAT_INVALID for damaged bytes
 */
export function applyUpdate(
  document: Buffer | undefined,
  { update, upsert }: RunUpdate,
  lenient: boolean,
): Buffer | undefined {
  if (upsert) return applyUpsert(document, update, lenient);
  if (document !== undefined) return applyToOne(document, update, lenient);
  if (lenient) return undefined;
  throw new AppError('STORE_CORRUPT', 'the oplog updates a document that is not there', {
    hint: 'Run "leafward backup verify", then start a resync of this replica set: it sends only what differs.',
  });
}

function applyUpsert(document: Buffer | undefined, both: Buffer, lenient: boolean): Buffer {
  const selector = innerDocument(both, selectorName);
  const update = innerDocument(both, updateName);
  // Only what a user gave to applyOps upserts. Servers since 5.0 log no modifiers of their own, so the order is theirs.
  return applyToOne(document ?? onlyId(selector), update, lenient || document === undefined, true);
}

/** The update of an upsert: `{o2: selector, o: update}`. */
export function upsertBody(selector: Buffer, update: Buffer): Buffer {
  const out = new BsonWriter(selector.length + update.length + 16);
  const began = out.begin();
  for (const [name, value] of [
    [selectorName, selector],
    [updateName, update],
  ] as const) {
    out.head(elementType.document, name, 0, name.length);
    out.copy(value, 0, value.length);
  }
  out.finish(began);
  return out.written;
}

function applyToOne(document: Buffer, update: Buffer, lenient: boolean, byUser = false): Buffer {
  const end = documentEnd(document, 0, document.length);
  documentEnd(update, 0, update.length);
  const kind = updateKind(update);
  if (kind === 'replacement') return replace(document, update);
  const context = { document, update, lenient, out: new BsonWriter(document.length + update.length) };
  if (kind === 'diff') {
    const diff = diffPlace(update);
    applyDocumentDiff(context, 0, end, diff.start, diff.end);
  } else {
    applyToDocument(context, 0, end, readModifiers(update, byUser));
  }
  return withIdFirst(context.out.written);
}

/** What kind of update this is. @throws OPLOG_UNKNOWN for a `$v` other than 1 and 2 */
export function updateKind(update: Buffer): 'diff' | 'modifiers' | 'replacement' {
  if (update[5] !== dollar) return 'replacement';
  const at = findElement(update, 0, update.length, versionName);
  if (at < 0) return 'modifiers';
  const version = versionOf(update, at);
  if (version === 1) return 'modifiers';
  if (version === 2) return 'diff';
  throw unknownUpdate(`$v: ${version}`);
}

/** Does a replacement name the `_id` that the document has from then on? */
export function updateHasId(update: Buffer): boolean {
  return findElement(update, 0, update.length, idName) >= 0;
}

function versionOf(update: Buffer, at: number): number {
  const valueAt = at + 4;
  switch (update[at]) {
    case elementType.int32:
      return update.readInt32LE(valueAt);
    case elementType.int64:
      return Number(update.readBigInt64LE(valueAt));
    case elementType.double:
      return update.readDoubleLE(valueAt);
    default:
      throw unknownUpdate(`a $v of type ${update[at] ?? 0}`);
  }
}

/** Walks an update as applying it would. @throws OPLOG_UNKNOWN, FORMAT_INVALID */
export function checkUpdate(update: Buffer): void {
  const kind = updateKind(update);
  if (kind === 'modifiers') readModifiers(update);
  if (kind !== 'diff') return;
  const { start, end } = diffPlace(update);
  checkDiff(update, start, end);
}

function diffPlace(update: Buffer): { readonly start: number; readonly end: number } {
  const at = findElement(update, 0, update.length, diffName);
  if (at < 0 || update[at] !== elementType.document) throw damagedBson(0, 'an update with $v: 2 has no diff');
  const start = at + 1 + diffName.length + 1;
  return { start, end: documentEnd(update, start, update.length) };
}

/** The server keeps the `_id` of a document whose replacement has none, and puts `_id` in front. */
function replace(document: Buffer, replacement: Buffer): Buffer {
  return updateHasId(replacement) ? withIdFirst(replacement) : join(idElement(document), replacement);
}

/** The entry of a pipeline may hold a replacement in which other fields come before `_id`; the server stores `_id` first. */
export function withIdFirst(document: Buffer): Buffer {
  if (isIdAt(document, 4)) return document;
  const id = idElement(document);
  const at = id.byteOffset - document.byteOffset;
  return join(id, document.subarray(0, at), document.subarray(at + id.length));
}

/** A document of the element, then those of a document (which may come in two pieces) after its length. */
function join(element: Buffer, first: Buffer, second?: Buffer): Buffer {
  const out = new BsonWriter(element.length + first.length + (second?.length ?? 0));
  const began = out.begin();
  out.copy(element, 0, element.length);
  out.copy(first, 4, second === undefined ? first.length - 1 : first.length);
  if (second !== undefined) out.copy(second, 0, second.length - 1);
  out.finish(began);
  return out.written;
}

/** Is the element at `at` called `_id`? */
export function isIdAt(document: Buffer, at: number): boolean {
  return sameName(document, at + 1, at + 5, idWithZero, 0, idWithZero.length);
}

function onlyId(selector: Buffer): Buffer {
  return join(idElement(selector), emptyDocument);
}

function idElement(bytes: Buffer): Buffer {
  const at = findElement(bytes, 0, bytes.length, idName);
  if (at < 0) throw damagedBson(0, 'the document has no _id');
  return bytes.subarray(at, elementEnd(bytes, at));
}

function elementEnd(bytes: Buffer, at: number): number {
  const zero = textEnd(bytes, at + 1, bytes.length);
  return valueEnd(bytes, bytes[at] ?? 0, zero + 1, bytes.length - 1);
}

function innerDocument(bytes: Buffer, name: Buffer): Buffer {
  const at = findElement(bytes, 0, bytes.length, name);
  if (at < 0 || bytes[at] !== elementType.document) throw damagedBson(0, `an upsert has no ${name.toString()}`);
  return bytes.subarray(at + name.length + 2, elementEnd(bytes, at));
}
