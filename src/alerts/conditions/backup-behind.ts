import type { ConditionType, Truth, Words } from '../condition.ts';
import { durationWords } from '../message.ts';
import type { BackupView } from '../ports.ts';

/** A backed-up set of which the newest writes could not be brought back, or which does not get as far as that. */
export const backupBehind: ConditionType<'backupBehind'> = {
  kind: 'backupBehind',
  find: ({ seconds }, { backups }) =>
    backups.sets.map((set) => ({
      subject: { kind: 'set', id: set.replicaSetId, label: set.name },
      truth: truthOf(set, seconds),
      value: set.lagSeconds,
      threshold: seconds,
      words: () => wordsOf(set),
    })),
};

function truthOf({ lost, lagSeconds, problem }: BackupView, seconds: number): Truth {
  // That is an alert of its own, and worse.
  if (lost !== null) return 'unknown';
  if (lagSeconds === null) return problem === null ? 'unknown' : 'holds';
  return lagSeconds > seconds ? 'holds' : 'gone';
}

function wordsOf({ name, lagSeconds, hasAgent, problem }: BackupView): Words {
  if (lagSeconds === null) {
    return {
      title: `The backup of ${name} does not get on: nothing can be brought back yet`,
      detail: `${problem?.message ?? ''}. ${problem?.hint ?? ''}`,
    };
  }
  const slow = 'The agent reads, but not as quickly as the set is written: look at its machine and its network.';
  const reason = problem === null ? slow : `${problem.message}. ${problem.hint}`;
  return {
    title: `The backup of ${name} is ${durationWords(lagSeconds * 1000)} behind`,
    detail: `What was written since then could not be brought back. ${hasAgent ? reason : 'No backup agent is in touch: start one, or look at its log.'}`,
  };
}
