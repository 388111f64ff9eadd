import { IndexCache } from '../blocks/index-cache.ts';
import type { UpdateRules } from '../blocks/ports.ts';
import { NamespaceFilter } from '../model/namespace-filter.ts';
import { beforeScan, scannedCollections } from './fold-begin.ts';
import { foldBeside } from './fold-beside.ts';
import {
  afterSnapshot,
  type ChunkOutcome,
  chunkBytes,
  type FoldGoal,
  type FoldTools,
  foldChunk,
  nothingMore,
} from './fold-chunk.ts';
import { newPoint, nothingElse, versionOf } from './fold-commit.ts';
import { namespaceOf } from './fold-state.ts';
import type { StoredPoint, StoredScan, StoredSet, StoredSnapshot } from './metadata-ports.ts';
import { SnapshotCosts, snapshotOf } from './snapshot-cost.ts';
import { StoreSink } from './store-sink.ts';
import type { GroupStore, VaultStores } from './stores.ts';

export interface FoldOutcome {
  /** The newest point; null: there is none yet. */
  readonly point: StoredPoint | null;
  readonly snapshot: StoredSnapshot | null;
  readonly entries: number;
}

/** Turns slices into delta runs and points. One fold of a set at a time: the caller sees to it. */
export class Folder {
  readonly #tools: FoldTools;

  /** `heldBytes` of changes are gathered in memory before they become runs. */
  constructor(stores: VaultStores, rules: UpdateRules, heldBytes = chunkBytes) {
    this.#tools = { stores, rules, cache: new IndexCache(), costs: new SnapshotCosts(), heldBytes };
  }

  /** Folds from the newest point to the newest slice. @throws what the oplog's reader throws: nothing is changed by the chunk that failed */
  async fold(replicaSetId: string, goal: FoldGoal): Promise<FoldOutcome> {
    let entries = 0;
    for (;;) {
      goal.signal.throwIfAborted();
      const step = await this.#step(replicaSetId, goal);
      entries += step.entries;
      if (!step.more) return { ...this.#finish(replicaSetId, step.snapshot, goal), entries };
    }
  }

  async #step(replicaSetId: string, goal: FoldGoal): Promise<ChunkOutcome> {
    const { stores } = this.#tools;
    const { metadata } = stores;
    const set = metadata.set(replicaSetId);
    if (set === undefined) return nothingMore;
    const group = await stores.group(set.groupId);
    const finished = metadata.scans(replicaSetId).find(({ state }) => state === 'finished');
    const begins = finished !== undefined && this.#canBegin(finished);
    if (begins) await this.#begin(set, group, finished);
    const scan = metadata.scans(replicaSetId).find(({ state }) => state === 'begun') ?? null;
    const point = metadata.newestPoint(replicaSetId);
    if (point === null) return nothingMore;
    const beside = begins || finished?.until == null ? undefined : finished;
    if (beside?.until == null) return foldChunk(this.#tools, { set, group, point, scan }, goal);
    if (!point.hidden && point.optime.ts >= beside.until.ts) {
      await foldBeside(this.#tools, { set, group, point, scan: null }, beside, goal.signal);
      return { ...nothingMore, more: true };
    }
    // First everything else has to be folded past the end of the scan.
    const chunk = await foldChunk(this.#tools, { set, group, point, scan }, { ...goal, snapshot: null, all: true });
    return { ...chunk, more: chunk.more || chunk.entries > 0 };
  }

  /** Nothing was folded past its beginning: the scan is where folds go on from. */
  #canBegin(scan: StoredScan): boolean {
    if (scan.kind === 'collections') return false;
    const newest = this.#tools.stores.metadata.newestPoint(scan.replicaSetId);
    return newest === null || newest.optime.ts < beforeScan(scan).ts;
  }

  /** Where nothing came since the last point, that one is kept. */
  #finish(
    replicaSetId: string,
    snapshot: StoredSnapshot | null,
    { snapshot: reason }: FoldGoal,
  ): Omit<FoldOutcome, 'entries'> {
    const { stores, costs } = this.#tools;
    const { metadata } = stores;
    const point = metadata.newestPoint(replicaSetId);
    if (snapshot !== null || reason === null || point === null || point.hidden) return { point, snapshot };
    const known = metadata.snapshots(replicaSetId).find(({ optime }) => optime.ts === point.optime.ts);
    if (known !== undefined && reason === 'schedule') {
      const set = afterSnapshot(stores, replicaSetId, { ...known, takenAtMs: Math.round(stores.clock.now()) });
      if (set !== null) metadata.saveSet(set);
      return { point, snapshot: known };
    }
    const collections = metadata.collectionsAt(replicaSetId, point.optime.ts);
    const cost = costs.add(replicaSetId, { readBytes: 0, newBytes: 0, tookMs: 0 });
    const made = snapshotOf(stores, point, collections, reason, cost);
    metadata.saveSnapshot(made);
    costs.forget(replicaSetId);
    const set = afterSnapshot(stores, replicaSetId, made);
    if (set !== null) metadata.saveSet(set);
    return { point, snapshot: made };
  }

  /** The scan's collections become the place from which its oplog is folded. */
  async #begin(set: StoredSet, group: GroupStore, scan: StoredScan): Promise<void> {
    const { metadata } = this.#tools.stores;
    const pin = group.blocks.pin();
    try {
      const filter = new NamespaceFilter(set.settings.filter);
      const collections = await scannedCollections(metadata, scan, new StoreSink(group.blocks), {
        groupKey: group.blockKey,
        keeps: (info) => filter.keeps(namespaceOf(info)),
      });
      metadata.addPoint({
        ...nothingElse,
        point: newPoint(set.replicaSetId, beforeScan(scan), true),
        changed: new Map(collections.map((collection) => [collection.info.uuid, versionOf(collection)])),
        newRuns: collections.flatMap(({ runs }) => runs),
        scan: { ...scan, state: 'begun' },
        fresh: true,
      });
    } finally {
      pin.release();
    }
  }
}
