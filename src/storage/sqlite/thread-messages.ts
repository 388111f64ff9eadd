import type { SqlResult, SqlRow, SqlStatement, SqlValue } from './database.ts';

/** What a database thread is started with. */
export interface ThreadData {
  readonly path: string;
  readonly role: 'writer' | 'reader';
  readonly busyTimeoutMs: number;
}
export interface WriteRequest {
  readonly kind: 'write';
  readonly id: number;
  readonly transactions: readonly (readonly SqlStatement[])[];
}
export interface ReadRequest {
  readonly kind: 'read';
  readonly id: number;
  readonly sql: string;
  readonly params?: readonly SqlValue[];
}
export interface ThreadError {
  readonly message: string;
  /** SQLite's extended result code; 0 when it was not SQLite. */
  readonly errcode: number;
}
export type ThreadAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'rows'; readonly id: number; readonly rows: readonly SqlRow[] }
  | {
      readonly kind: 'written';
      readonly id: number;
      readonly outcomes: readonly ({ readonly results: readonly SqlResult[] } | { readonly error: ThreadError })[];
    }
  | { readonly kind: 'failed'; readonly id: number; readonly error: ThreadError };
