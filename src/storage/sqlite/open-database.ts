import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SqlDatabase } from './database.ts';
import { DatabaseThreads } from './database-threads.ts';
import { migrate, type SchemaPart } from './migrate.ts';
import { openError } from './sql-error.ts';
import { lockStore } from './store-lock.ts';

/**
 * Opens `DIR/leafward.db`: takes the data directory's lock, migrates, starts the threads.
 * @throws STORE_LOCKED, STORE_NEWER, STORE_CORRUPT, STORE_FULL
 */
export async function openSqlDatabase(dataDir: string, parts: readonly SchemaPart[]): Promise<SqlDatabase> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockStore(dataDir);
  try {
    const path = join(dataDir, 'leafward.db');
    migrate(path, parts);
    chmodSync(path, 0o600);
    const threads = await DatabaseThreads.open(path);
    return {
      write: (statements) => threads.write(statements),
      read: (sql, params) => threads.read(sql, params),
      close: async () => {
        await threads.close();
        lock[Symbol.dispose]();
      },
    };
  } catch (thrown) {
    lock[Symbol.dispose]();
    throw openError(thrown, dataDir) ?? thrown;
  }
}
