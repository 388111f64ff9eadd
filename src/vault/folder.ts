import { randomBytes } from 'node:crypto';
import { IndexCache } from '../blocks/index-cache.ts';
import type { ApplyUpdate } from '../blocks/ports.ts';
import { NamespaceFilter } from '../model/namespace-filter.ts';
import { type Optime, timestampMs } from '../model/optime.ts';
import { OplogReader } from '../oplog/oplog-reader.ts';
import { beforeScan, scannedCollections } from './fold-begin.ts';
import { FoldPass } from './fold-pass.ts';
import { type ReadResult, readEntries } from './fold-read.ts';
import { type FoldState, namespaceOf, stateAt } from './fold-state.ts';
import { writeDeltas } from './fold-write.ts';
import type { PointCommit, StoredPoint, StoredScan, StoredSet, StoredSnapshot } from './metadata-ports.ts';
import type { PointRun } from './ports.ts';
import { lookUp } from './run-lookup.ts';
import { snapshotOf } from './snapshot-cost.ts';
import { StoreSink } from './store-sink.ts';
import type { GroupStore, VaultStores } from './stores.ts';
import { WriteCounter } from './write-counter.ts';

/** Oplog between two points; what a fold holds in memory is a small multiple of it. */
export const chunkBytes = 64 * 2 ** 20;

export interface FoldGoal {
  /** Folds what is there even if it is little. */
  readonly all: boolean;
  /** The point at the end is kept as a snapshot. */
  readonly snapshot: StoredSnapshot['reason'] | null;
  readonly signal: AbortSignal;
}

export interface FoldOutcome {
  /** The newest point; null: there is none yet. */
  readonly point: StoredPoint | null;
  readonly snapshot: StoredSnapshot | null;
  readonly entries: number;
}

interface Chunk {
  readonly set: StoredSet;
  readonly group: GroupStore;
  readonly point: StoredPoint;
  /** Its end is not reached yet. */
  readonly scan: StoredScan | null;
  readonly goal: FoldGoal;
}

/** Turns slices into delta runs and points. One fold of a set at a time: the caller sees to it. */
export class Folder {
  readonly #stores: VaultStores;
  readonly #apply: ApplyUpdate;
  readonly #cache = new IndexCache();

  constructor(stores: VaultStores, apply: ApplyUpdate) {
    this.#stores = stores;
    this.#apply = apply;
  }

