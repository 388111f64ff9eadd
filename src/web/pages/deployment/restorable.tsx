import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import type { BackupSet } from '../../../wire/api/backups.ts';
import { Shape } from '../../components/status.tsx';
import { capital, fullTime, shortTime } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { useZone } from '../../zone.ts';

const everyMs = 15_000;

/** Backup of the sets on the page, by the id of the set. */
export const BackupsContext = createContext<ReadonlyMap<string, BackupSet>>(new Map());

/** Reads the backups of the group for the cards of its sets. */
export function useBackupsById(groupId: string): ReadonlyMap<string, BackupSet> {
  const { data, reload } = useResource<BackupSet[]>(`/groups/${groupId}/backups`, ['backups']);
  useEffect(() => {
    const timer = setInterval(() => !document.hidden && reload(), everyMs);
    return () => clearInterval(timer);
  }, [reload]);
  return new Map(data?.map((set) => [set.replicaSetId, set]));
}

/** Can I get my data back? Nothing is said of a set that nobody backs up. */
export function Restorable({ replicaSetId }: { readonly replicaSetId: string }) {
  const { groupId } = useGroup();
  const zone = useZone();
  const set = useContext(BackupsContext).get(replicaSetId);
  if (set === undefined || set.state === 'off') return null;
  const { health, word } = set.status;
  const until = set.protectedUntilMs;
  return (
    <a class="pill" href={groupPath(groupId, 'backups', replicaSetId)} title={`Backup: ${set.status.detail ?? word}`}>
      {health !== 'ok' && <Shape health={health} />}
      {until === null ? (
        `Backup: ${capital(word)}`
      ) : (
        <span title={fullTime(until, zone)}>Restorable up to {shortTime(until, zone)}</span>
      )}
    </a>
  );
}
