import type { CollectionInfo } from '../model/collection.ts';
import type { Optime } from '../model/optime.ts';
import type { ScanPart, ScanState } from '../wire/backup-messages.ts';
import type { CollectionRuns, PointRun, SetSettings, SetStanding, VaultSet } from './ports.ts';

/**
 * What the vault knows besides blocks and slices. Implemented by storage/sqlite in the same thread. Every method is one transaction, durable when
 * it returns. A timestamp is a bigint here and sixteen hex digits in the store.
 */
export interface VaultMetadata {
  groupKeys(groupId: string): readonly StoredGroupKey[];
  saveGroupKeys(keys: readonly StoredGroupKey[]): void;
  /** Group ids that have keys or sets. */
  groups(): readonly string[];

  sets(): readonly StoredSet[];
  set(replicaSetId: string): StoredSet | undefined;
  saveSet(set: StoredSet): void;
  /** Everything that is known of it. */
  removeSet(replicaSetId: string): void;

  /** Newest first. */
  scans(replicaSetId: string): readonly StoredScan[];
  saveScan(scan: StoredScan): void;
  addPlan(scan: StoredScan, collections: readonly ScanCollection[], parts: readonly ScanPart[]): void;
  scanCollections(scanId: string): readonly ScanCollection[];
  parts(scanId: string): readonly ScanPart[];
  partsOf(scanId: string, uuid: string): readonly ScanPart[];
  part(scanId: string, uuid: string, part: number): ScanPart | null;
  /** Blocks of pieces, and how far that brings their parts. */
  addPieces(scanId: string, pieces: readonly StoredPiece[]): void;
  /** In the order of part, run, number. */
  pieces(scanId: string, uuid: string): readonly PieceBlocks[];
  /** Said to be there: kept until the scan ends. Ids one after another, 32 bytes each. */
  promise(scanId: string, ids: Buffer): void;
  promised(scanId: string): readonly Buffer[];
  /** Forgets parts, pieces and promises. */
  clearScan(scanId: string): void;

  /** Oldest first, those before a scan's end as well. */
  points(replicaSetId: string): readonly StoredPoint[];
  newestPoint(replicaSetId: string): StoredPoint | null;
  /** Newest point at or before `ts`. */
  pointAt(replicaSetId: string, ts: bigint): StoredPoint | null;
  collectionsAt(replicaSetId: string, ts: bigint): readonly StoredCollection[];
  addPoint(commit: PointCommit): void;
  removePoints(replicaSetId: string, pointIds: readonly string[]): void;
  /** Puts `merged` in place of `replaced` wherever these stand in a row in a list of runs. */
  replaceRuns(replicaSetId: string, uuid: string, replaced: readonly string[], merged: PointRun): number;
  countRuns(replicaSetId: string): number;
  /** All runs of the set, named or not. */
  runs(replicaSetId: string): readonly PointRun[];
  /** Forgets runs that no list names and `keep` does not hold. */
  dropUnnamedRuns(replicaSetId: string, keep: ReadonlySet<string>): number;

  snapshots(replicaSetId: string): readonly StoredSnapshot[];
  saveSnapshot(snapshot: StoredSnapshot): void;
  removeSnapshots(replicaSetId: string, ids: readonly string[]): void;
  writes(replicaSetId: string, fromMs: number, untilMs: number): readonly StoredWrites[];
  removeWrites(replicaSetId: string, beforeMs: number): void;
}

export interface StoredGroupKey {
  readonly groupId: string;
  /** block: HMAC of block ids. data: encryption of packs and segments. */
  readonly purpose: 'block' | 'data';
  /** As key-box.ts wraps it. */
  readonly wrapped: Buffer;
}

