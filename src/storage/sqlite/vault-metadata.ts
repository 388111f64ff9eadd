import type { VaultMetadata } from '../../vault/metadata-ports.ts';
import type { SchemaPart } from './migrate.ts';
import type { VaultDatabase } from './vault-database.ts';
import { vaultMigrations } from './vault-migrations.ts';
import { pointMethods } from './vault-points.ts';
import { scanMethods } from './vault-scans.ts';
import { setMethods, writeMethods } from './vault-sets.ts';

export const vaultSchema: SchemaPart = { name: 'vault', steps: vaultMigrations };

/** The vault's metadata in a database that was opened with `vaultSchema` among its parts. */
export function createVaultMetadata(database: VaultDatabase): VaultMetadata {
  return {
    ...setMethods(database),
    ...writeMethods(database),
    ...scanMethods(database),
    ...pointMethods(database),
  };
}
