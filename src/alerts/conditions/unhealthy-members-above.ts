import type { ConditionType } from '../condition.ts';
import { hostWords } from '../message.ts';
import { isFreshView } from './set-view.ts';

/** PRIMARY, SECONDARY, ARBITER. */
const healthyStates = new Set([1, 2, 7]);

/** More than so many members of a set are down or in no state to help, as a member that answers sees it. */
export const unhealthyMembersAbove: ConditionType<'unhealthyMembersAbove'> = {
  kind: 'unhealthyMembersAbove',
  find: ({ count }, snapshot) =>
    snapshot.sets.map((set) => {
      const { replicaSetId, name, members } = set.report;
      const ill = members.filter(({ health, state }) => health !== 1 || !healthyStates.has(state));
      return {
        subject: { kind: 'set', id: replicaSetId, label: name },
        truth: !isFreshView(set, snapshot) ? 'unknown' : ill.length > count ? 'holds' : 'gone',
        value: ill.length,
        threshold: count,
        words: () => ({
          title: `${ill.length} of ${members.length} members of ${name} are not healthy`,
          detail: `${ill
            .slice(0, 10)
            .map(({ host, health, stateName }) => `${hostWords(host)}: ${health === 1 ? stateName : 'down'}`)
            .join(', ')}. Bring them back before one more is lost.`,
        }),
      };
    }),
};
