/**
 * A collection as backups know it: by its UUID, because names move (rename, $out, convertToCapped). Raw BSON is kept as the
 * source wrote it, so that no type, order or unknown option is lost.
 */
export interface CollectionInfo {
  /** 32 lower-case hex digits. Views have none of their own: theirs is derived from database and name (see viewUuid). */
  readonly uuid: string;
  readonly database: string;
  readonly name: string;
  readonly type: 'collection' | 'view' | 'timeseries';
  /** Raw BSON of `options` as listCollections or the create entry gives them, without `uuid`. */
  readonly options: Buffer;
  /** Raw BSON of each index as listIndexes gives it, without `ns`; `_id_` is among them where it exists. */
  readonly indexes: readonly Buffer[];
  readonly capped: boolean;
  /** Marked temporary by the server ($out and others): not restored when it still is so. */
  readonly temporary: boolean;
}

/** Documents of a collection change only through these: what a fold works with. */
export interface DocumentChange {
  readonly kind: 'put' | 'delete' | 'update';
  /** UUID as 32 hex digits. */
  readonly collection: string;
  /** When it became visible: the entry's timestamp, or the commit timestamp of its transaction. */
  readonly ts: bigint;
  /** Order among changes of one timestamp (position inside of a transaction). */
  readonly index: number;
  /** Key of the `_id` (docs/formats/key.md). */
  readonly key: Buffer;
  /** put: the document. update: the oplog's own `o` ($v: 1 modifiers, $v: 2 diff). delete: empty. Raw BSON. */
  readonly body: Buffer;
  /** A put in the place of a document that is there: it keeps its place in natural order. */
  readonly replaces?: boolean;
  /** An update that inserts when there is no document (those of a user's applyOps). Its body is `{o2, o}`: the new document's `_id` is in `o2`. */
  readonly upsert?: boolean;
}
