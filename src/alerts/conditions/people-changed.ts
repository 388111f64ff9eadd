import type { ConditionType } from '../condition.ts';
import { sinceWords } from '../message.ts';

/** So long an alert tells of what somebody did; then it ends by itself. */
const shownMs = 15 * 60_000;

const next = {
  userJoined: 'If nobody meant that, take the member out again (Settings > Members).',
  userLeft: 'Look whether the group still has an owner, and who is on call (Settings > Members).',
  roleChanged: 'If nobody meant that, change the roles back (Settings > Members).',
  keyCreated: 'If nobody meant that, revoke it (Settings > Keys).',
} as const;

/** Somebody joined or left, has other roles, or made a key: one alert each. */
export const peopleChanged: ConditionType<'peopleChanged'> = {
  kind: 'peopleChanged',
  needs: () => ({ peopleChanges: true }),
  find: ({ changes }, { peopleChanges, nowMs }) =>
    peopleChanges
      .filter(({ kind }) => changes.includes(kind))
      .map(({ id, kind, atMs, actor, words }) => ({
        subject: { kind: 'group', id, label: actor },
        truth: nowMs - atMs < shownMs ? 'holds' : 'gone',
        value: null,
        threshold: null,
        words: () => ({
          title: words,
          detail: `By ${actor}, ${sinceWords(atMs, nowMs).replace('since', 'at')}. ${next[kind]} This ends by itself.`,
        }),
      })),
};
