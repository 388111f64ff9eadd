import type { ConditionType } from '../condition.ts';
import { durationWords } from '../message.ts';

/** A replica set that changes its primary too often. */
export const electionsAbove: ConditionType<'electionsAbove'> = {
  kind: 'electionsAbove',
  needs: () => ({ elections: true }),
  find: ({ count, minutes }, { sets, elections, nowMs, blind }) =>
    sets.map(({ report: { replicaSetId, name } }) => {
      const fromMs = nowMs - minutes * 60_000;
      const lately = (elections.get(replicaSetId) ?? []).filter((atMs) => atMs > fromMs && atMs <= nowMs).length;
      return {
        subject: { kind: 'set', id: replicaSetId, label: name },
        // Elections grow old by themselves: without an agent nobody sees the new ones.
        truth: blind ? 'unknown' : lately > count ? 'holds' : 'gone',
        value: lately,
        threshold: count,
        words: () => ({
          title: `${name} elected a primary ${lately} times in ${durationWords(minutes * 60_000)}`,
          detail:
            'Each election stops writes for seconds. Look in the logs of its members for "election" and for heartbeats that failed: a network that drops, a machine without memory, or a disk that stalls.',
        }),
      };
    }),
};
