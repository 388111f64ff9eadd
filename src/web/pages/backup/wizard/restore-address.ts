import type { Moment } from '../../../../wire/api/backup-reading.ts';
import { setAddress } from '../use-backups.ts';
import { momentQuery } from './moment-query.ts';

/** Address of the restore wizard with a moment chosen. */
export function restoreAddress(groupId: string, setId: string, moment: Moment): string {
  return `${setAddress(groupId, setId, 'restore')}?${momentQuery(moment)}`;
}
