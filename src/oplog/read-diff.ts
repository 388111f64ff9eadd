import { damagedBson, documentEnd, elementType, textEnd, valueEnd } from '../model/bson-walk.ts';
import { indexOf, unknownUpdate } from './update-context.ts';

/** A field that a diff changes. Offsets are into the update. */
export interface Modification {
  readonly kind: 'delete' | 'update' | 'insert' | 'binary' | 'sub';
  readonly nameAt: number;
  readonly nameEnd: number;
  /** Of the element that takes the field's place; of a sub-diff its own element. */
  readonly at: number;
  readonly valueAt: number;
  readonly end: number;
  readonly binary?: { readonly offset: number; readonly dataAt: number; readonly dataEnd: number };
  /** The document had a field of this name. */
  seen: boolean;
}
export interface ArrayModification {
  readonly kind: 'update' | 'sub';
  readonly index: number;
  readonly type: number;
  readonly valueAt: number;
  readonly end: number;
}

/** Arrays in a document of 16 MiB have fewer elements; it bounds what a damaged diff can make. */
const mostElements = 8_000_000;
const letter = { a: 0x61, b: 0x62, d: 0x64, i: 0x69, l: 0x6c, s: 0x73, u: 0x75 } as const;

/** Says whether the diff at `start` is that of an array: it begins with the field `a`. */
export function isArrayDiff(update: Buffer, start: number): boolean {
  return update[start + 4] === elementType.boolean && update[start + 5] === letter.a && update[start + 6] === 0;
}

interface DocumentDiff {
  readonly modifications: readonly Modification[];
  /** Updates, then inserts: what is appended when the document has no such field (inserts: always). */
  readonly appended: readonly Modification[];
}

/**
 * Reads a diff of a document: sections `d` (names), `u` and `i` (elements), `b` (bytes within a binary) and `s…` (a diff of the field whose
 * name follows the s). @throws OPLOG_UNKNOWN for any other section
 */
export function readDocumentDiff(update: Buffer, start: number, end: number): DocumentDiff {
  const modifications: Modification[] = [];
  const updates: Modification[] = [];
  const inserts: Modification[] = [];
  for (let at = start + 4; at < end - 1; ) {
    const zero = textEnd(update, at + 1, end - 1);
    const next = valueEnd(update, update[at] ?? 0, zero + 1, end - 1);
    if (update[at] !== elementType.document) throw unknownSection(update, at, zero);
    if (update[at + 1] === letter.s) {
      const valueAt = zero + 1;
      modifications.push({ kind: 'sub', nameAt: at + 2, nameEnd: zero, at, valueAt, end: next, seen: false });
    } else {
      const kind = sectionKind(update, at, zero);
      for (const modification of readSection(update, kind, zero + 1, next)) {
        modifications.push(modification);
        if (kind === 'update') updates.push(modification);
        if (kind === 'insert') inserts.push(modification);
      }
    }
    at = next;
  }
  return { modifications, appended: [...updates, ...inserts] };
}

function sectionKind(update: Buffer, at: number, zero: number): Exclude<Modification['kind'], 'sub'> {
  if (zero === at + 2) {
    if (update[at + 1] === letter.d) return 'delete';
    if (update[at + 1] === letter.u) return 'update';
    if (update[at + 1] === letter.i) return 'insert';
    if (update[at + 1] === letter.b) return 'binary';
  }
  throw unknownSection(update, at, zero);
}

function unknownSection(update: Buffer, at: number, zero: number): Error {
  return unknownUpdate(`a diff section "${update.toString('utf8', at + 1, zero)}" of type ${update[at] ?? 0}`);
}

function readSection(
  update: Buffer,
  kind: Exclude<Modification['kind'], 'sub'>,
  start: number,
  end: number,
): Modification[] {
  const found: Modification[] = [];
  for (let at = start + 4; at < end - 1; ) {
    const zero = textEnd(update, at + 1, end - 1);
    const next = valueEnd(update, update[at] ?? 0, zero + 1, end - 1);
    const binary = kind === 'binary' ? { binary: readBinary(update, at, zero, next) } : {};
    found.push({ kind, nameAt: at + 1, nameEnd: zero, at, valueAt: zero + 1, end: next, seen: false, ...binary });
    at = next;
  }
  return found;
}

/** `{o: offset, d: bytes}` */
function readBinary(update: Buffer, at: number, zero: number, end: number): NonNullable<Modification['binary']> {
  if (update[at] !== elementType.document) throw unknownUpdate('a binary section that is no document');
  let offset = -1;
  let dataAt = -1;
  let dataEnd = -1;
  for (let inner = zero + 5; inner < end - 1; ) {
    const innerZero = textEnd(update, inner + 1, end - 1);
    const next = valueEnd(update, update[inner] ?? 0, innerZero + 1, end - 1);
    const name = update.toString('latin1', inner + 1, innerZero);
    if (name === 'o' && update[inner] === elementType.int32) offset = update.readInt32LE(innerZero + 1);
    else if (name === 'd' && update[inner] === elementType.binary) [dataAt, dataEnd] = [innerZero + 6, next];
    else throw unknownUpdate(`a field "${name}" in a binary section`);
    inner = next;
  }
  if (offset < 0 || dataAt < 0) throw damagedBson(at, 'a binary section lacks its offset or its bytes');
  return { offset, dataAt, dataEnd };
}

/**
 * Reads a diff of an array: `a: true`, perhaps `l` (its new length), then `uN` (the element N) and `sN` (a diff of it) in rising order.
 * @throws OPLOG_UNKNOWN for any other field
 */
export function readArrayDiff(
  update: Buffer,
  start: number,
  end: number,
): { readonly newLength: number; readonly modifications: readonly ArrayModification[] } {
  const modifications: ArrayModification[] = [];
  let newLength = Number.POSITIVE_INFINITY;
  // After `a: true`, which is how it was told from a document's.
  for (let at = start + 8; at < end - 1; ) {
    const type = update[at] ?? 0;
    const zero = textEnd(update, at + 1, end - 1);
    const next = valueEnd(update, type, zero + 1, end - 1);
    const first = update[at + 1];
    if (zero === at + 2 && first === letter.l && type === elementType.int32) {
      newLength = update.readInt32LE(zero + 1);
      if (newLength < 0 || newLength > mostElements) throw damagedBson(at, `an array of ${newLength} elements`);
    } else {
      const index = indexOf(update, at + 2, zero);
      const sub = first === letter.s && type === elementType.document;
      if (index < 0 || (!sub && first !== letter.u)) throw unknownSection(update, at, zero);
      if (index <= (modifications.at(-1)?.index ?? -1) || index > mostElements) {
        throw damagedBson(at, 'an array diff is not in rising order');
      }
      modifications.push({ kind: sub ? 'sub' : 'update', index, type, valueAt: zero + 1, end: next });
    }
    at = next;
  }
  return { newLength, modifications };
}

/** Walks a diff without applying it. @throws OPLOG_UNKNOWN, FORMAT_INVALID */
export function checkDiff(update: Buffer, start: number, limit: number, depth = 0): void {
  const end = documentEnd(update, start, limit);
  if (depth > 256) throw damagedBson(start, 'a diff is nested more than 256 deep');
  const { modifications } = isArrayDiff(update, start)
    ? readArrayDiff(update, start, end)
    : readDocumentDiff(update, start, end);
  for (const { kind, valueAt, end: valueLimit } of modifications) {
    if (kind === 'sub') checkDiff(update, valueAt, valueLimit, depth + 1);
  }
}
