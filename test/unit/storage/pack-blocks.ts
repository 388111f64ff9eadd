import { createHash } from 'node:crypto';
import { openPackStore, type PackStore, type PackStoreOptions } from '../../../src/storage/filesystem/pack-store.ts';
import { blockMigrations } from '../../../src/storage/sqlite/block-migrations.ts';
import { sliceMigrations } from '../../../src/storage/sqlite/slice-migrations.ts';
import { openVaultDatabase, type VaultDatabase } from '../../../src/storage/sqlite/vault-database.ts';

/** A block whose bytes follow from its number: any two of them differ, and none can be made smaller. */
export function numbered(number: number, bytes = 1000): { readonly id: Buffer; readonly stored: Buffer } {
  const stored = createHash('shake256', { outputLength: bytes }).update(`leaf ${number}`).digest();
  return { id: createHash('sha256').update(stored).digest(), stored };
}

export interface OpenedStore {
  readonly store: PackStore;
  readonly database: VaultDatabase;
  close(): Promise<void>;
}

export function openTestDatabase(dir: string): VaultDatabase {
  return openVaultDatabase(dir, [
    { name: 'blocks', steps: blockMigrations },
    { name: 'slices', steps: sliceMigrations },
  ]);
}

export async function openStore(dir: string, options: Partial<PackStoreOptions> = {}): Promise<OpenedStore> {
  const database = openTestDatabase(dir);
  const store = await openPackStore({
    database,
    folder: `${dir}/packs`,
    groupId: 'g1',
    clock: { now: () => 1_768_003_200_000 },
    packBytes: 20_000,
    graceMs: 0,
    ...options,
  });
  return {
    store,
    database,
    async close() {
      await store.close();
      database.close();
    },
  };
}
