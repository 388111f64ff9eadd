import type { BackupFacts, BackupView } from '../../alerts/ports.ts';
import { toAppError } from '../../runtime/errors.ts';
import type { Backups } from './backups.ts';
import type { KnownSet } from './set-book.ts';
import { lagOf, oplogHoldsSeconds, problemOf } from './set-state.ts';

/** The space on a disk is asked for no more often. */
const useFreshMs = 60_000;

/**
 * What alerts are told of backups: sets that are switched on, their agents, and the disk. While the store cannot be asked, what it
 * said last stays: all other alerts go on, and none of backups closes because of that.
 */
export function createBackupFacts(backups: Backups): (groupId: string) => Promise<BackupFacts> {
  const last = new Map<string, BackupFacts>();
  const look = createLook(backups);
  let toldAtMs = Number.NEGATIVE_INFINITY;
  return async (groupId) => {
    try {
      const facts = await look(groupId);
      last.set(groupId, facts);
      return facts;
    } catch (thrown) {
      const { code, message } = toAppError(thrown);
      const { log, signal } = backups.context;
      if (!signal.aborted && performance.now() - toldAtMs > useFreshMs) {
        log.error('the backup store cannot be asked: alerts on backups stay as they are', { code, reason: message });
        toldAtMs = performance.now();
      }
      return last.get(groupId) ?? { sets: [], agents: [], store: null };
    }
  };
}

function createLook(backups: Backups): (groupId: string) => Promise<BackupFacts> {
  const stores = new Map<string, { readonly atMs: number; readonly store: BackupFacts['store'] }>();
  const storeOf = async (groupId: string): Promise<BackupFacts['store']> => {
    const known = stores.get(groupId);
    if (known !== undefined && performance.now() - known.atMs < useFreshMs) return known.store;
    const { bytes, freeBytes } = await backups.vault.use(groupId);
    const store = freeBytes === null ? null : { bytes, freeBytes };
    stores.set(groupId, { atMs: performance.now(), store });
    return store;
  };
  return async (groupId) => {
    const fleet = await backups.context.fleet.group(groupId);
    const active = (await backups.sets.all(fleet)).filter(({ kept }) => kept?.standing === 'active');
    const agents = [...fleet.agents.values()].filter(({ kind }) => kind === 'backup');
    return {
      sets: (await Promise.all(active.map((set) => viewOf(backups, groupId, set)))).flat(),
      agents: agents.map(({ id, hostname, version, lastSeenAtMs }) => ({ id, hostname, version, lastSeenAtMs })),
      store: active.length === 0 ? null : await storeOf(groupId),
    };
  };
}

async function viewOf(backups: Backups, groupId: string, { kept, report, ...set }: KnownSet): Promise<BackupView[]> {
  if (kept === undefined) return [];
  const now = backups.context.clock.now();
  const { replicaSetId, name } = set;
  const seen = backups.reports.fresh(groupId, replicaSetId, now);
  return [
    {
      replicaSetId,
      name,
      lagSeconds: lagOf(kept, seen, now),
      oplogHoldsSeconds: oplogHoldsSeconds(kept, seen, report),
      lost: kept.scan === null ? kept.lost : null,
      problem: problemOf(kept, seen),
      foldsStandStill: kept.foldProblem !== null,
      nextSnapshotAtMs: kept.nextSnapshotAtMs,
      drill: {
        last: await backups.drillBook.newest(groupId, replicaSetId),
        // One that is under way may take days.
        dueAtMs: backups.drills.isUnderWay(groupId, replicaSetId) ? null : await backups.drillBook.dueAtMs(kept),
      },
      hasAgent: (await backups.leases.holder(groupId, replicaSetId)) !== null,
    },
  ];
}
