import { timestampMs } from '../model/optime.ts';
import type { BackupTimeline, Snapshot } from '../wire/api/backups.ts';
import { restorableSpans } from './covered.ts';
import type { StoredSet, StoredSnapshot } from './metadata-ports.ts';
import { keptAs } from './retention.ts';
import type { VaultStores } from './stores.ts';
import { optimeMessageOf } from './wire-optime.ts';

/** Snapshots of a set as the API shows them, oldest first. */
export function listSnapshots(stores: VaultStores, set: StoredSet): readonly Snapshot[] {
  const stored = stores.metadata.snapshots(set.replicaSetId);
  const kept = keptAs(stored, set.settings.schedule, stores.clock.now());
  return stored.map((snapshot) => apiSnapshot(snapshot, kept.get(snapshot.id) ?? { kinds: [], expiresAtMs: null }));
}

export function apiSnapshot(
  snapshot: StoredSnapshot,
  kept: { readonly kinds: Snapshot['keptAs']; readonly expiresAtMs: number | null },
): Snapshot {
  const { id, optime, takenAtMs, reason, collections, documents, contentBytes, readBytes, newBytes, tookMs } = snapshot;
  return {
    id,
    optime: optimeMessageOf(optime),
    atMs: timestampMs(optime.ts),
    takenAtMs,
    reason,
    keptAs: kept.kinds,
    expiresAtMs: kept.expiresAtMs,
    ...{ collections, documents, contentBytes, readBytes, newBytes, tookMs },
  };
}

/** Where any second can be restored, and the holes between. */
export async function timelineOf(stores: VaultStores, set: StoredSet): Promise<BackupTimeline> {
  const { slices } = await stores.group(set.groupId);
  const spans = (await restorableSpans(stores.metadata, slices, set)).map(({ from, until }) => ({
    fromMs: timestampMs(from),
    untilMs: timestampMs(until),
  }));
  const holes = spans.slice(1).map((span, index) => ({
    fromMs: spans[index]?.untilMs ?? span.fromMs,
    untilMs: span.fromMs,
    why: 'The place in the oplog was lost; what was written meanwhile is in no backup until the resync was done.',
  }));
  return {
    spans,
    holes: holes.filter(({ fromMs, untilMs }) => untilMs > fromMs),
    snapshots: [...listSnapshots(stores, set)],
  };
}
