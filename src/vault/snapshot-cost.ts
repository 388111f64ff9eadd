import { randomBytes } from 'node:crypto';
import type { StoredPoint, StoredSnapshot } from './metadata-ports.ts';
import type { CollectionRuns } from './ports.ts';
import type { VaultStores } from './stores.ts';

/** What making a snapshot took. */
export interface SnapshotCost {
  readonly readBytes: number;
  readonly newBytes: number;
  readonly tookMs: number;
}

/** A snapshot costs what all points since the one before it did. Those of before a restart are not counted. */
export class SnapshotCosts {
  readonly #since = new Map<string, SnapshotCost>();

  /** Answers all of it so far. */
  add(replicaSetId: string, cost: SnapshotCost): SnapshotCost {
    const before = this.#since.get(replicaSetId) ?? { readBytes: 0, newBytes: 0, tookMs: 0 };
    const all = {
      readBytes: before.readBytes + cost.readBytes,
      newBytes: before.newBytes + cost.newBytes,
      tookMs: before.tookMs + cost.tookMs,
    };
    this.#since.set(replicaSetId, all);
    return all;
  }

  forget(replicaSetId: string): void {
    this.#since.delete(replicaSetId);
  }
}

/** A point that is kept, with what it holds. */
export function snapshotOf(
  stores: VaultStores,
  point: StoredPoint,
  collections: readonly CollectionRuns[],
  reason: StoredSnapshot['reason'],
  cost: SnapshotCost,
): StoredSnapshot {
  const sizes = collections.map(({ runs }) => sizeOf(runs));
  return {
    id: randomBytes(12).toString('hex'),
    replicaSetId: point.replicaSetId,
    optime: point.optime,
    takenAtMs: Math.round(stores.clock.now()),
    reason,
    collections: collections.filter(({ incomplete }) => !incomplete).length,
    documents: sizes.reduce((sum, { documents }) => sum + documents, 0),
    contentBytes: sizes.reduce((sum, { contentBytes }) => sum + contentBytes, 0),
    ...cost,
  };
}

/**
 * What runs, oldest first, hold together: the base as it is, what deltas added, less what they removed, of which only the number is known. Updates that
 * make documents larger, and deltas over a base that do not tell, are counted when they are in the next base; without a base all they name counts.
 */
export function sizeOf(runs: CollectionRuns['runs']): { readonly documents: number; readonly contentBytes: number } {
  const hasBase = runs.some(({ kind }) => kind === 'base');
  let [documents, contentBytes] = [0, 0];
  for (const { kind, entries, contentBytes: runBytes, growth } of runs) {
    if (kind === 'base' || (growth === null && !hasBase)) {
      documents += entries;
      contentBytes += runBytes;
    }
    if (growth === null) continue;
    const removed = Math.min(growth.removed, documents + growth.added);
    contentBytes += growth.addedBytes;
    documents += growth.added;
    if (removed > 0) contentBytes *= 1 - removed / documents;
    documents -= removed;
  }
  return { documents, contentBytes: Math.round(contentBytes) };
}
