import { timestampMs } from '../../model/optime.ts';
import type { BackupSet } from '../../wire/api/backups.ts';
import type { Backups } from './backups.ts';
import { defaultSettings } from './default-settings.ts';
import { optimeOrNull } from './optime-text.ts';
import type { KnownSet } from './set-book.ts';
import { lagOf, oplogHoldsSeconds, problemOf, stateOf, statusOf } from './set-state.ts';

/** A set as the API shows it. */
export async function setView(backups: Backups, groupId: string, set: KnownSet): Promise<BackupSet> {
  const now = backups.context.clock.now();
  const { kept, report } = set;
  const seen = backups.reports.fresh(groupId, set.replicaSetId, now);
  const holder = await backups.leases.holder(groupId, set.replicaSetId);
  const lagSeconds = kept === undefined ? null : lagOf(kept, seen, now);
  const state = stateOf(set, lagSeconds);
  const problem = problemOf(kept, seen);
  const active = kept?.standing === 'active';
  const { schedule, filter, limits } = kept?.settings ?? defaultSettings;
  return {
    replicaSetId: set.replicaSetId,
    name: set.name,
    hosts: report?.members.map(({ host }) => host) ?? [],
    clusterRole: report?.clusterRole ?? null,
    state,
    status: statusOf(state, problem, holder !== null, set),
    problem,
    protectedUntilMs: kept?.restorable == null ? null : timestampMs(kept.restorable.until.ts),
    protectedUntil: optimeOrNull(kept?.restorable?.until ?? null),
    lagSeconds: active ? lagSeconds : null,
    windowFromMs: kept?.restorable == null ? null : timestampMs(kept.restorable.from.ts),
    lastSnapshotAtMs: kept?.lastSnapshotAtMs ?? null,
    nextSnapshotAtMs: active ? (kept.nextSnapshotAtMs ?? null) : null,
    snapshots: kept?.snapshots ?? 0,
    contentBytes: kept?.contentBytes ?? 0,
    storedBytes: kept?.storedBytes ?? 0,
    slicesBytes: kept?.slicesBytes ?? 0,
    oplogHoldsSeconds: kept === undefined || !active ? null : oplogHoldsSeconds(kept, seen),
    spoolBytes: seen?.task.spoolBytes ?? null,
    agentId: active ? holder : null,
    member: active ? (seen?.task.scanMember ?? seen?.task.member ?? null) : null,
    scan: progressOf(set, seen?.task.scanBytesPerSecond ?? null),
    schedule: { ...schedule },
    filter: { include: [...filter.include], exclude: [...filter.exclude] },
    limits: { ...limits },
    deletedAtMs: kept?.deleteAtMs ?? null,
    drill: null,
  };
}

/** The agent measures its rate over the last seconds; the vault knows how much is left. */
function progressOf({ kept }: KnownSet, bytesPerSecond: number | null): BackupSet['scan'] {
  const progress = kept?.scanProgress ?? null;
  if (progress === null || kept?.scan == null || kept.standing !== 'active') return null;
  const rate = bytesPerSecond ?? progress.bytesPerSecond;
  const left = Math.max(0, progress.allBytes - progress.bytes);
  const secondsLeft = rate === null || rate <= 0 ? progress.secondsLeft : left / rate;
  return { ...progress, bytesPerSecond: rate, secondsLeft };
}
