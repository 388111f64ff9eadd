import type { Optime } from '../../model/optime.ts';
import type { ViewChunk, ViewCollection } from '../../vault/view-ports.ts';
import type { Selection } from '../../wire/api/backup-reading.ts';
import type { BackupDrill } from '../../wire/api/backups.ts';

export type { BackupDrill } from '../../wire/api/backups.ts';

/** Who backs up a replica set. */
export interface SetLease {
  readonly replicaSetId: string;
  /** Agent id; empty after it left. */
  readonly holder: string;
  readonly epoch: number;
}

/** Remembers who was given which set, so that epochs never repeat. Writes are durable when they resolve. */
export interface SetLeaseStore {
  leases(groupId: string): Promise<readonly SetLease[]>;
  /** Gives the set to the agent under the next epoch. */
  give(groupId: string, replicaSetId: string, holder: string): Promise<SetLease>;
}

/** How restore drills ended. Writes are durable when they resolve. */
export interface DrillStore {
  /** The newest hundred of a set are kept. */
  add(groupId: string, replicaSetId: string, drill: BackupDrill): Promise<void>;
  /** Newest first. */
  drills(groupId: string, replicaSetId: string): Promise<readonly BackupDrill[]>;
  removeAll(groupId: string, replicaSetId: string): Promise<void>;
}

/** A restore link as it is kept; of its token only a hash is. */
export interface StoredLink {
  readonly id: string;
  readonly groupId: string;
  readonly replicaSetId: string;
  readonly setName: string;
  readonly tokenHash: string;
  readonly format: 'archive' | 'tar';
  readonly namespaces: readonly string[];
  readonly selection: Selection | null;
  readonly optime: Optime;
  readonly contentBytes: number;
  readonly createdAtMs: number;
  readonly expiresAtMs: number;
  readonly attempts: number;
  readonly sentBytes: number;
  readonly end: 'used' | 'revoked' | 'failed' | null;
}

/** Restore links of all groups. Writes are durable when they resolve. */
export interface LinkStore {
  save(link: StoredLink): Promise<void>;
  /** Oldest first. */
  links(): Promise<readonly StoredLink[]>;
  remove(groupId: string, id: string): Promise<void>;
}

/** A moment that is kept for a link or a view. */
export interface StoredHold {
  readonly id: string;
  readonly replicaSetId: string;
  readonly ts: bigint;
  readonly untilMs: number;
}
/** Moments that must outlive a restart of the server. Writes are durable when they resolve. */
export interface HoldStore {
  save(hold: StoredHold): Promise<void>;
  remove(id: string): Promise<void>;
  /** Those that are not over; the others are forgotten. */
  valid(nowMs: number): Promise<readonly StoredHold[]>;
}

/** A view as restores read it; the same shape as RestoreSource of src/restore. */
export interface StreamSource {
  readonly optime: Optime;
  /** Version of the mongod that was backed up, as far as it is known. */
  readonly sourceVersion: string | null;
  readonly replicaSetId: string;
  readonly collections: readonly ViewCollection[];
  /** Chunks after the key (null: from the first); empty at the end. */
  chunks(uuid: string, afterKey: Buffer | null, maxBytes: number, signal: AbortSignal): Promise<readonly ViewChunk[]>;
  close(): Promise<void>;
}

export interface StreamRequest {
  readonly source: StreamSource;
  /** archive: what `mongorestore --archive --gzip` takes. tar: `db/collection.bson` and `metadata.json`. */
  readonly format: 'archive' | 'tar';
  /** Names with `*`; none: all. */
  readonly namespaces: readonly string[];
  readonly signal: AbortSignal;
}
/** Writes a view as a file, piece by piece; memory does not grow with it. Made by src/restore, handed in by the command. */
export type RestoreStream = (request: StreamRequest) => AsyncIterable<Uint8Array>;
