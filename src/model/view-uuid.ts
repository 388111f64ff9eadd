import { createHash } from 'node:crypto';

/**
 * Views and time-series collections (which are views of their buckets) have no UUID of their own. Backups know them by the first 16
 * bytes of SHA-256 over `view`, database and name with a zero byte between them: 32 hex digits, the same wherever it is made.
 */
export function viewUuid(database: string, name: string): string {
  return createHash('sha256').update(`view\0${database}\0${name}`).digest('hex').slice(0, 32);
}
