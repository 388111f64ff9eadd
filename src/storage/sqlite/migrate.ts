import { DatabaseSync } from 'node:sqlite';
import { AppError } from '../../runtime/errors.ts';

/** A part of the schema with steps of its own: each step is a list of statements, applied once, never edited after release. */
export interface SchemaPart {
  readonly name: string;
  readonly steps: readonly (readonly string[])[];
}

/**
 * Brings a database file to the schema of this version, in one transaction.
 * @throws STORE_NEWER when a newer Leafward wrote it: nothing is changed then.
 */
export function migrate(path: string, parts: readonly SchemaPart[]): void {
  const database = new DatabaseSync(path, { timeout: 10_000 });
  try {
    // Both only take effect on an empty file: pages that become free go back to the file system in steps.
    database.exec(
      'PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL',
    );
    database.exec('BEGIN IMMEDIATE');
    database.exec(
      'CREATE TABLE IF NOT EXISTS schema_parts (name TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID',
    );
    for (const part of parts) migratePart(database, part, path);
    refuseUnknownParts(database, parts, path);
    database.exec('COMMIT');
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK');
    database.close();
  }
}

function migratePart(database: DatabaseSync, part: SchemaPart, path: string): void {
  const row = database.prepare('SELECT version FROM schema_parts WHERE name = ?').get(part.name);
  const version = Number(row?.['version'] ?? 0);
  if (version > part.steps.length)
    throw newer(path, `${part.name} has version ${version}, this one knows ${part.steps.length}`);
  for (const statements of part.steps.slice(version)) for (const sql of statements) database.exec(sql);
  database
    .prepare('INSERT INTO schema_parts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version')
    .run(part.name, part.steps.length);
}

function refuseUnknownParts(database: DatabaseSync, parts: readonly SchemaPart[], path: string): void {
  const known = new Set(parts.map((part) => part.name));
  for (const row of database.prepare('SELECT name FROM schema_parts').all()) {
    const name = String(row['name']);
    if (!known.has(name)) throw newer(path, `it holds ${name}, which this one does not know`);
  }
}

/**
 * For a file that must not be changed: all parts must be there in the versions of this Leafward.
 * @throws STORE_NEWER, CONFLICT when an older one wrote it
 */
export function refuseOtherSchema(database: DatabaseSync, parts: readonly SchemaPart[], path: string): void {
  refuseUnknownParts(database, parts, path);
  const statement = database.prepare('SELECT version FROM schema_parts WHERE name = ?');
  for (const { name, steps } of parts) {
    const version = Number(statement.get(name)?.['version'] ?? 0);
    if (version > steps.length) throw newer(path, `${name} has version ${version}, this one knows ${steps.length}`);
    if (version < steps.length) {
      throw new AppError('CONFLICT', `${path} was written by an older leafward: ${name} has version ${version}`, {
        hint: 'Copy the folder, start "leafward server" once on the copy so that it is brought up to date, and stop it again.',
      });
    }
  }
}

function newer(path: string, detail: string): AppError {
  return new AppError('STORE_NEWER', `${path} was written by a newer leafward: ${detail}`);
}
