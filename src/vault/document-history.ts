import type { Optime } from '../model/optime.ts';

export interface DocumentHistory {
  readonly versions: readonly DocumentVersion[];
  /** Every change after it is there; before it, only what points hold. Null: there is no such place. */
  readonly exactFrom: Optime | null;
  /** limit, time: older versions are left out. damage: the oplog before `exactFrom` is kept but cannot be read. */
  readonly cut: 'limit' | 'time' | 'damage' | null;
}

export interface DocumentVersion {
  readonly optime: Optime | null;
  readonly atMs: number;
  readonly exact: boolean;
  readonly kind: 'insert' | 'update' | 'delete' | 'found' | 'missing';
  /**
   * What made it so. write: an operation on the document. rename: its collection, or another one, came to the name or left it. drop: of its
   * collection. empty: of all documents at once. Null where the change itself was not seen.
   */
  readonly cause: 'write' | 'rename' | 'drop' | 'empty' | null;
  readonly document: Buffer | null;
}
