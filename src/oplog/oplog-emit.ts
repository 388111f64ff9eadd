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
  /**
   * Name of the command: the first field of `o`. `system.views` is a change of a view's document, which is emitted as a change of a document too:
   * `o` is as in that entry, `o2` names the view, or is null for a delete.
   */
  readonly command: string;
  /** UUID of the collection that it is about, 32 hex digits; null when the entry names none. */
  readonly uuid: string | null;
  readonly o: Buffer;
  readonly o2: Buffer | null;
}

/**
 * What a change did to one collection. created: it is new. emptied: it is there without any of its documents. dropped: it is gone.
 * renamed, changed: name, options or indexes.
 */
export interface CatalogEffect {
  readonly kind: 'created' | 'emptied' | 'dropped' | 'renamed' | 'changed';
  readonly uuid: string;
  /** renamed: `database.collection` of before. One that was not backed up under it has documents that nobody has. */
  readonly from?: string;
}

/** What a reader of the oplog calls for each entry, at once, in the order of the oplog. */
export interface OplogEmit {
  /** `key` has bytes of its own; `body` shares memory with the entry (or with the held operations of its transaction). */
  change(change: DocumentChange): void;
  catalog(change: CatalogChange): void;
  /** An entry that changes nothing that is kept; it says how far the oplog is. */
  nothing(ts: bigint): void;
}
