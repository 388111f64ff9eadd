import type { CollectionInfo } from '../model/collection.ts';
import type { Optime } from '../model/optime.ts';

/**
 * What a restore, an archive and a tar are made from: one replica set at one moment, immutable while it is open. Implemented over
 * the server's views (http-source.ts), over a vault in this process (vault-source.ts), and in memory by tests.
 */
export interface RestoreSource {
  readonly optime: Optime;
  /** Version of the mongod that was backed up (`6.0.5`), as far as it is known. */
  readonly sourceVersion: string | null;
  /** 24 hex digits, as the set's own configuration names it; null: not known. */
  readonly replicaSetId: string | null;
  readonly collections: readonly SourceCollection[];
  /**
   * The next chunks of a collection after `afterKey` (null: from the first), about `maxBytes` of documents, one chunk at least; empty
   * at the end. May be asked again for the same place and then answers the same documents. @throws AppError; `retryable`: ask again.
   */
  chunks(uuid: string, afterKey: Buffer | null, maxBytes: number, signal: AbortSignal): Promise<readonly SourceChunk[]>;
  close(): Promise<void>;
}

export interface SourceCollection {
  readonly info: CollectionInfo;
  /** Both are estimates, for progress and plans. */
  readonly documents: number;
  readonly contentBytes: number;
}

export interface SourceChunk {
  /** A block (docs/formats/block.md) that holds documents alone. */
  readonly stored: Buffer;
  readonly documents: number;
  readonly lastKey: Buffer;
  /** Nothing follows it; otherwise that is not known. */
  readonly isLast?: true;
}
