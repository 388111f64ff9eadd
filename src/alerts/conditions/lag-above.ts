import type { ConditionType, Finding } from '../condition.ts';
import { durationWords, hostWords, sinceWords } from '../message.ts';
import type { GroupSnapshot, SetView } from '../ports.ts';
import { isFreshView } from './set-view.ts';

/** A member that is more than so many seconds behind its primary, its configured delay taken off. */
export const lagAbove: ConditionType<'lagAbove'> = {
  kind: 'lagAbove',
  find: ({ seconds }, snapshot) => snapshot.sets.flatMap((set) => findings(set, seconds, snapshot)),
};

function findings(set: SetView, seconds: number, snapshot: GroupSnapshot): Finding[] {
  const fresh = isFreshView(set, snapshot);
  const members = set.report.members.filter((member) => !member.arbiterOnly);
  return members.map((member) => {
    const host = snapshot.hostByName.get(member.host);
    const { lagMs } = member;
    // A dead member's lag grows with the clock; that it is down is another alert.
    const known = fresh && lagMs !== null && member.health === 1;
    const appliedMs = snapshot.nowMs - (lagMs ?? 0);
    return {
      subject: { kind: 'host', id: host?.id ?? `${set.report.replicaSetId}/${member.host}`, label: member.host },
      truth: !known ? 'unknown' : lagMs > seconds * 1000 ? 'holds' : 'gone',
      value: lagMs === null ? null : lagMs / 1000,
      threshold: seconds,
      words: () => ({
        title: `${hostWords(member.host)} is ${durationWords(lagMs ?? 0)} behind its primary`,
        detail: `It has applied the writes of ${set.report.name} up to ${sinceWords(appliedMs, snapshot.nowMs).replace('since ', '')}. Look at its disk latency, CPU and apply buffer, and for index builds or mass writes on the primary.`,
      }),
    };
  });
}
