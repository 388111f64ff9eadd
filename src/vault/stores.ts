import type { HoldOperations } from '../oplog/held-operations.ts';
import type { Clock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import type { StoredSet, VaultMetadata } from './metadata-ports.ts';
import type { BlockStore, RecoveryKitState, SliceLog } from './ports.ts';

/** Where a vault keeps things. */
export interface VaultStores {
  readonly metadata: VaultMetadata;
  readonly clock: Clock;
  /** Opened at first use. */
  group(groupId: string): Promise<GroupStore>;
  /** Makes a place for operations of transactions that are open: they may be many more than fit into memory. */
  holder(): HoldOperations;
  /** Bytes free on the disk of the store; null when it is not known. */
  freeBytes(): Promise<number | null>;
  recoveryKit(): Promise<RecoveryKitState>;
}

export interface GroupStore {
  readonly blocks: BlockStore;
  readonly slices: SliceLog;
  /** HMAC key of block ids. */
  readonly blockKey: Buffer;
}

/** The set, when it is one of this group. */
export function findSet(metadata: VaultMetadata, groupId: string, replicaSetId: string): StoredSet | undefined {
  const set = metadata.set(replicaSetId);
  return set?.groupId === groupId ? set : undefined;
}

/** @throws NOT_FOUND */
export function requireSet(metadata: VaultMetadata, groupId: string, replicaSetId: string): StoredSet {
  const found = findSet(metadata, groupId, replicaSetId);
  if (found === undefined) throw new AppError('NOT_FOUND', `the replica set ${replicaSetId} has no backups here`);
  return found;
}
