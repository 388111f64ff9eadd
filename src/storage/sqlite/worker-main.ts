import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { SqlResult, SqlRow, SqlStatement, SqlValue } from './database.ts';
import type { ReadRequest, ThreadAnswer, ThreadData, WriteRequest } from './thread-messages.ts';

/** Entry of the database threads: the writer runs groups of transactions, readers run single statements. */
const maxPrepared = 500;
const data = workerData as ThreadData;
const database = open(data);
const prepared = new Map<string, StatementSync>();

parentPort?.on('message', (request: WriteRequest | ReadRequest | { readonly kind: 'close' }) => {
  if (request.kind === 'close') {
    database.close();
    parentPort?.close();
  } else parentPort?.postMessage(answer(request));
});
parentPort?.postMessage({ kind: 'ready' });

function open({ path, role, busyTimeoutMs }: ThreadData): DatabaseSync {
  const opened = new DatabaseSync(path, { readOnly: role === 'reader', timeout: busyTimeoutMs });
  if (role === 'writer') {
    opened.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864');
    opened.exec('PRAGMA wal_autocheckpoint = 2000; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY');
  } else opened.exec('PRAGMA query_only = ON; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY');
  return opened;
}

function answer(request: WriteRequest | ReadRequest): ThreadAnswer {
  try {
    if (request.kind === 'read') {
      return { kind: 'rows', id: request.id, rows: statement(request.sql).all(...(request.params ?? [])) as SqlRow[] };
    }
    return { kind: 'written', id: request.id, outcomes: writeGroup(request.transactions) };
  } catch (thrown) {
    return { kind: 'failed', id: request.id, error: describe(thrown) };
  }
}
type Outcome = Extract<ThreadAnswer, { kind: 'written' }>['outcomes'][number];

/** One commit for all; a transaction that fails is undone alone. When the commit itself fails, nothing of the group is kept. */
function writeGroup(transactions: WriteRequest['transactions']): Outcome[] {
  database.exec('BEGIN IMMEDIATE');
  try {
    const outcomes = transactions.map(writeOne);
    database.exec('COMMIT');
    return outcomes;
  } catch (thrown) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw thrown;
  }
}

function writeOne(statements: readonly SqlStatement[]): Outcome {
  database.exec('SAVEPOINT one');
  try {
    const results = statements.map(run);
    database.exec('RELEASE one');
    return { results };
  } catch (thrown) {
    // A full disk ends the whole transaction inside SQLite: then the group fails as one.
    if (!database.isTransaction) throw thrown;
    database.exec('ROLLBACK TO one; RELEASE one');
    return { error: describe(thrown) };
  }
}

function run({ sql, params = [] }: SqlStatement): SqlResult {
  const stmt = statement(sql);
  if (stmt.columns().length > 0) {
    const rows = stmt.all(...(params as SqlValue[])) as SqlRow[];
    return { changes: rows.length, rows };
  }
  return { changes: Number(stmt.run(...(params as SqlValue[])).changes), rows: [] };
}

function statement(sql: string): StatementSync {
  let found = prepared.get(sql);
  if (found === undefined) {
    if (prepared.size >= maxPrepared) prepared.clear();
    found = database.prepare(sql);
    prepared.set(sql, found);
  }
  return found;
}

function describe(thrown: unknown): { message: string; errcode: number } {
  const error = thrown as { message?: string; errcode?: number };
  return { message: error.message ?? String(thrown), errcode: error.errcode ?? 0 };
}
