export type SqlValue = null | number | bigint | string | Uint8Array;
export type SqlRow = Readonly<Record<string, SqlValue>>;

export interface SqlStatement {
  readonly sql: string;
  readonly params?: readonly SqlValue[];
}

export interface SqlResult {
  /** Rows changed. */
  readonly changes: number;
  /** Rows of a `RETURNING` clause. */
  readonly rows: readonly SqlRow[];
}

/** The embedded database: one writer thread with group commit, one reader thread. */
export interface SqlDatabase {
  /** All statements in one transaction; durable (fsync) when this resolves. Calls are applied in call order; many share one commit. */
  write(statements: readonly SqlStatement[]): Promise<readonly SqlResult[]>;
  /** Rows of one statement, as of all writes that had resolved before. Integers come as numbers (bigint beyond 2^53). */
  read(sql: string, params?: readonly SqlValue[]): Promise<readonly SqlRow[]>;
  close(): Promise<void>;
}
