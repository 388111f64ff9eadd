import { isBlind } from '../condition.ts';
import type { GroupSnapshot, SetView } from '../ports.ts';

const oldMs = 30_000;

/** Whether what was told of the set is of now: three intervals or half a minute old at most. */
export function isFreshView(set: SetView, snapshot: GroupSnapshot): boolean {
  return !isBlind(snapshot) && snapshot.nowMs - set.atMs <= Math.max(oldMs, 3 * snapshot.intervalMs);
}
