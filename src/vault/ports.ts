import type { RunInfo } from '../blocks/ports.ts';
import type { CollectionInfo } from '../model/collection.ts';
import type { Optime } from '../model/optime.ts';
import type { Moment } from '../wire/api/backup-reading.ts';
import type { BackupSchedule, BackupTimeline, ScanProgress, Snapshot, WriteSources } from '../wire/api/backups.ts';
import type {
  BackupTask,
  BlocksHead,
  HaveRequest,
  NamespaceFilter,
  ScanBeginRequest,
  ScanFinishRequest,
  ScanPlanRequest,
  ScanState,
  SlicesAnswer,
  SlicesHead,
} from '../wire/backup-messages.ts';
import type { DocumentHistory } from './document-history.ts';
import type { OpenViewOptions, View, ViewChunk } from './view-ports.ts';

/**
 * The vault keeps backups: blocks in packs, slices in segments, and which runs make which point in time. It runs in a thread of
 * its own (src/cli/vault-thread), knows neither HTTP nor MongoDB, and opens the same files without a server (restore --from-store).
 */

/** Blocks of one group: content-addressed, immutable. Implemented by storage/filesystem (packs) with an index in storage/sqlite. */
export interface BlockStore {
  has(ids: readonly Buffer[]): Promise<readonly boolean[]>;
  /**
   * Stores what is not there yet. Durable, with its index, when it resolves. Ids were checked by the caller. `within` is called in the transaction
   * that makes the blocks durable (without waiting): what it writes is there exactly when they are.
   */
  put(
    blocks: readonly { readonly id: Buffer; readonly stored: Buffer }[],
    within?: () => void,
  ): Promise<{ readonly newBlocks: number; readonly newBytes: number }>;
  /** Decrypted, as packContent made it. @throws STORE_CORRUPT that names pack and block. */
  read(id: Buffer): Promise<Buffer>;
  /** What one restore point or sync says it needs is pinned while it is made: blocks put or asked for (has → true) since `pin()` are not collected until `release`. */
  pin(): { release(): void };
  /**
   * Frees what `isLive` denies, of packs written before the call and not pinned: packs mostly dead are rewritten, empty ones removed.
   * Live ids are offered by the engine in one pass (`markLive` may be called millions of times).
   */
  collect(mark: (markLive: (id: Buffer) => void) => Promise<void>, signal: AbortSignal): Promise<CollectResult>;
  /** Reads every pack: tags, hashes, index. Reports damage, never stops at the first. */
  verify(
    onDamage: (damage: BlockDamage) => void,
    onProgress: (doneBytes: number, allBytes: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  use(): Promise<BlockUse>;
}
export interface BlockUse {
  readonly blocks: number;
  /** On disk. */
  readonly bytes: number;
  /** Of them, those that nothing names since the last collection. */
  readonly deadBytes: number;
  /** Of packs that were begun before the store was encrypted; 0 when it is not. Collections rewrite them. */
  readonly plainBytes: number;
}
export interface CollectResult {
  readonly freedBytes: number;
  readonly rewrittenBytes: number;
  readonly removedPacks: number;
}
export interface BlockDamage {
  readonly id: Buffer | null;
  readonly pack: string;
  readonly why: string;
}

export interface SliceInfo {
  /** Last entry of the slice before it; null for the first of a capture. */
  readonly after: Optime | null;
  readonly first: bigint;
  readonly last: Optime;
  readonly entries: number;
  readonly contentBytes: number;
  readonly storedBytes: number;
  /** SHA-256 of the content; chain: SHA-256(chain before ‖ hash). */
  readonly hash: Buffer;
  readonly chain: Buffer;
}
/** A capture is a continuous stretch of slices; a resync after a lost place begins another one. */
export interface SliceLog {
  /** Appends in order. Durable when it resolves. @throws SLICE_GAP when the first does not begin where the log ends. */
  append(replicaSetId: string, slices: readonly { readonly info: SliceInfo; readonly frame: Buffer }[]): Promise<void>;
  /** The newest slice; null before the first. */
  last(replicaSetId: string): Promise<SliceInfo | null>;
  /** Slices that hold entries with ts > `after`, oldest first, with their content decompressed and checked (hash). Stops at a damaged one with STORE_CORRUPT. */
  read(
    replicaSetId: string,
    after: bigint,
    signal: AbortSignal,
  ): AsyncIterable<{ readonly info: SliceInfo; readonly content: Buffer }>;
  /** Continuous stretches that are there, oldest first: [first entry, last entry]. */
  spans(
    replicaSetId: string,
  ): Promise<readonly { readonly first: bigint; readonly last: bigint; readonly bytes: number }[]>;
  /** Forgets slices all of whose entries are older than `before` (whole segments). */
  drop(replicaSetId: string, before: bigint): Promise<void>;
  removeAll(replicaSetId: string): Promise<void>;
  bytes(replicaSetId: string): Promise<number>;
  /** Reads every slice of the set; reports each that is damaged, never stops at the first. */
  verify(replicaSetId: string, onDamage: (damage: SliceDamage) => void, signal: AbortSignal): Promise<void>;
}
export interface SliceDamage {
  /** Entries that cannot be read. */
  readonly first: bigint;
  readonly last: bigint;
  /** The segment's file. */
  readonly path: string;
  readonly why: string;
}

/** A collection at a point in time: runs from oldest (base) to newest. */
export interface CollectionRuns {
  readonly info: CollectionInfo;
  readonly runs: readonly PointRun[];
  /** Not all of it is there (newly included, still being copied): cannot be restored from this point. */
  readonly incomplete: boolean;
}
/** What a delta adds to the documents below it, and takes from them. */
export interface Growth {
  /** Documents that were not there. */
  readonly added: number;
  readonly addedBytes: number;
  /** Documents that were there. */
  readonly removed: number;
}

export interface PointRun extends RunInfo {
  readonly id: string;
  readonly kind: 'base' | 'delta';
  /** Made of entries before the scan's end: updates of missing documents are not an error. */
  readonly lenient: boolean;
  /** Null where it is not told: a base, lenient runs (what was there is not known), capped collections (not every delete is an entry). */
  readonly growth: Growth | null;
}

/** What a person sets for a replica set; kept in the vault, because it must be readable without the server. */
export interface SetSettings {
  readonly schedule: BackupSchedule;
  readonly filter: NamespaceFilter;
  readonly limits: BackupTask['limits'];
  /** 0: no restore drill by itself. */
  readonly drillEveryDays: number;
}
export type SetStanding = 'active' | 'stopped' | 'terminating';
/** A replica set that is or was backed up. */
export interface VaultSet {
  readonly groupId: string;
  readonly replicaSetId: string;
  readonly name: string;
  readonly standing: SetStanding;
  /** terminating: when its data goes. */
  readonly deleteAtMs: number | null;
  readonly settings: SetSettings;
  /** Capture stands still until a resync: why and since when. */
  readonly lost: { readonly code: string; readonly message: string; readonly sinceMs: number } | null;
  /** Without its parts: those are in `scanState`. */
  readonly scan: ScanState | null;
  readonly scanProgress: ScanProgress | null;
  readonly checkpoint: Optime | null;
  readonly chain: Buffer | null;
  /** Everything between `from` and `until` can be restored to the second; null until the first fold past a scan's end. */
  readonly restorable: { readonly from: Optime; readonly until: Optime } | null;
  /** Why folding stands still (unknown entry, damaged slice): capture goes on. */
  readonly foldProblem: {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
    readonly sinceMs: number;
  } | null;
  readonly snapshots: number;
  readonly lastSnapshotAtMs: number | null;
  readonly nextSnapshotAtMs: number | null;
  readonly contentBytes: number;
  readonly storedBytes: number;
  readonly slicesBytes: number;
}

/**
 * The vault as the server sees it (through its thread). Changes are durable when they resolve. Agents' requests were checked for
 * group and lease by the caller; the vault checks ids, hashes, orders and continuity itself.
 */
export interface VaultService {
  sets(groupId: string): Promise<readonly VaultSet[]>;
  set(groupId: string, replicaSetId: string): Promise<VaultSet | undefined>;
  /** HMAC key of the group's blocks, made at first use. */
  blockKey(groupId: string): Promise<Buffer>;
  /** Switches backup on (again), or changes its settings. */
  start(groupId: string, replicaSetId: string, name: string, settings: SetSettings): Promise<void>;
  configure(groupId: string, replicaSetId: string, settings: SetSettings): Promise<void>;
  stop(groupId: string, replicaSetId: string): Promise<void>;
  /** Its data goes at `deleteAtMs`; start() until then undoes it. */
  terminate(groupId: string, replicaSetId: string, deleteAtMs: number): Promise<void>;
  /** The agent lost its place, or a person asks: a resync is begun, the old points stay. */
  requestScan(groupId: string, replicaSetId: string, kind: 'full' | 'resync'): Promise<void>;
  markLost(groupId: string, replicaSetId: string, code: string, message: string): Promise<void>;

  /** The open scan with all of its parts; null: there is none. */
  scanState(groupId: string, replicaSetId: string): Promise<ScanState | null>;
  beginScan(groupId: string, request: ScanBeginRequest): Promise<ScanState>;
  planScan(groupId: string, request: ScanPlanRequest): Promise<ScanState>;
  /** `blocks`: the stored bytes one after another, as the head describes them. */
  addBlocks(groupId: string, head: BlocksHead, blocks: Buffer): Promise<{ readonly newBytes: number }>;
  have(groupId: string, request: HaveRequest): Promise<readonly boolean[]>;
  finishScan(groupId: string, request: ScanFinishRequest): Promise<void>;
  /** @throws SLICE_GAP with checkpoint and chain in its details */
  appendSlices(groupId: string, head: SlicesHead, frames: Buffer): Promise<SlicesAnswer>;

  snapshots(groupId: string, replicaSetId: string): Promise<readonly Snapshot[]>;
  /** Folds up to the checkpoint and keeps that point. Resolves when the snapshot is there. */
  takeSnapshot(groupId: string, replicaSetId: string): Promise<Snapshot>;
  deleteSnapshot(groupId: string, replicaSetId: string, snapshotId: string): Promise<void>;
  timeline(groupId: string, replicaSetId: string): Promise<BackupTimeline>;
  writeSources(groupId: string, replicaSetId: string, fromMs: number, untilMs: number): Promise<WriteSources>;

  /**
   * Keeps what a view of this moment is made from, until then, whatever the schedule says. Answers the moment's timestamp. Known
   * while the store is open: it is named again when the store is opened. @throws NOT_FOUND
   */
  hold(groupId: string, replicaSetId: string, at: Moment, untilMs: number): Promise<bigint>;
  /** @throws NOT_RESTORABLE with what can be restored */
  openView(
    groupId: string,
    replicaSetId: string,
    at: Moment,
    options?: OpenViewOptions,
  ): Promise<{ readonly viewId: string; readonly view: View }>;
  /** The next chunks after `afterKey` (null: from the first), up to about `maxBytes` of content; empty at the end. Renews the view. */
  readView(viewId: string, uuid: string, afterKey: Buffer | null, maxBytes: number): Promise<readonly ViewChunk[]>;
  /** The document with this key, if it is there. */
  findByKey(viewId: string, uuid: string, key: Buffer): Promise<Buffer | undefined>;
  closeView(viewId: string): Promise<void>;
  /** Versions of one document, oldest first, from snapshots and slices; bodies are raw BSON. */
  history(
    groupId: string,
    replicaSetId: string,
    namespace: string,
    key: Buffer,
    limit: number,
  ): Promise<DocumentHistory>;

  verify(groupId: string, replicaSetId: string | null): Promise<VerifyReport>;
  /** Reads a snapshot as a restore would: every block of it, and each document in its place. @throws NOT_FOUND */
  checkSnapshot(groupId: string, replicaSetId: string, snapshotId: string): Promise<SnapshotCheck>;
  /** How far the check of a snapshot of this set is; null: none is under way. */
  checkProgress(groupId: string, replicaSetId: string): Promise<CheckProgress | null>;
  use(groupId: string): Promise<StoreUse>;
  close(): Promise<void>;
}
export interface CheckProgress extends Pick<SnapshotCheck, 'documents' | 'bytes'> {
  /** About: what is deleted and what grew since the newest base is not counted. */
  readonly allBytes: number;
  readonly namespace: string;
}
export interface StoreUse {
  readonly bytes: number;
  readonly deadBytes: number;
  /** Not encrypted yet, of a store that is encrypted since. */
  readonly plainBytes: number;
  readonly freeBytes: number | null;
  readonly recoveryKit: RecoveryKitState;
}
/** Of the master key that the store has now. notNeeded: the store is not encrypted. */
export type RecoveryKitState = 'notNeeded' | 'missing' | 'exported';
export interface SnapshotCheck {
  readonly collections: number;
  readonly documents: number;
  readonly bytes: number;
  /** Collections that cannot be read to their end, and why. */
  readonly damage: readonly { readonly namespace: string; readonly why: string }[];
}
export interface VerifyReport {
  readonly blocks: number;
  readonly bytes: number;
  readonly damage: readonly {
    readonly block: string;
    readonly pack: string;
    readonly why: string;
    readonly snapshots: readonly string[];
  }[];
}
