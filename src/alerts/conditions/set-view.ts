import type { GroupSnapshot, SetView } from '../ports.ts';

const oldMs = 30_000;

/** Whether what was told of the set is of now: three intervals or half a minute old at most, and told by a member that answers. */
export function isFreshView(set: SetView, snapshot: GroupSnapshot): boolean {
  const reporter = snapshot.hostByName.get(set.report.reportedBy)?.report;
  if (snapshot.blind || reporter?.reachable === false) return false;
  return snapshot.nowMs - set.atMs <= Math.max(oldMs, 3 * snapshot.intervalMs);
}
