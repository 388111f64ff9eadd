import type { ConditionType, Truth } from '../condition.ts';
import { durationWords } from '../message.ts';
import type { BackupView } from '../ports.ts';

/** A capture that follows closely loses nothing, however short the oplog is. */
const behindSeconds = 120;

/** Capture stands still, and the oplog of the source soon begins after its place: then only a resync helps. */
export const backupPlaceAtRisk: ConditionType<'backupPlaceAtRisk'> = {
  kind: 'backupPlaceAtRisk',
  find: ({ hours }, { backups }) =>
    backups.sets.map((set) => ({
      subject: { kind: 'set', id: set.replicaSetId, label: set.name },
      truth: truthOf(set, hours * 3600),
      value: set.oplogHoldsSeconds === null ? null : set.oplogHoldsSeconds / 3600,
      threshold: hours,
      words: () => ({
        title: `The oplog of ${set.name} holds the place of its backup for ${durationWords((set.oplogHoldsSeconds ?? 0) * 1000)} more`,
        detail: `${set.hasAgent ? (set.problem?.message ?? 'Capture is far behind.') : 'No backup agent is in touch.'} After that a resync is needed: start the agent now, or enlarge the oplog (replSetResizeOplog on each member).`,
      }),
    })),
};

function truthOf({ lost, lagSeconds, oplogHoldsSeconds }: BackupView, thresholdSeconds: number): Truth {
  // That is another alert.
  if (lost !== null) return 'gone';
  if (lagSeconds === null || oplogHoldsSeconds === null) return 'unknown';
  return lagSeconds > behindSeconds && oplogHoldsSeconds < thresholdSeconds ? 'holds' : 'gone';
}
