import type { View, ViewChunk } from '../../vault/ports.ts';

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

/** A view as the stream writers of restores read it: one collection after another, each from its first document. */
export interface ReadableView {
  readonly view: View;
  chunks(uuid: string): AsyncIterable<ViewChunk>;
}

export interface StreamRequest {
  readonly view: ReadableView;
  /** archive: what `mongorestore --archive --gzip` takes. tar: `db/collection.bson` and `metadata.json`. */
  readonly format: 'archive' | 'tar';
  /** Names with `*`; none: all. */
  readonly namespaces: readonly string[];
  readonly setName: string;
  readonly signal: AbortSignal;
}
/** Writes a view as a file, piece by piece; memory does not grow with it. Made by src/restore, handed in by the command. */
export type RestoreStream = (request: StreamRequest) => AsyncIterable<Uint8Array>;
