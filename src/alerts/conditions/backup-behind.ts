import type { ConditionType } from '../condition.ts';
import { durationWords } from '../message.ts';

/** A backed-up set of which the newest writes could not be brought back. */
export const backupBehind: ConditionType<'backupBehind'> = {
  kind: 'backupBehind',
  find: ({ seconds }, { backups }) =>
    backups.sets.map(({ replicaSetId, name, lagSeconds, hasAgent, problem }) => ({
      subject: { kind: 'set', id: replicaSetId, label: name },
      truth: lagSeconds === null ? 'unknown' : lagSeconds > seconds ? 'holds' : 'gone',
      value: lagSeconds,
      threshold: seconds,
      words: () => {
        const next = hasAgent
          ? (problem?.message ??
            'The agent reads, but not as quickly as the set is written: look at its machine and its network.')
          : 'No backup agent is in touch: start one, or look at its log.';
        return {
          title: `The backup of ${name} is ${durationWords((lagSeconds ?? 0) * 1000)} behind`,
          detail: `What was written since then could not be brought back. ${next}`,
        };
      },
    })),
};
