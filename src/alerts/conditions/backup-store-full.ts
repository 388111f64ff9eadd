import type { ConditionType } from '../condition.ts';
import { valueWords } from '../message.ts';

/** Little is free on the disk that holds the backups. */
export const backupStoreFull: ConditionType<'backupStoreFull'> = {
  kind: 'backupStoreFull',
  find: ({ freePercent }, { backups, groupId }) => {
    const { sets, store } = backups;
    // A group without backups is told by its own alerts that the server's disk is full.
    if (sets.length === 0) return [];
    const all = store === null ? 0 : store.bytes + store.freeBytes;
    const percent = store === null || all === 0 ? null : (100 * store.freeBytes) / all;
    return [
      {
        subject: { kind: 'group', id: groupId, label: 'the backup store' },
        truth: percent === null ? 'unknown' : percent < freePercent ? 'holds' : 'gone',
        value: percent,
        threshold: freePercent,
        words: () => ({
          title: `The disk of the backups has ${valueWords(store?.freeBytes ?? 0, 'bytes')} free`,
          detail: `The backups of this group take ${valueWords(store?.bytes ?? 0, 'bytes')}. When the disk is full, agents spool what is new and in the end lose their place. Keep fewer snapshots or a shorter window (Backups > Schedule), or give the server a larger disk.`,
        }),
      },
    ];
  },
};
