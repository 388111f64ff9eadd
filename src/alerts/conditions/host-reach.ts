import type { Truth } from '../condition.ts';
import type { GroupSnapshot, HostView } from '../ports.ts';
import { isFreshView } from './set-view.ts';

/** A host is called down after so many polls without an answer and so much time, whichever is later. */
const missedPolls = 3;
const usualMissedSeconds = 60;

/** down: nobody reaches it. cutOff: the agent does not, but a healthy member of its set does. */
export type Reach = 'up' | 'down' | 'cutOff' | 'unknown';

/** How a host can be reached, by the agent and by the healthy members of its replica set. */
export function hostReach(host: HostView, snapshot: GroupSnapshot, missedSeconds = usualMissedSeconds): Reach {
  const { report } = host;
  if (report === null || snapshot.blind) return 'unknown';
  if (report.reachable) return 'up';
  const sinceMs = report.sinceMs ?? report.atMs;
  const surelyMissed = (report.missedPolls ?? 0) >= missedPolls && snapshot.nowMs - sinceMs >= missedSeconds * 1000;
  // Neither open nor close while it is too early to tell.
  if (!surelyMissed) return 'unknown';
  return seenUp(host, snapshot) ? 'cutOff' : 'down';
}

/** Whether a member that the agent does reach holds a fresh, healthy view of this host. */
function seenUp(host: HostView, snapshot: GroupSnapshot): boolean {
  const { replicaSetId } = host.report ?? {};
  return snapshot.sets.some((set) => {
    const { report } = set;
    if (replicaSetId !== undefined && replicaSetId !== report.replicaSetId) return false;
    if (!isFreshView(set, snapshot) || snapshot.hostByName.get(report.reportedBy) === host) return false;
    return report.members.some((member) => member.health === 1 && snapshot.hostByName.get(member.host) === host);
  });
}

/** The truth of "the host is in this state of reach". */
export function reachIs(reach: Reach, wanted: Reach): Truth {
  if (reach === 'unknown') return 'unknown';
  return reach === wanted ? 'holds' : 'gone';
}
