import type { IndexCache } from '../blocks/index-cache.ts';
import type { UpdateRules } from '../blocks/ports.ts';
import { NamespaceFilter } from '../model/namespace-filter.ts';
import { newPoint, nothingElse, writePass } from './fold-commit.ts';
import { FoldPass } from './fold-pass.ts';
import { type ReadResult, readEntries } from './fold-read.ts';
import { type FoldState, stateAt } from './fold-state.ts';
import { foldWeight } from './fold-weight.ts';
import { writeDelta } from './fold-write.ts';
import type { StoredPoint, StoredScan, StoredSet, StoredSnapshot } from './metadata-ports.ts';
import { lookUp } from './run-access.ts';
import { type SnapshotCosts, snapshotOf } from './snapshot-cost.ts';
import { StoreSink } from './store-sink.ts';
import type { GroupStore, VaultStores } from './stores.ts';
import { WriteCounter } from './write-counter.ts';

/** Oplog between two points, weighed by foldWeight: what a fold holds in memory is a small multiple of it. */
export const chunkBytes = 64 * 2 ** 20;
/** So much oplog is folded without anybody asking, weighed alike: whoever opens a view waits for what is not folded yet, about 30,000 small entries. */
export const foldAtBytes = chunkBytes / 6;

export interface FoldGoal {
  /** Folds what is there even if it is little. */
  readonly all: boolean;
  /** The point at the end is kept as a snapshot. */
  readonly snapshot: StoredSnapshot['reason'] | null;
  readonly signal: AbortSignal;
}

export interface FoldTools {
  readonly stores: VaultStores;
  readonly rules: UpdateRules;
  readonly cache: IndexCache;
  /** Of the points since the newest snapshot. */
  readonly costs: SnapshotCosts;
  /** Of changes that a pass gathers before it writes them. */
  readonly heldBytes: number;
}

export interface FoldPlace {
  readonly set: StoredSet;
  readonly group: GroupStore;
  readonly point: StoredPoint;
  /** Its end is not reached yet: changes are lenient. */
  readonly scan: StoredScan | null;
}

export interface ChunkOutcome {
  /** There may be more to fold. */
  readonly more: boolean;
  readonly entries: number;
  readonly snapshot: StoredSnapshot | null;
}

export const nothingMore: ChunkOutcome = { more: false, entries: 0, snapshot: null };

/** Folds the oplog after a point up to the next one, and makes that in one transaction. */
export async function foldChunk(
  tools: FoldTools,
  place: FoldPlace,
  goal: FoldGoal,
  limit: bigint | null = null,
): Promise<ChunkOutcome> {
  const { set, group, point, scan } = place;
  const began = performance.now();
  const pin = group.blocks.pin();
  try {
    const sink = new StoreSink(group.blocks);
    const state = stateAt(tools.stores, point);
    const writes = new WriteCounter();
    const lenient = scan !== null;
    const pass = passOf(tools, place, { state, sink, lenient, writes, only: null });
    const read = await readEntries(group.slices, pass, {
      replicaSetId: set.replicaSetId,
      after: point.optime,
      maxBytes: chunkBytes,
      stopAt: limit ?? scan?.until?.ts ?? null,
      signal: goal.signal,
    });
    if (read.entries === 0) return nothingMore;
    const weight = foldWeight(read.bytes, read.entries);
    if (!read.good) {
      // A transaction is open at the end: what can be folded ends before it.
      if (read.lastGood === null || !(goal.all || weight >= foldAtBytes)) return nothingMore;
      return await foldChunk(tools, place, goal, read.lastGood.ts);
    }
    const atEnd = limit !== null || read.ended === 'end';
    if (atEnd && !goal.all && weight < foldAtBytes) return nothingMore;
    const snapshot = await commitChunk(tools, place, goal, { pass, sink, writes, read, atEnd, began, limit });
    return { more: !atEnd, entries: read.entries, snapshot };
  } finally {
    pin.release();
  }
}

interface ReadChunk {
  readonly pass: FoldPass;
  readonly sink: StoreSink;
  readonly writes: WriteCounter;
  readonly read: ReadResult;
  readonly atEnd: boolean;
  readonly began: number;
  readonly limit: bigint | null;
}

async function commitChunk(
  { stores, costs }: FoldTools,
  { set, group, scan }: FoldPlace,
  goal: FoldGoal,
  { pass, sink, writes, read, atEnd, began, limit }: ReadChunk,
): Promise<StoredSnapshot | null> {
  const { metadata } = stores;
  const lenient = scan !== null;
  const written = await writePass(pass, sink, { groupKey: group.blockKey, lenient });
  const reached = scan?.until != null && limit === null && read.ended === 'stop';
  const point = newPoint(set.replicaSetId, read.optime, lenient && !reached);
  const wanted = atEnd && !point.hidden ? goal.snapshot : null;
  const reason = reached ? 'initial' : wanted;
  const cost = costs.add(set.replicaSetId, {
    readBytes: read.bytes,
    newBytes: sink.newBytes,
    tookMs: performance.now() - began,
  });
  const snapshot = reason === null ? null : snapshotOf(stores, point, written.collections, reason, cost);
  metadata.addPoint({
    ...nothingElse,
    ...written,
    point,
    snapshot,
    writes: writes.counts(),
    scan: reached ? { ...scan, state: 'folded' } : null,
    set: snapshot === null ? null : afterSnapshot(stores, set.replicaSetId, snapshot),
  });
  if (snapshot !== null) costs.forget(set.replicaSetId);
  if (reached) metadata.clearScan(scan.scanId);
  return snapshot;
}

export interface PassParts {
  readonly state: FoldState;
  readonly sink: StoreSink;
  readonly lenient: boolean;
  readonly writes: WriteCounter | null;
  readonly only: ReadonlySet<string> | null;
}

export function passOf({ rules, cache, heldBytes }: FoldTools, { set, group }: FoldPlace, parts: PassParts): FoldPass {
  const { include, exclude } = set.settings.filter;
  const filter = new NamespaceFilter(set.settings.filter);
  const access = { source: parts.sink, rules, groupKey: group.blockKey, cache };
  return new FoldPass({
    state: parts.state,
    rules,
    lenient: parts.lenient,
    leavesOut: true,
    keeps: (namespace) => filter.keeps(namespace),
    filtered: parts.only !== null || include.length + exclude.length > 0,
    until: null,
    only: parts.only,
    base: (runs, key, capped) => lookUp(runs, key, capped, access),
    writes: parts.writes,
    write: (buffer) => writeDelta(buffer, parts.sink, { groupKey: group.blockKey, lenient: parts.lenient }),
    maxBytes: heldBytes,
  });
}

/** The set with the time of its next snapshot; null when it is gone. */
export function afterSnapshot(
  { metadata }: VaultStores,
  replicaSetId: string,
  snapshot: StoredSnapshot,
): StoredSet | null {
  const set = metadata.set(replicaSetId);
  if (set === undefined) return null;
  const everyMs = set.settings.schedule.snapshotEveryHours * 3_600_000;
  const due = set.nextSnapshotAtMs === null || snapshot.takenAtMs >= set.nextSnapshotAtMs;
  return { ...set, foldProblem: null, nextSnapshotAtMs: due ? snapshot.takenAtMs + everyMs : set.nextSnapshotAtMs };
}
