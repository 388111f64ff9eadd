import { createContext } from 'preact';
import { useContext, useEffect } from 'preact/hooks';
import type { BackupSet } from '../../../wire/api/backups.ts';
import { Shape } from '../../components/status.tsx';
import { capital, counted, fullTime, shortTime, zoneName } from '../../format.ts';
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

/** Can I get my data back, of all sets in one line. Nothing is said while nobody backs up. */
export function BackupLine({ backups }: { readonly backups: ReadonlyMap<string, BackupSet> }) {
  const { groupId } = useGroup();
  const zone = useZone();
  const sets = [...backups.values()].filter(({ state }) => state !== 'off');
  if (sets.length === 0) return null;
  const [worst, ...others] = sets
    .filter(({ status: { health } }) => health === 'bad' || health === 'warn')
    .sort((a, b) => a.status.health.localeCompare(b.status.health));
  const until = Math.min(...sets.map(({ protectedUntilMs }) => protectedUntilMs ?? Number.POSITIVE_INFINITY));
  return (
    <p class="small">
      <a class="pill" href={groupPath(groupId, 'backups')}>
        <Shape health={worst?.status.health ?? 'ok'} />
        {worst !== undefined
          ? `Backup of ${worst.name}: ${worst.status.word}${others.length === 0 ? '' : `, and ${others.length} more with trouble`}`
          : Number.isFinite(until)
            ? `${counted(sets.length, 'replica set')} restorable up to ${shortTime(until, zone)} ${zoneName(until, zone)}`
            : 'Backups: the initial sync runs'}
      </a>
    </p>
  );
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
        <span title={fullTime(until, zone)}>
          Restorable up to {shortTime(until, zone)} {zoneName(until, zone)}
        </span>
      )}
    </a>
  );
}
