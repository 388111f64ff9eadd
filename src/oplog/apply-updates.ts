import type { ApplyUpdates, RunUpdate } from '../blocks/ports.ts';
import { applyUpdate } from './apply-update.ts';
import { setsOf } from './field-sets.ts';
import { patchSets } from './patch-sets.ts';

/**
 * Applies updates of one document, oldest first, as applyUpdate would one after another. Those that only set fields which are there are applied in
 * one walk that ends at the last of these fields: a document that was changed a hundred times is written once.
 */
export const applyUpdates: ApplyUpdates = (document, updates, lenient) => {
  let result = document;
  for (let at = 0; at < updates.length; ) {
    const sets = result === undefined ? [] : setsFrom(updates, at);
    const whole = sets.length > 0 && result !== undefined ? patched(result, sets) : undefined;
    if (whole !== undefined) {
      result = whole;
      at += sets.length;
      continue;
    }
    const until = at + Math.max(1, sets.length);
    for (const update of updates.slice(at, until)) result = applyUpdate(result, update, lenient);
    at = until;
  }
  return result;
};

/** The updates from `at` on, up to the first that does something else. */
function setsFrom(updates: readonly RunUpdate[], at: number): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let index = at; index < updates.length; index++) {
    const update = updates[index];
    if (update === undefined || update.upsert || setsOf(update.update) === undefined) break;
    found.push(update.update);
  }
  return found;
}

function patched(document: Buffer, updates: readonly Buffer[]): Buffer | undefined {
  const out = Buffer.allocUnsafe(updates.reduce((sum, { length }) => sum + length, document.length));
  const places = updates.map((bytes) => ({ bytes, start: 0 })).reverse();
  const end = patchSets(document, 0, places, out, 0);
  return end < 0 ? undefined : out.subarray(0, end);
}