export interface StoredSet {
  readonly groupId: string;
  readonly replicaSetId: string;
  readonly name: string;
  readonly standing: SetStanding;
  readonly deleteAtMs: number | null;
  readonly settings: SetSettings;
  readonly lost: VaultSet['lost'];
  /** `optime`: the entry at which it stands (seconds:ordinal), when it is one entry. */
  readonly foldProblem: (NonNullable<VaultSet['foldProblem']> & { readonly optime: string | null }) | null;
  /** When the next snapshot of the schedule is due; null until the first point. */
  readonly nextSnapshotAtMs: number | null;
  /** What is backed up was changed: collections that are newly included have to be copied. */
  readonly includesMore: boolean;
}

export interface StoredScan {
  readonly scanId: string;
  readonly replicaSetId: string;
  /** 1 for the first scan of a set. */
  readonly ordinal: number;
  readonly kind: ScanState['kind'];
  readonly only: readonly string[] | null;
  /** Capture begins anew with it: its first slice follows no other. */
  readonly anew: boolean;
  readonly from: Optime | null;
  /** Set when all parts are done. */
  readonly until: Optime | null;
  readonly planned: boolean;
  readonly startedAtMs: number;
  /** finished: all is read. begun: its runs are made, the fold has yet to reach `until`. */
  readonly state: 'open' | 'finished' | 'begun' | 'folded' | 'given up';
}

export interface ScanCollection {
  readonly info: CollectionInfo;
  readonly documents: number;
  readonly bytes: number;
}

export interface StoredPiece {
  readonly uuid: string;
  readonly part: number;
  /** Of the piece; the part's `next` becomes this + 1. */
  readonly number: number;
  readonly restart: boolean;
  readonly after: string | null;
  readonly done: boolean;
  readonly documents: number;
  readonly bytes: number;
  readonly runs: readonly { readonly run: number; readonly refs: Buffer }[];
}
/** Blocks of one run of one part (block-refs.ts reads `refs`). */
export interface PieceBlocks {
  readonly part: number;
  readonly run: number;
  readonly refs: Buffer;
}

/** A place to which the oplog was folded. `hidden`: before the end of its scan, nothing can be restored from it. */
export interface StoredPoint {
  readonly id: string;
  readonly replicaSetId: string;
  readonly optime: Optime;
  readonly hidden: boolean;
  readonly atMs: number;
}

export interface PointCommit {
  readonly point: StoredPoint;
  /** Of each collection that changed since the point before: what it is now, or null when it is gone. */
  readonly changed: ReadonlyMap<string, StoredVersion | null>;
  /** Runs that are named for the first time. */
  readonly newRuns: readonly PointRun[];
  readonly snapshot: StoredSnapshot | null;
  readonly writes: readonly StoredWrites[];
  readonly scan: StoredScan | null;
  readonly set: StoredSet | null;
  /** Nothing of the points before goes on: a capture that begins anew. */
  readonly fresh: boolean;
}

export interface StoredCollection extends CollectionRuns {
  /** The point whose fold last saw it renamed or emptied; null: none did. */
  readonly movedAt: bigint | null;
}

/** A collection from a point on. */
export interface StoredVersion extends Pick<CollectionRuns, 'info' | 'incomplete'> {
  readonly runIds: readonly string[];
  /** Between the point before and this one it was renamed or emptied, whatever it is now. */
  readonly moved?: boolean;
}

export interface StoredSnapshot {
  readonly id: string;
  readonly replicaSetId: string;
  readonly optime: Optime;
  readonly takenAtMs: number;
  readonly reason: 'schedule' | 'demand' | 'initial';
  readonly collections: number;
  readonly documents: number;
  readonly contentBytes: number;
  readonly readBytes: number;
  readonly newBytes: number;
  readonly tookMs: number;
}

/** Oplog of a namespace within one bucket of time. */
export interface StoredWrites {
  readonly namespace: string;
  readonly bucketMs: number;
  readonly bytes: number;
  readonly operations: number;
}

/** A part of a scan as the messages write it. */
export type StoredPart = ScanPart;
