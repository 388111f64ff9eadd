import type { JoinUpdates, RunUpdate } from '../blocks/ports.ts';
import { BsonWriter } from './bson-writer.ts';
import { diffForm, type FieldSet, mostFields, type SetForm, sameFieldName, setsOf } from './field-sets.ts';

/** Neighbours that are gathered. */
interface Joined {
  readonly form: SetForm;
  readonly fields: FieldSet[];
  /** The only one so far: it stays as it is. */
  single: RunUpdate | undefined;
}

/**
 * Joins neighbours that only set fields of the top level into one, in which each field has its newest value: a document that was changed a hundred times
 * takes the room of one change. Every document, also one in which a field is missing, becomes what the list would make of it.
 */
export const joinUpdates: JoinUpdates = (updates) => {
  if (updates.length < 2) return updates;
  const result: RunUpdate[] = [];
  let open: Joined | undefined;
  const close = (): void => {
    if (open !== undefined) result.push(open.single ?? written(open));
    open = undefined;
  };
  for (const update of updates) {
    const sets = update.upsert ? undefined : setsOf(update.update);
    if (sets === undefined) {
      close();
      result.push(update);
      continue;
    }
    if (open !== undefined && takes(open, sets.form, sets.fields)) continue;
    close();
    open = { form: sets.form, fields: [...sets.fields], single: update };
  }
  close();
  return result;
};

/** Takes the fields of the next update, unless that would not be the same. */
function takes(open: Joined, form: SetForm, fields: readonly FieldSet[]): boolean {
  if (open.form !== form) return false;
  const places = fields.map((field) => open.fields.findIndex((other) => sameFieldName(field, other)));
  const added = places.filter((place) => place < 0).length;
  // Modifiers append the fields that are not there by name: in one update they would come in another order.
  if (added > 0 && (form !== diffForm || open.fields.length + added > mostFields)) return false;
  for (const [index, field] of fields.entries()) {
    const place = places[index] ?? -1;
    if (place < 0) open.fields.push(field);
    else open.fields[place] = field;
  }
  open.single = undefined;
  return true;
}

function written({ form, fields }: Joined): RunUpdate {
  const size = fields.reduce((sum, { at, end }) => sum + end - at, 0);
  const out = new BsonWriter(form.reduce((sum, head) => sum + head.length + 5, size + 5));
  const began: number[] = [];
  for (const head of form) {
    began.push(out.begin());
    out.copy(head, 0, head.length);
  }
  began.push(out.begin());
  for (const { update, at, end } of fields) out.copy(update, at, end);
  for (const start of began.toReversed()) out.finish(start);
  return { update: out.written, upsert: false };
}
