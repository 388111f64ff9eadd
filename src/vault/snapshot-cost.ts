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

/** Estimate of what runs hold together: the base, and what lies over it counted as if it were new only where there is no base. */
export function sizeOf(runs: CollectionRuns['runs']): { readonly documents: number; readonly contentBytes: number } {
  const base = runs.filter(({ kind }) => kind === 'base');
  const counted = base.length > 0 ? base : runs;
  return {
    documents: counted.reduce((sum, { entries }) => sum + entries, 0),
    contentBytes: counted.reduce((sum, { contentBytes }) => sum + contentBytes, 0),
  };
}
