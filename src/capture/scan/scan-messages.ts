import type { HostConnection } from '../../deployment/connect.ts';

/** What a scan's thread is started with. */
export interface ScanThreadData {
  /** 32 bytes: the key of the group's block ids. */
  readonly groupKey: Uint8Array;
  /** zstd level. */
  readonly level: number;
}

/** A part of a collection to be read from one member. Bounds and places are raw BSON `{_id: …}`. */
export interface ScanJob {
  readonly id: number;
  readonly connection: HostConnection;
  readonly database: string;
  /** As it was called when this was looked up; it may have another name by now. Empty: gone. */
  readonly name: string;
  /** 32 hex digits. */
  readonly uuid: string;
  readonly order: 'id' | 'natural';
  /** Natural order is part of the collection: each document has its place in it. */
  readonly capped: boolean;
  readonly lower: Uint8Array | null;
  readonly upper: Uint8Array | null;
  readonly after: Uint8Array | null;
  /** Every read sees at least what was there at this timestamp (`seconds:ordinal`). */
  readonly readAfter: string;
  /** Of a document, to size batches by; 0: not known. */
  readonly averageBytes: number;
  /** About how large the part is. */
  readonly partBytes: number;
}

export type ToScanThread =
  | { readonly kind: 'job'; readonly job: ScanJob }
  /** So many stored bytes are on the server: as many more may be made. */
  | { readonly kind: 'credit'; readonly bytes: number }
  /** How quick this thread may read (null: as it goes), and whether it rests. */
  | { readonly kind: 'pace'; readonly bytesPerSecond: number | null; readonly rests: boolean }
  | { readonly kind: 'close' };

export interface PieceBlock {
  readonly run: number;
  readonly id: Uint8Array;
  readonly firstKey: Uint8Array;
  readonly lastKey: Uint8Array;
  readonly count: number;
  readonly contentBytes: number;
  readonly stored: Uint8Array;
}

/** What was read since the piece before: to be uploaded in this order. */
export interface ScanPiece {
  readonly jobId: number;
  readonly blocks: readonly PieceBlock[];
  readonly storedBytes: number;
  /** Raw `{_id: …}` of the last document; null in natural order. */
  readonly after: Uint8Array | null;
  readonly done: boolean;
  readonly documents: number;
  readonly bytes: number;
}

export type FromScanThread =
  | { readonly kind: 'piece'; readonly piece: ScanPiece }
  | {
      readonly kind: 'failed';
      readonly jobId: number;
      readonly error: { readonly code: string; readonly message: string; readonly hint: string };
    };
