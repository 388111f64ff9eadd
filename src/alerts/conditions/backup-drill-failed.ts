import type { ConditionType, Truth } from '../condition.ts';
import { durationWords } from '../message.ts';
import type { BackupView } from '../ports.ts';

/** The last restore drill failed, or the next has been due for so long: nobody knows whether the backup can be restored. */
export const backupDrillFailed: ConditionType<'backupDrillFailed'> = {
  kind: 'backupDrillFailed',
  find: ({ hours }, { backups, nowMs }) =>
    backups.sets.map((set) => ({
      subject: { kind: 'set', id: set.replicaSetId, label: set.name },
      truth: truthOf(set, nowMs - hours * 3_600_000),
      value: set.drill.dueAtMs === null ? null : Math.max(0, nowMs - set.drill.dueAtMs) / 3_600_000,
      threshold: hours,
      words: () => {
        const { last, dueAtMs } = set.drill;
        if (last?.ok === false) {
          const where = last.target === null ? 'of the store' : `into ${last.target}`;
          return {
            title: `The restore drill of ${set.name} failed`,
            detail: `The last one, ${where}, ended ${durationWords(nowMs - last.atMs)} ago: ${last.message} When that is mended run another on the Backups page or with "leafward backup drill".`,
          };
        }
        return {
          title: `The restore drill of ${set.name} is ${durationWords(nowMs - (dueAtMs ?? nowMs))} late`,
          detail:
            'The server begins them by itself: look at its log and at that of the backup agent. Run one with "leafward backup drill".',
        };
      },
    })),
};

function truthOf({ drill: { last, dueAtMs } }: BackupView, latestMs: number): Truth {
  if (last?.ok === false) return 'holds';
  return dueAtMs !== null && dueAtMs < latestMs ? 'holds' : 'gone';
}
