import { useEffect } from 'preact/hooks';
import type { BackupSet, BackupTimeline } from '../../../wire/api/backups.ts';
import { type Resource, useResource } from '../../resource.ts';
import { groupPath } from '../../router.ts';

const busyPollMs = 2000;
const calmPollMs = 15_000;

/** All replica sets of the group and their backup. */
export function useBackups(groupId: string): Resource<BackupSet[]> {
  const sets = useResource<BackupSet[]>(`/groups/${groupId}/backups`, ['backups', 'topology']);
  usePolling(sets.reload, sets.data?.some(isBusy) === true ? busyPollMs : calmPollMs);
  return sets;
}

/** One set. Read often while a scan runs: each envelope of it moves the bars. */
export function useBackup(groupId: string, setId: string): Resource<BackupSet> {
  const set = useResource<BackupSet>(setPath(groupId, setId), ['backups']);
  usePolling(set.reload, set.data !== undefined && isBusy(set.data) ? busyPollMs : calmPollMs);
  return set;
}

/** What can be restored of a set; its end moves with the source. */
export function useTimeline(groupId: string, setId: string): Resource<BackupTimeline> {
  const timeline = useResource<BackupTimeline>(`${setPath(groupId, setId)}/timeline`, ['backups']);
  usePolling(timeline.reload, calmPollMs);
  return timeline;
}

/** Where the API has a set. */
export function setPath(groupId: string, setId: string): string {
  return `/groups/${groupId}/backups/${encodeURIComponent(setId)}`;
}

/** Where the pages have it. */
export function setAddress(groupId: string, setId: string, tab = ''): string {
  return tab === '' ? groupPath(groupId, 'backups', setId) : groupPath(groupId, 'backups', setId, tab);
}

function isBusy({ state }: BackupSet): boolean {
  return state === 'starting' || state === 'scanning' || state === 'catchingUp';
}

function usePolling(reload: () => void, everyMs: number): void {
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, everyMs);
    return () => clearInterval(timer);
  }, [reload, everyMs]);
}
