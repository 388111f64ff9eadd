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
  readonly document: Buffer | null;
}
