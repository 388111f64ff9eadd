import type { ConditionType } from '../condition.ts';
import { sinceWords } from '../message.ts';

/** The place in the oplog is lost, or was rolled back: nothing new is kept until a resync. */
export const backupResyncNeeded: ConditionType<'backupResyncNeeded'> = {
  kind: 'backupResyncNeeded',
  find: (_condition, { backups, nowMs }) =>
    backups.sets.map(({ replicaSetId, name, lost }) => ({
      subject: { kind: 'set', id: replicaSetId, label: name },
      truth: lost === null ? 'gone' : 'holds',
      value: null,
      threshold: null,
      words: () => ({
        title: `The backup of ${name} needs a resync: nothing new is kept`,
        detail: `${lost?.message ?? ''} (${sinceWords(lost?.sinceMs ?? nowMs, nowMs)}). What was kept before stays restorable. Start the resync on the Backups page or with "leafward backup resync"; it sends only what differs.`,
      }),
    })),
};
