import type { CollectionInfo } from '../model/collection.ts';
import type { Optime } from '../model/optime.ts';

export interface OpenViewOptions {
  /** Documents that are cut anew are compressed: for a reader at the other end of a network. */
  readonly packed?: boolean;
}

/** What restore, archive streams and queries read: plain data of one set at one optime. */
export interface View {
  readonly optime: Optime;
  /** The source's featureCompatibilityVersion at this moment (`6.0`); null: it is not known. */
  readonly featureVersion: string | null;
  readonly collections: readonly ViewCollection[];
}
export interface ViewCollection {
  readonly info: CollectionInfo;
  /** Of runs: an estimate when deltas lie over the base. */
  readonly documents: number;
  readonly contentBytes: number;
}

/**
 * Plain documents of a collection in the order of their keys (capped: natural order): stored blocks as they are where no delta
 * touches them, freshly cut ones elsewhere. Each is a block (docs/formats/block.md) with documents alone; `isLast`: nothing follows.
 */
export interface ViewChunk {
  readonly stored: Buffer;
  readonly documents: number;
  readonly contentBytes: number;
  readonly lastKey: Buffer;
  readonly isLast?: true;
}