  /** Folds from the newest point to the newest slice. @throws what the oplog's reader throws: nothing is changed by the chunk that failed */
  async fold(replicaSetId: string, goal: FoldGoal): Promise<FoldOutcome> {
    const { metadata } = this.#stores;
    let entries = 0;
    for (;;) {
      goal.signal.throwIfAborted();
      const set = metadata.sets().find((known) => known.replicaSetId === replicaSetId);
      if (set === undefined) return { point: null, snapshot: null, entries };
      const group = await this.#stores.group(set.groupId);
      const scan = metadata.scans(replicaSetId).find(({ state }) => state === 'finished' || state === 'begun') ?? null;
      if (scan?.state === 'finished') await this.#begin(set, group, scan);
      const point = metadata.newestPoint(replicaSetId);
      if (point === null) return { point, snapshot: null, entries };
      const chunk = await this.#chunk({
        set,
        group,
        point,
        scan: scan === null ? null : { ...scan, state: 'begun' },
        goal,
      });
      entries += chunk.entries;
      if (chunk.more) continue;
      const newest = metadata.newestPoint(replicaSetId);
      if (chunk.snapshot !== null || goal.snapshot === null || newest === null || newest.hidden)
        return { point: newest, snapshot: chunk.snapshot, entries };
      const snapshot = snapshotOf(
        this.#stores,
        newest,
        metadata.collectionsAt(replicaSetId, newest.optime.ts),
        goal.snapshot,
        {
          readBytes: 0,
          newBytes: 0,
          tookMs: 0,
        },
      );
      metadata.saveSnapshot(snapshot);
      return { point: newest, snapshot, entries };
    }
  }

  /** The scan's collections become the place from which its oplog is folded. */
  async #begin(set: StoredSet, group: GroupStore, scan: StoredScan): Promise<void> {
    const { metadata } = this.#stores;
    const pin = group.blocks.pin();
    try {
      const filter = new NamespaceFilter(set.settings.filter);
      const collections = await scannedCollections(metadata, scan, new StoreSink(group.blocks), {
        groupKey: group.blockKey,
        keeps: (info) => filter.keeps(namespaceOf(info)),
      });
      const optime = beforeScan(scan);
      metadata.addPoint({
        ...emptyCommit,
        point: newPoint(set.replicaSetId, optime, true),
        state: new OplogReader().save(),
        changed: new Map(
          collections.map(({ info, incomplete, runs }) => [
            info.uuid,
            { info, incomplete, runIds: runs.map(({ id }) => id) },
          ]),
        ),
        newRuns: collections.flatMap(({ runs }) => runs),
        scan: { ...scan, state: 'begun' },
        fresh: true,
      });
    } finally {
      pin.release();
    }
  }

  async #chunk(
    chunk: Chunk,
    limit: bigint | null = null,
  ): Promise<{ more: boolean; entries: number; snapshot: StoredSnapshot | null }> {
    const { set, group, point, scan, goal } = chunk;
    const began = performance.now();
    const pin = group.blocks.pin();
    try {
      const sink = new StoreSink(group.blocks);
      const state = stateAt(this.#stores.metadata, point);
      const writes = new WriteCounter();
      const pass = this.#pass(chunk, state, sink, writes);
      const read = await readEntries(group.slices, pass, {
        replicaSetId: set.replicaSetId,
        after: point.optime,
        maxBytes: chunkBytes,
        stopAt: limit ?? scan?.until?.ts ?? null,
        signal: goal.signal,
      });
      if (read.entries === 0) return nothingMore;
      if (!read.good) {
        // A transaction is prepared at the end: what can be folded ends before it.
        if (read.lastGood === null || !(goal.all || read.bytes >= chunkBytes)) return nothingMore;
        return await this.#chunk(chunk, read.lastGood.ts);
      }
      if (read.ended === 'end' && !goal.all && read.bytes < chunkBytes) return nothingMore;
      const ended = limit === null ? read : { ...read, ended: 'end' as const };
      const snapshot = await this.#commit(chunk, { state, pass, sink, read: ended, writes: writes.counts(), began });
      return { more: ended.ended !== 'end', entries: read.entries, snapshot };
    } finally {
      pin.release();
    }
  }

  #pass({ set, group, scan }: Chunk, state: FoldState, sink: StoreSink, writes: WriteCounter): FoldPass {
    const { include, exclude } = set.settings.filter;
    const filter = new NamespaceFilter(set.settings.filter);
    const lookup = { source: sink, apply: this.#apply, groupKey: group.blockKey, cache: this.#cache };
    return new FoldPass({
      state,
      apply: this.#apply,
      lenient: scan !== null,
      keeps: (namespace) => filter.keeps(namespace),
      filtered: include.length + exclude.length > 0,
      until: null,
      only: null,
      base: (runs, key) => lookUp(runs, key, lookup),
      writes,
    });
  }

  async #commit(chunk: Chunk, made: Made): Promise<StoredSnapshot | null> {
    const { set, group, scan, goal } = chunk;
    const { metadata } = this.#stores;
    const { state, pass, sink, read, writes, began } = made;
    const lenient = scan !== null;
    const reached = scan !== null && read.ended === 'stop';
    const changed = new Map<string, { info: PassInfo; incomplete: boolean; runIds: string[] } | null>();
    const newRuns: PointRun[] = [];
    const collections = [];
    for await (const written of writeDeltas(pass, sink, { groupKey: group.blockKey, lenient })) {
      const runs = written.delta === null ? written.runs : [...written.runs, written.delta];
      const { info, incomplete } = written;
      collections.push({ info, incomplete, runs });
      if (!written.changed) continue;
      if (written.delta !== null) newRuns.push(written.delta);
      changed.set(info.uuid, { info, incomplete, runIds: runs.map(({ id }) => id) });
    }
    for (const uuid of pass.dropped()) changed.set(uuid, null);
    await sink.flush();
    const point = newPoint(set.replicaSetId, read.optime, lenient && !reached);
    const last = read.ended === 'end' && goal.snapshot !== null && !point.hidden;
    const reason = reached ? 'initial' : last ? goal.snapshot : null;
    const cost = { readBytes: read.bytes, newBytes: sink.newBytes, tookMs: performance.now() - began };
    const snapshot = reason === null ? null : snapshotOf(this.#stores, point, collections, reason, cost);
    metadata.addPoint({
      point,
      state: state.reader.save(),
      changed,
      newRuns,
      snapshot,
      writes,
      scan: reached ? { ...scan, state: 'folded' } : null,
      set: snapshot === null ? null : this.#afterSnapshot(set.replicaSetId, snapshot),
      fresh: false,
    });
    if (reached) metadata.clearScan(scan.scanId);
    return snapshot;
  }

  #afterSnapshot(replicaSetId: string, snapshot: StoredSnapshot): StoredSet | null {
    const set = this.#stores.metadata.sets().find((known) => known.replicaSetId === replicaSetId);
    if (set === undefined) return null;
    const everyMs = set.settings.schedule.snapshotEveryHours * 3_600_000;
    const due = set.nextSnapshotAtMs === null || snapshot.takenAtMs >= set.nextSnapshotAtMs;
    return { ...set, foldProblem: null, nextSnapshotAtMs: due ? snapshot.takenAtMs + everyMs : set.nextSnapshotAtMs };
  }
}

type PassInfo = FoldPassInfo;
type FoldPassInfo = Parameters<typeof namespaceOf>[0];

interface Made {
  readonly state: FoldState;
  readonly pass: FoldPass;
  readonly sink: StoreSink;
  readonly read: ReadResult;
  readonly writes: PointCommit['writes'];
  readonly began: number;
}

const nothingMore = { more: false, entries: 0, snapshot: null } as const;
const emptyCommit = { snapshot: null, writes: [], scan: null, set: null } as const;

function newPoint(replicaSetId: string, optime: Optime, hidden: boolean): StoredPoint {
  return { id: randomBytes(12).toString('hex'), replicaSetId, optime, hidden, atMs: timestampMs(optime.ts) };
}
