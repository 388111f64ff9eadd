import { damagedBson, elementType, textEnd, valueEnd } from '../model/bson-walk.ts';
import { isArrayDiff, type Modification, readArrayDiff, readDocumentDiff } from './read-diff.ts';
import { checkDepth, misfit, sameName, type UpdateContext } from './update-context.ts';

/** Up to here a field's modification is found quicker by looking at each. */
const fewModifications = 8;

/**
 * Writes the document at [start, end) of `context.document` as the diff at [diffStart, diffEnd) of `context.update` changes it: the rules of the
 * server's delta updates (`$v: 2`). Fields keep their place; what is inserted goes to the end, also when the name was there before.
 */
export function applyDocumentDiff(
  context: UpdateContext,
  start: number,
  end: number,
  diffStart: number,
  diffEnd: number,
  depth = 0,
): void {
  checkDepth(depth, start);
  const { document, update, out } = context;
  const { modifications, appended } = readDocumentDiff(update, diffStart, diffEnd);
  const find = finder(update, modifications);
  const began = out.begin();
  const last = end - 1;
  for (let at = start + 4; at < last; ) {
    const type = document[at] ?? 0;
    const zero = textEnd(document, at + 1, last);
    const next = valueEnd(document, type, zero + 1, last);
    const modification = find(document, at + 1, zero);
    // Of several fields with one name the first is meant: that is what the primary changed when it wrote the entry.
    if (modification === undefined || modification.seen) {
      out.copy(document, at, next);
    } else {
      const found = { type, at, zero, next };
      changeField(context, found, modification, { start, end, depth });
      modification.seen = true;
    }
    at = next;
  }
  for (const modification of modifications) {
    if (!modification.seen && (modification.kind === 'sub' || modification.kind === 'binary')) {
      misfit(context, start, end, nameOf(update, modification), 'is not there');
    }
  }
  for (const modification of appended) {
    if (modification.kind === 'insert' || !modification.seen) out.copy(update, modification.at, modification.end);
  }
  out.finish(began);
}

interface Field {
  readonly type: number;
  readonly at: number;
  readonly zero: number;
  readonly next: number;
}
interface Around {
  readonly start: number;
  readonly end: number;
  readonly depth: number;
}

function changeField(context: UpdateContext, field: Field, modification: Modification, around: Around): void {
  const { document, update, out } = context;
  switch (modification.kind) {
    case 'delete':
    case 'insert':
      return;
    case 'update':
      return out.copy(update, modification.at, modification.end);
    case 'binary':
      return changeBinary(context, field, modification, around);
    case 'sub': {
      if (fits(update, field.type, modification)) {
        out.copy(document, field.at, field.zero + 1);
        return applyToValue(context, field.zero + 1, field.next, modification, around.depth + 1);
      }
      misfit(context, around.start, around.end, nameOf(update, modification), 'is of another type');
      // As the server does: a later entry sets it.
      out.head(elementType.null, document, field.at + 1, field.zero);
    }
  }
}

function fits(update: Buffer, type: number, { valueAt }: { readonly valueAt: number }): boolean {
  return type === (isArrayDiff(update, valueAt) ? elementType.array : elementType.document);
}

function applyToValue(
  context: UpdateContext,
  start: number,
  end: number,
  { valueAt, end: diffEnd }: { readonly valueAt: number; readonly end: number },
  depth: number,
): void {
  if (isArrayDiff(context.update, valueAt)) applyArrayDiff(context, start, end, valueAt, diffEnd, depth);
  else applyDocumentDiff(context, start, end, valueAt, diffEnd, depth);
}

/** The bytes before offset `o` stay, `d` follows (time-series buckets of MongoDB 8: columns that grow at their end). */
function changeBinary(context: UpdateContext, field: Field, modification: Modification, around: Around): void {
  const { document, update, out } = context;
  const { offset, dataAt, dataEnd } = modification.binary ?? { offset: 0, dataAt: 0, dataEnd: 0 };
  const valueAt = field.zero + 1;
  const size = field.type === elementType.binary ? field.next - valueAt - 5 : -1;
  if (offset > size) {
    misfit(context, around.start, around.end, nameOf(update, modification), 'is no binary of that length');
    return out.copy(document, field.at, field.next);
  }
  out.copy(document, field.at, valueAt);
  out.int32(offset + dataEnd - dataAt);
  out.copy(document, valueAt + 4, valueAt + 5 + offset);
  out.copy(update, dataAt, dataEnd);
}

function applyArrayDiff(
  context: UpdateContext,
  start: number,
  end: number,
  diffStart: number,
  diffEnd: number,
  depth: number,
): void {
  checkDepth(depth, start);
  const { document, update, out } = context;
  const { newLength, modifications } = readArrayDiff(update, diffStart, diffEnd);
  const began = out.begin();
  const last = end - 1;
  let index = 0;
  let turn = 0;
  for (let at = start + 4; at < last && index < newLength; index++) {
    const type = document[at] ?? 0;
    const zero = textEnd(document, at + 1, last);
    const next = valueEnd(document, type, zero + 1, last);
    const modification = modifications[turn];
    if (modification === undefined || modification.index !== index) {
      out.indexHead(type, index);
      out.copy(document, zero + 1, next);
    } else {
      turn++;
      if (modification.kind === 'update') {
        out.indexHead(modification.type, index);
        out.copy(update, modification.valueAt, modification.end);
      } else if (fits(update, type, modification)) {
        out.indexHead(type, index);
        applyToValue(context, zero + 1, next, modification, depth + 1);
      } else {
        misfit(context, start, end, Buffer.from(String(index)), 'is of another type');
        out.indexHead(elementType.null, index);
      }
    }
    at = next;
  }
  const wanted = Number.isFinite(newLength) ? newLength : (modifications.at(-1)?.index ?? -1) + 1;
  for (; index < wanted; index++) {
    const modification = modifications[turn];
    if (modification?.index === index) turn++;
    if (modification?.index === index && modification.kind === 'update') {
      out.indexHead(modification.type, index);
      out.copy(update, modification.valueAt, modification.end);
    } else {
      if (modification?.index === index) misfit(context, start, end, Buffer.from(String(index)), 'is not there');
      out.indexHead(elementType.null, index);
    }
  }
  if (turn < modifications.length) throw damagedBson(diffStart, 'an array diff changes what lies behind its new end');
  out.finish(began);
}

function nameOf(update: Buffer, { nameAt, nameEnd }: Modification): Buffer {
  return update.subarray(nameAt, nameEnd);
}

type Find = (bytes: Buffer, start: number, end: number) => Modification | undefined;

function finder(update: Buffer, modifications: readonly Modification[]): Find {
  if (modifications.length <= fewModifications) {
    return (bytes, start, end) => {
      for (const modification of modifications) {
        if (sameName(bytes, start, end, update, modification.nameAt, modification.nameEnd)) return modification;
      }
      return undefined;
    };
  }
  // Latin-1 keeps every byte, also of names that are no UTF-8.
  const byName = new Map<string, Modification>();
  for (const modification of modifications) {
    byName.set(update.toString('latin1', modification.nameAt, modification.nameEnd), modification);
  }
  return (bytes, start, end) => byName.get(bytes.toString('latin1', start, end));
}
