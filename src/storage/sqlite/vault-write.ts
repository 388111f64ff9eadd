import type { SqlStatement } from './database.ts';
import type { VaultDatabase } from './vault-database.ts';

/** Runs a statement that was built as text and values. */
export function put(database: VaultDatabase, { sql, params = [] }: SqlStatement): void {
  database.prepare(sql).run(...params);
}
