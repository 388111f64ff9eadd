import { documentEnd, textEnd, valueEnd } from '../model/bson-walk.ts';
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

/** Is given the fields of an update. */
export interface FieldTaker {
  /** An element of the top level: name and end in `update`, the type stands before the name. False: the update is not to be taken. */
  take(update: Buffer, nameAt: number, nameEnd: number, end: number): boolean;
}

/** An update that only sets fields. */
export interface SetUpdate {
  readonly form: SetForm;
  readonly fields: readonly FieldSet[];
}

/** The fields that an update sets, each once, when it does nothing else: what `$set` and `$inc` of fields of the top level become. */
export function setsOf(update: Buffer): SetUpdate | undefined {
  const list = new FieldList();
  const form = readSets(update, 0, list);
  return form === undefined ? undefined : { form, fields: list.fields };
}

class FieldList implements FieldTaker {
  readonly fields: FieldSet[] = [];

  take(update: Buffer, nameAt: number, nameEnd: number, end: number): boolean {
    const set = { update, nameAt, nameEnd, at: nameAt - 1, end };
    // Of several fields with one name each stands for itself.
    if (this.fields.length === mostFields || this.fields.some((other) => sameFieldName(set, other))) return false;
    this.fields.push(set);
    return true;
  }
}

/** Gives the fields that the update at `start` sets, in their order, when it does nothing else. Undefined: it does, or a field was not taken. */
export function readSets(update: Buffer, start: number, taker: FieldTaker): SetForm | undefined {
  const end = documentEnd(update, start, update.length);
  const inDiff = fieldsAt(update, start, end, diffForm);
  const place = inDiff >= 0 ? inDiff : fieldsAt(update, start, end, setForm);
  if (place < 0) return undefined;
  const last = documentEnd(update, place, end) - 1;
  for (let at = place + 4; at < last; ) {
    const zero = textEnd(update, at + 1, last);
    const next = valueEnd(update, update[at] ?? 0, zero + 1, last);
    // A path in $set; in a diff an odd name, which is left to it too.
    if (hasDot(update, at + 1, zero) || !taker.take(update, at + 1, zero, next)) return undefined;
    at = next;
  }
  return inDiff >= 0 ? diffForm : setForm;
}

/** Where the document of the fields begins in the update from `start` to `end`, when it is of this form and holds nothing else; otherwise -1. */
function fieldsAt(update: Buffer, start: number, end: number, form: SetForm): number {
  let at = start;
  for (const head of form) {
    if (!holds(update, at + 4, head)) return -1;
    at += 4 + head.length;
  }
  return documentEnd(update, at, end) === end - form.length ? at : -1;
}

function hasDot(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === dot) return true;
  return false;
}

function holds(bytes: Buffer, at: number, part: Buffer): boolean {
  for (let index = 0; index < part.length; index++) if (bytes[at + index] !== part[index]) return false;
  return true;
}

export function sameFieldName(one: FieldSet, other: FieldSet): boolean {
  return sameName(one.update, one.nameAt, one.nameEnd, other.update, other.nameAt, other.nameEnd);
}
