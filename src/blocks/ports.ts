/** What runs need of the place in which blocks rest. Ids are 32 bytes; `stored` is what packContent made. */
export interface BlockSource {
  /** @throws STORE_CORRUPT when the block is not there or its envelope is damaged. */
  read(id: Buffer): Promise<Buffer>;
}
export interface BlockSink {
  /** Takes a block; it need not be durable before the sink's owner says so. */
  put(id: Buffer, stored: Buffer): Promise<void>;
}

/** Where one data block stands in a run: an entry of an index block. */
export interface BlockRef {
  readonly id: Buffer;
  readonly firstKey: Buffer;
  readonly lastKey: Buffer;
  /** Entries. */
  readonly count: number;
  readonly contentBytes: number;
  readonly storedBytes: number;
}

/**
 * An immutable sequence of entries in strictly increasing order of their keys, in blocks with a tree of index blocks over them.
 * `root` is the id of the topmost index block; an empty run has none.
 */
export interface RunInfo {
  readonly root: Buffer | null;
  /** Levels of index blocks; 0 when empty. */
  readonly levels: number;
  readonly entries: number;
  readonly blocks: number;
  readonly contentBytes: number;
  /** Of data blocks, compressed; blocks that another run holds too count here as well. */
  readonly storedBytes: number;
}

/** One entry of a run. `key` and `body` may share memory with the block: valid until the next one is asked for. */
export interface RunEntry {
  /** put: body is the document. delete: no body. update: the updates to apply in order, oldest first. */
  readonly kind: 'put' | 'delete' | 'update';
  readonly key: Buffer;
  readonly document?: Buffer;
  readonly updates?: readonly RunUpdate[];
  /** Place in natural order (capped collections only): 12 bytes, see docs/formats/block.md. */
  readonly sequence?: Buffer;
  /** put: the key is not the one of the document's `_id` (natural order, collections without `_id`). */
  readonly keyed?: boolean;
}
export interface RunUpdate {
  /** The oplog's `o`; of an upsert `{o2, o}`. */
  readonly update: Buffer;
  readonly upsert: boolean;
}

/** Applies updates, oldest first, to a document (undefined: there is none): the merge operator, given by src/oplog. Raw BSON. */
export type ApplyUpdates = (
  document: Buffer | undefined,
  updates: readonly RunUpdate[],
  lenient: boolean,
) => Buffer | undefined;

/** An update where it stands in a block. BSON tells its own length. */
export interface UpdatePlace {
  readonly bytes: Buffer;
  readonly start: number;
}

/**
 * Applies updates, newest first, to the document at `start`, when that takes no more than one walk: writes the result at `at` of `out`, which has room for all of them
 * together, and answers where it ends. -1: they are for ApplyUpdates, and what was written is void.
 */
export type PatchDocument = (
  document: Buffer,
  start: number,
  updates: readonly UpdatePlace[],
  out: Buffer,
  at: number,
) => number;

/** The same effect on every document in fewer updates, where that can be told without the document. */
export type JoinUpdates = (updates: readonly RunUpdate[]) => readonly RunUpdate[];

/** What runs need to know of updates, given by src/oplog. */
export interface UpdateRules {
  readonly apply: ApplyUpdates;
  readonly patch: PatchDocument;
  readonly join: JoinUpdates;
}
