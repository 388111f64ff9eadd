import { damagedBson, elementType, textEnd, valueEnd } from '../model/bson-walk.ts';

/** What the `o` of an applyOps entry says. */
export interface ApplyOps {
  /** The array of operations. */
  readonly start: number;
  readonly end: number;
  /** More entries of the transaction follow. */
  readonly partial: boolean;
  readonly prepare: boolean;
  /** Updates insert where there is no document. A user's applyOps does so unless it says otherwise; a transaction never does. */
  readonly alwaysUpsert: boolean;
}

/** Reads `{applyOps: [...], partialTxn, prepare, count, …}` at [start, end). */
export function readApplyOps(bytes: Buffer, start: number, end: number): ApplyOps {
  const found = { start: -1, end: -1, partial: false, prepare: false, alwaysUpsert: true };
  for (let at = start + 4; at < end - 1; ) {
    const zero = textEnd(bytes, at + 1, end - 1);
    const valueAt = zero + 1;
    const next = valueEnd(bytes, bytes[at] ?? 0, valueAt, end - 1);
    const name = bytes.toString('latin1', at + 1, zero);
    if (name === 'applyOps' && bytes[at] === elementType.array) {
      found.start = valueAt;
      found.end = next;
    } else if (bytes[at] === elementType.boolean) {
      const isSet = bytes[valueAt] === 1;
      if (name === 'partialTxn') found.partial = isSet;
      if (name === 'prepare') found.prepare = isSet;
      if (name === 'alwaysUpsert') found.alwaysUpsert = isSet;
    }
    at = next;
  }
  if (found.start < 0) throw damagedBson(start, 'applyOps has no operations');
  return found;
}

/** Calls `visit` with the place of each operation in the array at [start, end). */
export function eachOperation(
  bytes: Buffer,
  start: number,
  end: number,
  visit: (start: number, end: number) => void,
): void {
  for (let at = start + 4; at < end - 1; ) {
    const zero = textEnd(bytes, at + 1, end - 1);
    const next = valueEnd(bytes, bytes[at] ?? 0, zero + 1, end - 1);
    if (bytes[at] !== elementType.document) throw damagedBson(at, 'an operation of applyOps is no document');
    visit(zero + 1, next);
    at = next;
  }
}
