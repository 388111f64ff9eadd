import type { ApplyUpdates, RunUpdate } from '../blocks/ports.ts';
import { applySets, type FieldSet, setsOf } from './apply-sets.ts';
import { applyUpdate, withIdFirst } from './apply-update.ts';

/**
 * Applies updates of one document, oldest first, as applyUpdate would one after another. Those that only set fields which are there are applied in
 * one walk that ends at the last of these fields: a document that was changed a hundred times is written once.
 */
export const applyUpdates: ApplyUpdates = (document, updates, lenient) => {
  let result = document;
  for (let at = 0; at < updates.length; ) {
    const sets = result === undefined ? [] : setsFrom(updates, at);
    const whole = sets.length > 0 && result !== undefined ? applySets(result, sets) : undefined;
    if (whole !== undefined) {
      result = withIdFirst(whole);
      at += sets.length;
      continue;
    }
    const until = at + Math.max(1, sets.length);
    for (const update of updates.slice(at, until)) result = applyUpdate(result, update, lenient);
    at = until;
  }
  return result;
};

/** Of the updates from `at` on, up to the first that does something else. */
function setsFrom(updates: readonly RunUpdate[], at: number): readonly (readonly FieldSet[])[] {
  const found: (readonly FieldSet[])[] = [];
  for (let index = at; index < updates.length; index++) {
    const update = updates[index];
    const sets = update === undefined || update.upsert ? undefined : setsOf(update.update);
    if (sets === undefined) break;
    found.push(sets.fields);
  }
  return found;
}
