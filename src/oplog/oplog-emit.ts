import type { DocumentChange } from '../model/collection.ts';

/**
 * A command of the oplog that changes collections, indexes or options. Raw: src/oplog/catalog.ts knows the commands. Buffers share
 * memory with the entry.
 */
export interface CatalogChange {
  readonly ts: bigint;
  /** Position inside of a transaction or applyOps. */
  readonly index: number;
  /** Of the namespace `database.$cmd`. */
  readonly database: string;
  /** Name of the command: the first field of `o`. */
  readonly command: string;
  /** UUID of the collection that it is about, 32 hex digits; null when the entry names none. */
  readonly uuid: string | null;
  readonly o: Buffer;
  readonly o2: Buffer | null;
}

/** What a reader of the oplog calls for each entry, at once, in the order of the oplog. */
export interface OplogEmit {
  /** `key` has bytes of its own; `body` shares memory with the entry (or with the held operations of its transaction). */
  change(change: DocumentChange): void;
  catalog(change: CatalogChange): void;
  /** An entry that changes nothing that is kept; it says how far the oplog is. */
  nothing(ts: bigint): void;
}
