import { documentEnd, textEnd, valueEnd } from '../model/bson-walk.ts';
import { BsonWriter } from './bson-writer.ts';
import { sameName } from './update-context.ts';

/** A field of the top level and the element that takes its place. Offsets are into `update`. */
export interface FieldSet {
  readonly update: Buffer;
  readonly nameAt: number;
  readonly nameEnd: number;
  readonly at: number;
  readonly end: number;
}

/** With more different fields than this, one update after the other is quicker than looking at each field for each name. */
export const mostFields = 32;
const dot = 0x2e;
/** `{$v: 2, diff: {u: {` (servers since 5.0) and `{$v: 1, $set: {`, around the lengths of the documents. */
export const diffForm = [
  Buffer.from('\x10$v\0\x02\0\0\0\x03diff\0', 'latin1'),
  Buffer.from('\x03u\0', 'latin1'),
] as const;
export const setForm = [Buffer.from('\x10$v\0\x01\0\0\0\x03$set\0', 'latin1')] as const;

/** What an update is that only sets fields: they are in the innermost of the documents that these bytes begin. */
export type SetForm = typeof diffForm | typeof setForm;

/** An update that only sets fields. */
export interface SetUpdate {
  readonly form: SetForm;
  readonly fields: readonly FieldSet[];
}

/** The fields that an update sets, each once, when it does nothing else: what `$set` and `$inc` of fields of the top level become. */
export function setsOf(update: Buffer): SetUpdate | undefined {
  const inDiff = fieldsAt(update, diffForm);
  const start = inDiff ?? fieldsAt(update, setForm);
  if (start === undefined) return undefined;
  const end = documentEnd(update, start, update.length);
  const sets: FieldSet[] = [];
  for (let at = start + 4; at < end - 1; ) {
    const zero = textEnd(update, at + 1, end - 1);
    const next = valueEnd(update, update[at] ?? 0, zero + 1, end - 1);
    // A path in $set; in a diff an odd name, which is left to it too.
    if (hasDot(update, at + 1, zero) || sets.length === mostFields) return undefined;
    const set = { update, nameAt: at + 1, nameEnd: zero, at, end: next };
    // Of several fields with one name each stands for itself.
    if (sets.some((other) => sameFieldName(set, other))) return undefined;
    sets.push(set);
    at = next;
  }
  return { form: inDiff === undefined ? setForm : diffForm, fields: sets };
}

/** Where the document of the fields begins, in an update of this form that holds nothing else. */
function fieldsAt(update: Buffer, form: readonly Buffer[]): number | undefined {
  let at = 0;
  for (const head of form) {
    if (!holds(update, at + 4, head)) return undefined;
    at += 4 + head.length;
  }
  return documentEnd(update, at, update.length) === update.length - form.length ? at : undefined;
}

function hasDot(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === dot) return true;
  return false;
}

function holds(bytes: Buffer, at: number, part: Buffer): boolean {
  for (let index = 0; index < part.length; index++) if (bytes[at + index] !== part[index]) return false;
  return true;
}

/**
 * A document after several updates that only set fields, oldest first, in one walk: what counts of each field is its newest value.
 * Undefined when that would not be the same as one update after the other: a field that is not there is appended in the order of the updates.
 */
export function applySets(document: Buffer, updates: readonly (readonly FieldSet[])[]): Buffer | undefined {
  const newest = newestOf(updates);
  if (newest === undefined) return undefined;
  const taken = newest.map(() => false);
  let left = newest.length;
  const out = new BsonWriter(document.length + newest.reduce((sum, { at, end }) => sum + end - at, 0));
  const began = out.begin();
  const last = documentEnd(document, 0, document.length) - 1;
  let copied = 4;
  for (let at = 4; at < last && left > 0; ) {
    const zero = textEnd(document, at + 1, last);
    const next = valueEnd(document, document[at] ?? 0, zero + 1, last);
    const index = newest.findIndex((set) => sameName(document, at + 1, zero, set.update, set.nameAt, set.nameEnd));
    const set = newest[index];
    // Of several fields with one name the first is meant, as in apply-diff.ts.
    if (set !== undefined && taken[index] !== true) {
      out.copy(document, copied, at);
      out.copy(set.update, set.at, set.end);
      copied = next;
      taken[index] = true;
      left--;
    }
    at = next;
  }
  if (left > 0) return undefined;
  out.copy(document, copied, last);
  out.finish(began);
  return out.written;
}

/** Undefined: they are too many. */
function newestOf(updates: readonly (readonly FieldSet[])[]): readonly FieldSet[] | undefined {
  const newest: FieldSet[] = [];
  for (const sets of updates.toReversed()) {
    for (const set of sets) {
      if (!newest.some((other) => sameFieldName(set, other))) newest.push(set);
      if (newest.length > mostFields) return undefined;
    }
  }
  return newest;
}

export function sameFieldName(one: FieldSet, other: FieldSet): boolean {
  return sameName(one.update, one.nameAt, one.nameEnd, other.update, other.nameAt, other.nameEnd);
}
