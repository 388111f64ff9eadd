import { zstdDecompressSync } from 'node:zlib';
import { holdInMemory } from '../../../src/oplog/held-operations.ts';
import { updateRules } from '../../../src/oplog/update-rules.ts';
import { openVaultDatabase, type VaultDatabase } from '../../../src/storage/sqlite/vault-database.ts';
import { createVaultMetadata, vaultSchema } from '../../../src/storage/sqlite/vault-metadata.ts';
import { createEngine } from '../../../src/vault/engine.ts';
import type { VaultMetadata } from '../../../src/vault/metadata-ports.ts';
import type { VaultService } from '../../../src/vault/ports.ts';
import type { VaultStores } from '../../../src/vault/stores.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { groupKey, MemoryBlocks, MemorySlices } from './memory-stores.ts';

export interface TestEngine extends AsyncDisposable {
  readonly vault: VaultService;
  readonly metadata: VaultMetadata;
  readonly stores: VaultStores;
  readonly blocks: MemoryBlocks;
  readonly slices: MemorySlices;
  /** It folds by itself, and then nobody else may. */
  readonly isAutomatic: boolean;
  /** Transactions of the metadata: each would be an fsync. */
  readonly count: { commits: number };
  readonly clock: { nowMs: number; now(): number };
  /** Closes the engine and opens it anew on what it stored. */
  restart(): Promise<void>;
}

/** The engine with its real metadata, and blocks and slices in memory. */
export function testEngine({ nowMs = 1_000_000_000_000, automatic = true, heldBytes = 2 ** 26 } = {}): TestEngine {
  const dir = tempDir('vault');
  const blocks = new MemoryBlocks();
  const slices = new MemorySlices((frame) => zstdDecompressSync(frame));
  const clock = { nowMs, now: () => clock.nowMs };
  const count = { commits: 0 };
  const open = () => {
    const database = counted(openVaultDatabase(dir.path, [vaultSchema]), count);
    const metadata = createVaultMetadata(database);
    const stores = {
      metadata,
      clock,
      group: async () => ({ blocks, slices, blockKey: groupKey }),
      holder: () => holdInMemory,
      freeBytes: async () => null,
      recoveryKit: async () => 'notNeeded' as const,
    };
    const log = { info() {}, warn() {} };
    const onClose = () => database.close();
    return {
      metadata,
      stores,
      vault: createEngine({ stores, rules: updateRules, log, readOnly: false, automatic, heldBytes, onClose }),
    };
  };
  let opened = open();
  return {
    get vault() {
      return opened.vault;
    },
    get stores() {
      return opened.stores;
    },
    get metadata() {
      return opened.metadata;
    },
    blocks,
    slices,
    isAutomatic: automatic,
    count,
    clock,
    async restart() {
      await opened.vault.close();
      opened = open();
    },
    async [Symbol.asyncDispose]() {
      await opened.vault.close();
      await dir[Symbol.asyncDispose]();
    },
  };
}

function counted(database: VaultDatabase, count: { commits: number }): VaultDatabase {
  let depth = 0;
  return {
    ...{ path: database.path, readOnly: database.readOnly },
    prepare: (sql, options) => database.prepare(sql, options),
    transaction(work) {
      if (depth === 0) count.commits++;
      depth++;
      try {
        return database.transaction(work);
      } finally {
        depth--;
      }
    },
    close: () => database.close(),
  };
}
