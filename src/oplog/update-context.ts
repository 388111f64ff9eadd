import { damagedBson, textEnd, valueEnd } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import type { BsonWriter } from './bson-writer.ts';

/** What stays the same while one update is applied. */
export interface UpdateContext {
  readonly document: Buffer;
  readonly update: Buffer;
  readonly out: BsonWriter;
  /**
   * The base may be newer than the update (BACKUP: a scan is fuzzy until its end): what does not fit is written as a secondary in its
   * initial sync does, because a later entry brings it in order. Otherwise it is STORE_CORRUPT.
   */
  readonly lenient: boolean;
}

/** Deeper than the server allows at any setting (250). */
const deepest = 256;

export function checkDepth(depth: number, at: number): void {
  if (depth > deepest) throw damagedBson(at, `documents are nested more than ${deepest} deep`);
}

/**
 * An update that does not fit. Throws when the document is exact, except where a name occurs twice: there secondaries of the source differ
 * from its primary (they change every field of the name, the primary the first), and the document may come from one of them.
 */
export function misfit(context: UpdateContext, start: number, end: number, name: Buffer, why: string): void {
  if (context.lenient || occurrences(context.document, start, end, name) > 1) return;
  throw new AppError('STORE_CORRUPT', `an update does not fit its document: field "${name.toString()}" ${why}`, {
    hint: 'Run "leafward backup verify", then start a resync of this replica set: it sends only what differs.',
  });
}

function occurrences(bytes: Buffer, start: number, end: number, name: Buffer): number {
  let found = 0;
  for (let at = start + 4; at < end - 1; ) {
    const zero = textEnd(bytes, at + 1, end);
    if (sameName(bytes, at + 1, zero, name, 0, name.length)) found++;
    at = valueEnd(bytes, bytes[at] ?? 0, zero + 1, end - 1);
  }
  return found;
}

export function sameName(
  one: Buffer,
  start: number,
  end: number,
  other: Buffer,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let at = start, with_ = otherStart; at < end; at++, with_++) if (one[at] !== other[with_]) return false;
  return true;
}

export function unknownUpdate(what: string): AppError {
  return new AppError(
    'OPLOG_UNKNOWN',
    `an update in the oplog has ${what}, which this version of Leafward does not know`,
  );
}

/** The number that a name is written as (an index of an array), or -1. */
export function indexOf(bytes: Buffer, start: number, end: number): number {
  if (start >= end || end - start > 9) return -1;
  let index = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    index = index * 10 + digit;
  }
  return index;
}
