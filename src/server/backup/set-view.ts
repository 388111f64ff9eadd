import { timestampMs } from '../../model/optime.ts';
import type { SetSettings, VaultSet } from '../../vault/ports.ts';
import type { SetReport } from '../../wire/agent-messages.ts';
import type { BackupSet } from '../../wire/api/backups.ts';
import type { Backups } from './backups.ts';
import { defaultSettings } from './default-settings.ts';
import { optimeOrNull } from './optime-text.ts';
import type { SeenTask } from './report-book.ts';
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
  return {
    replicaSetId: set.replicaSetId,
    name: set.name,
    hosts: report?.members.map(({ host }) => host) ?? [],
    clusterRole: report?.clusterRole ?? null,
    state,
    status: statusOf(state, problem, holder !== null, set),
    problem,
    ...keptFields(kept),
    ...nowFields(kept?.standing === 'active' ? kept : undefined, { seen, report, lagSeconds, holder }),
    ...settingsFields(kept?.settings ?? defaultSettings),
    drill: kept === undefined ? null : await lastDrill(backups, groupId, set.replicaSetId),
    drillUnderWay: backups.drills.underWay(groupId, set.replicaSetId),
  };
}

async function lastDrill(backups: Backups, groupId: string, replicaSetId: string): Promise<BackupSet['drill']> {
  const newest = await backups.drillBook.newest(groupId, replicaSetId);
  if (newest === null) return null;
  const { atMs, ok, message, tookMs, target } = newest;
  return { atMs, ok, message, tookMs, target };
}

type KeptFields =
  | 'protectedUntilMs'
  | 'protectedUntil'
  | 'windowFromMs'
  | 'lastSnapshotAtMs'
  | 'snapshots'
  | 'contentBytes'
  | 'storedBytes'
  | 'slicesBytes'
  | 'deletedAtMs';

/** What is there, whether anything is captured now or not. */
function keptFields(kept: VaultSet | undefined): Pick<BackupSet, KeptFields> {
  const restorable = kept?.restorable ?? null;
  return {
    protectedUntilMs: restorable === null ? null : timestampMs(restorable.until.ts),
    protectedUntil: optimeOrNull(restorable?.until ?? null),
    windowFromMs: restorable === null ? null : timestampMs(restorable.from.ts),
    lastSnapshotAtMs: kept?.lastSnapshotAtMs ?? null,
    snapshots: kept?.snapshots ?? 0,
    contentBytes: kept?.contentBytes ?? 0,
    storedBytes: kept?.storedBytes ?? 0,
    slicesBytes: kept?.slicesBytes ?? 0,
    deletedAtMs: kept?.deleteAtMs ?? null,
  };
}

type NowFields = 'lagSeconds' | 'nextSnapshotAtMs' | 'oplogHoldsSeconds' | 'spoolBytes' | 'agentId' | 'member' | 'scan';

interface Now {
  readonly seen: SeenTask | undefined;
  readonly report: SetReport | undefined;
  readonly lagSeconds: number | null;
  readonly holder: string | null;
}

/** What holds while backup is on. */
function nowFields(
  active: VaultSet | undefined,
  { seen, report, lagSeconds, holder }: Now,
): Pick<BackupSet, NowFields> {
  if (active === undefined) {
    const nothing = { lagSeconds: null, nextSnapshotAtMs: null, oplogHoldsSeconds: null, spoolBytes: null };
    return { ...nothing, agentId: null, member: null, scan: null };
  }
  return {
    lagSeconds,
    nextSnapshotAtMs: active.nextSnapshotAtMs,
    oplogHoldsSeconds: oplogHoldsSeconds(active, seen, report),
    spoolBytes: seen?.task.spoolBytes ?? null,
    agentId: holder,
    member: seen?.task.scanMember ?? seen?.task.member ?? null,
    scan: progressOf(active, seen?.task.scanBytesPerSecond ?? null),
  };
}

type SettingsFields = 'schedule' | 'filter' | 'limits' | 'drillEveryDays';

function settingsFields({ schedule, filter, limits, drillEveryDays }: SetSettings): Pick<BackupSet, SettingsFields> {
  return {
    drillEveryDays,
    schedule: { ...schedule },
    filter: { include: [...filter.include], exclude: [...filter.exclude] },
    limits: { ...limits },
  };
}

/** The agent measures its rate over the last seconds; the vault knows how much is left. */
function progressOf({ scan, scanProgress: progress }: VaultSet, bytesPerSecond: number | null): BackupSet['scan'] {
  if (progress === null || scan === null) return null;
  const rate = bytesPerSecond ?? progress.bytesPerSecond;
  const left = Math.max(0, progress.allBytes - progress.bytes);
  const secondsLeft = rate === null || rate <= 0 ? progress.secondsLeft : left / rate;
  return { ...progress, bytesPerSecond: rate, secondsLeft };
}
