import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../runtime/errors.ts';
import type { SqlRow, SqlValue } from './database.ts';
import { migrate, refuseOtherSchema, type SchemaPart } from './migrate.ts';
import { openError, sqlError } from './sql-error.ts';
import { lockStore } from './store-lock.ts';

/** A prepared statement. Integers come as numbers; beyond 2^53 they are refused unless it was prepared with `bigints`. */
export interface VaultStatement {
  run(...params: readonly SqlValue[]): { readonly changes: number; readonly lastInsertRowid: number };
  get(...params: readonly SqlValue[]): SqlRow | undefined;
  all(...params: readonly SqlValue[]): SqlRow[];
  /** Rows one by one; do not change the rows of the same table meanwhile. */
  iterate(...params: readonly SqlValue[]): IterableIterator<SqlRow>;
}

/**
 * The vault's database, used directly in the thread that opened it: no call waits for another thread. Errors are AppErrors:
 * STORE_FULL (nothing was changed), STORE_CORRUPT, CONFLICT (a constraint).
 */
export interface VaultDatabase {
  /** The same statement for the same text; kept until `close`, so texts must not hold values. */
  prepare(sql: string, options?: { readonly bigints?: boolean }): VaultStatement;
  /**
   * All of `work` or nothing of it; durable (fsync) when the outermost one returns. `work` must not wait: everything in it is done
   * when it returns. Inside of another transaction it is a part of that one that can fail alone.
   */
  transaction<T>(work: () => T extends PromiseLike<unknown> ? never : T): T;
  /** The database file. */
  readonly path: string;
  /** Only reads are possible: `restore --from-store`. */
  readonly readOnly: boolean;
  close(): void;
}

/**
 * Opens `DIR/vault.db`: takes the folder's lock, migrates. With `readOnly` nothing is changed and no lock is taken or needed: a
 * store may be read beside the server that writes it, or from a medium that cannot be written.
 * @throws STORE_LOCKED, STORE_NEWER, STORE_CORRUPT, STORE_FULL; NOT_FOUND when `readOnly` and there is none
 */
export function openVaultDatabase(
  dir: string,
  parts: readonly SchemaPart[],
  options: { readonly readOnly?: boolean } = {},
): VaultDatabase {
  const path = join(dir, 'vault.db');
  if (options.readOnly === true) return openReadOnly(path, dir, parts);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const lock = lockStore(dir);
  try {
    migrate(path, parts);
    chmodSync(path, 0o600);
    const database = new DatabaseSync(path, { timeout: 10_000 });
    // Index rows of blocks have random keys: the cache keeps the upper pages of their tree, the rest is the kernel's.
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
    database.exec('PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -32768; PRAGMA temp_store = FILE');
    return new OpenedDatabase(database, path, false, lock);
  } catch (thrown) {
    lock[Symbol.dispose]();
    throw openError(thrown, dir) ?? thrown;
  }
}

function openReadOnly(path: string, dir: string, parts: readonly SchemaPart[]): VaultDatabase {
  if (!existsSync(path)) {
    throw new AppError('NOT_FOUND', `there is no backup store in ${dir}`, {
      hint: 'Name the folder that holds vault.db: "backups" inside of the server\'s data directory.',
    });
  }
  let database: DatabaseSync | undefined;
  try {
    database = tryReadOnly(path);
    refuseOtherSchema(database, parts, path);
    return new OpenedDatabase(database, path, true, undefined);
  } catch (thrown) {
    database?.close();
    throw openError(thrown, dir) ?? thrown;
  }
}

/** A file in WAL mode needs files beside it; where they cannot be made, nobody writes either, and it is read as it stands. */
function tryReadOnly(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
  try {
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    return database;
  } catch (thrown) {
    database.close();
    if (existsSync(`${path}-wal`)) throw thrown;
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    return new DatabaseSync(url, { readOnly: true });
  }
}

class OpenedDatabase implements VaultDatabase {
  readonly path: string;
  readonly readOnly: boolean;
  readonly #database: DatabaseSync;
  readonly #lock: Disposable | undefined;
  readonly #prepared = new Map<string, VaultStatement>();
  #depth = 0;

  constructor(database: DatabaseSync, path: string, readOnly: boolean, lock: Disposable | undefined) {
    this.#database = database;
    this.path = path;
    this.readOnly = readOnly;
    this.#lock = lock;
  }

  prepare(sql: string, options: { readonly bigints?: boolean } = {}): VaultStatement {
    const bigints = options.bigints === true;
    const key = `${bigints ? 'b' : 'n'}${sql}`;
    let found = this.#prepared.get(key);
    if (found === undefined) {
      const statement = mapped(() => this.#database.prepare(sql));
      statement.setReadBigInts(bigints);
      found = wrap(statement);
      this.#prepared.set(key, found);
    }
    return found;
  }

  transaction<T>(work: () => T extends PromiseLike<unknown> ? never : T): T {
    return this.#depth === 0 ? this.#outer(work) : this.#inner(work);
  }

  close(): void {
    this.#prepared.clear();
    if (this.#database.isOpen) this.#database.close();
    this.#lock?.[Symbol.dispose]();
  }

  #outer<T>(work: () => T): T {
    mapped(() => this.#database.exec('BEGIN IMMEDIATE'));
    this.#depth = 1;
    try {
      const result = work();
      mapped(() => this.#database.exec('COMMIT'));
      return result;
    } finally {
      this.#depth = 0;
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    }
  }

  #inner<T>(work: () => T): T {
    const name = `part${this.#depth}`;
    mapped(() => this.#database.exec(`SAVEPOINT ${name}`));
    this.#depth++;
    try {
      const result = work();
      mapped(() => this.#database.exec(`RELEASE ${name}`));
      return result;
    } catch (thrown) {
      // A full disk ends the whole transaction inside of SQLite.
      if (this.#database.isTransaction) this.#database.exec(`ROLLBACK TO ${name}; RELEASE ${name}`);
      throw thrown;
    } finally {
      this.#depth--;
    }
  }
}

function wrap(statement: StatementSync): VaultStatement {
  return {
    run: (...params) =>
      mapped(() => {
        const { changes, lastInsertRowid } = statement.run(...params);
        return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
      }),
    get: (...params) => mapped(() => statement.get(...params)),
    all: (...params) => mapped(() => statement.all(...params)),
    iterate: (...params) => iterateMapped(statement, params),
  };
}

function* iterateMapped(statement: StatementSync, params: readonly SqlValue[]): Generator<SqlRow, void, void> {
  const rows = mapped(() => statement.iterate(...params));
  try {
    for (;;) {
      const next = mapped(() => rows.next());
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    rows.return?.();
  }
}

/** What SQLite refuses, as the error that an operator can act on. */
function mapped<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number') {
      throw sqlError({ message: thrown.message, errcode: thrown.errcode });
    }
    throw thrown;
  }
}
