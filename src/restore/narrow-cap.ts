import { boundOf, needsRoom } from './capped-room.ts';
import { isRefusal, type Refusal } from './create-collection.ts';
import type { PlannedCollection } from './plan.ts';
import type { Target } from './target.ts';
import { reasonOf } from './target-error.ts';

/** Gives a collection that was made with room the bounds that it should have. */
export async function narrowCap(target: Target, planned: PlannedCollection): Promise<readonly Refusal[]> {
  if (!needsRoom(planned, target.facts)) return [];
  const { database, name, to, options } = planned;
  const refusals: Refusal[] = [];
  for (const [option, cappedOption] of [
    ['size', 'cappedSize'],
    ['max', 'cappedMax'],
  ] as const) {
    if (boundOf(options, option) === Infinity) continue;
    try {
      const value = boundOf(options, option);
      await target.command(database, { collMod: name, [cappedOption]: value, writeConcern: { w: 1 } });
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      refusals.push({ namespace: to, kind: 'option', name: option, reason: reasonOf(thrown) });
    }
  }
  return refusals;
}
