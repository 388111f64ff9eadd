import type { ConditionType, Truth } from '../condition.ts';
import { durationWords } from '../message.ts';
import type { BackupView } from '../ports.ts';

/** A snapshot that was due so long ago, or that cannot be made at all. */
export const backupSnapshotLate: ConditionType<'backupSnapshotLate'> = {
  kind: 'backupSnapshotLate',
  find: ({ hours }, { backups, nowMs }) =>
    backups.sets.map((set) => ({
      subject: { kind: 'set', id: set.replicaSetId, label: set.name },
      truth: truthOf(set, nowMs - hours * 3_600_000),
      value: set.nextSnapshotAtMs === null ? null : Math.max(0, nowMs - set.nextSnapshotAtMs) / 3_600_000,
      threshold: hours,
      words: () => {
        if (set.foldsStandStill) {
          return {
            title: `No snapshot of ${set.name} can be made`,
            detail: `${set.problem?.message ?? ''}. Capture goes on. ${set.problem?.hint ?? ''}`,
          };
        }
        const late = durationWords(nowMs - (set.nextSnapshotAtMs ?? nowMs));
        return {
          title: `The snapshot of ${set.name} is ${late} late`,
          detail: 'The server makes them by itself: look at its log, its load and the space on its disk.',
        };
      },
    })),
};

function truthOf({ foldsStandStill, nextSnapshotAtMs }: BackupView, latestMs: number): Truth {
  if (foldsStandStill) return 'holds';
  return nextSnapshotAtMs !== null && nextSnapshotAtMs < latestMs ? 'holds' : 'gone';
}
