import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { SqlDatabase } from './database.ts';

/** A small write may still fit where a larger one did not: only this long without a refusal is called well again. */
const calmMs = 5_000;

export interface WatchedDatabase extends SqlDatabase {
  /** Since when the disk refuses writes, ms since 1970; null while it takes them. */
  fullSinceMs(): number | null;
}

/** The same database, which remembers whether its disk is full. */
export function watchDisk(database: SqlDatabase, clock: Clock): WatchedDatabase {
  let sinceMs: number | null = null;
  let refusedAtMs = 0;
  return {
    async write(statements) {
      try {
        const results = await database.write(statements);
        if (sinceMs !== null && clock.now() - refusedAtMs > calmMs) sinceMs = null;
        return results;
      } catch (thrown) {
        if (thrown instanceof AppError && thrown.code === 'STORE_FULL') {
          refusedAtMs = clock.now();
          sinceMs ??= refusedAtMs;
        }
        throw thrown;
      }
    },
    read: (sql, params) => database.read(sql, params),
    close: () => database.close(),
    fullSinceMs: () => sinceMs,
  };
}
