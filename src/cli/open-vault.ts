import { rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBlock, readContent } from '../blocks/block-codec.ts';
import type { HoldOperations } from '../oplog/held-operations.ts';
import { updateRules } from '../oplog/update-rules.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { readKitNote } from '../storage/filesystem/kit-note.ts';
import { openPackStore } from '../storage/filesystem/pack-store.ts';
import type { DataKeys } from '../storage/filesystem/sealed-bytes.ts';
import { SegmentLog } from '../storage/filesystem/segment-log.ts';
import { SpillFile } from '../storage/filesystem/spill-file.ts';
import { blockMigrations } from '../storage/sqlite/block-migrations.ts';
import { sliceMigrations } from '../storage/sqlite/slice-migrations.ts';
import { openVaultDatabase, type VaultDatabase } from '../storage/sqlite/vault-database.ts';
import { createVaultMetadata, vaultSchema } from '../storage/sqlite/vault-metadata.ts';
import { createEngine } from '../vault/engine.ts';
import type { VaultLog } from '../vault/engine-parts.ts';
import type { Hold } from '../vault/holds.ts';
import { KeyBox, masterFingerprint, wrappedUnder } from '../vault/key-box.ts';
import type { VaultMetadata } from '../vault/metadata-ports.ts';
import type { RecoveryKitState, VaultService } from '../vault/ports.ts';
import type { GroupStore, VaultStores } from '../vault/stores.ts';
import { type MasterKeySource, readMasterKey } from './master-key.ts';

/** All of it can be passed to a thread, but the clock and the log. */
export interface OpenVaultOptions {
  /** The folder that holds vault.db: `DIR/backups` of a server. */
  readonly dir: string;
  /** Only reads: `restore --from-store`, beside a running server or from a copy. */
  readonly readOnly?: boolean;
  /** Where the master key comes from; not given: nothing is encrypted. */
  readonly masterKey?: MasterKeySource;
  /** Moments that were promised before. */
  readonly holds?: readonly Hold[];
  readonly clock?: Clock;
  readonly log?: VaultLog;
}

/** Every part of the schema of vault.db. */
export const vaultSchemaParts = [
  vaultSchema,
  { name: 'blocks', steps: blockMigrations },
  { name: 'slices', steps: sliceMigrations },
];
/** There is one data key per group so far; its number stands in every record. */
const dataKeyNumber = 1;

/**
 * Opens the store of backups in this thread. Servers use startVaultThread.
 * @throws STORE_LOCKED, STORE_NEWER, STORE_CORRUPT, STORE_FULL, STORE_KEY_WRONG; NOT_FOUND when `readOnly` and there is none
 */
export async function openVault(options: OpenVaultOptions): Promise<VaultService> {
  const { readOnly = false, log = quiet, holds = [] } = options;
  const { stores, close } = await openVaultStores(options);
  return createEngine({ stores, rules: updateRules, log, readOnly, holds, onClose: close });
}

export interface VaultStoreOptions extends OpenVaultOptions {
  readonly packBytes?: number;
  readonly graceMs?: number;
}

/** Where a vault keeps things, without its engine. @throws as openVault does */
export async function openVaultStores(
  options: VaultStoreOptions,
): Promise<{ readonly stores: VaultStores; close(): Promise<void> }> {
  const { dir, readOnly = false, masterKey, clock = systemClock } = options;
  const database = openVaultDatabase(dir, vaultSchemaParts, { readOnly });
  const groups = new Map<string, Promise<OpenGroup>>();
  const close = async (): Promise<void> => {
    for (const opened of await Promise.allSettled(groups.values())) {
      if (opened.status === 'fulfilled') await opened.value.close();
    }
    database.close();
  };
  try {
    const metadata = createVaultMetadata(database);
    const master = masterKey === undefined ? null : await readMasterKey(masterKey, whyKept(metadata, dir, readOnly));
    const keys = new KeyBox(metadata, master, { makesKeys: !readOnly });
    const group = (groupId: string): Promise<GroupStore> => {
      const known = groups.get(groupId);
      if (known !== undefined) return known;
      const opened = openGroup(groupId, { database, keys, clock, options });
      groups.set(groupId, opened);
      opened.catch(() => groups.delete(groupId));
      return opened;
    };
    for (const groupId of metadata.groups()) await group(groupId);
    const ofDisk = { freeBytes: () => freeBytes(dir), recoveryKit: () => recoveryKit(dir, master) };
    const spillFolder = readOnly ? tmpdir() : join(dir, 'temporary');
    if (!readOnly) await rm(spillFolder, { recursive: true, force: true });
    const holder = (): HoldOperations => {
      const file = new SpillFile(spillFolder);
      return (operations) => file.hold(operations);
    };
    return { stores: { metadata, clock, group, holder, ...ofDisk }, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Why the master key must be there already; null: a new one harms nothing. */
function whyKept(metadata: VaultMetadata, dir: string, readOnly: boolean): string | null {
  const [fingerprint] = wrappedUnder(metadata);
  if (fingerprint !== undefined)
    return `the backup store ${dir} is encrypted under the master key with the fingerprint ${fingerprint}`;
  return readOnly ? 'this command makes none' : null;
}

interface GroupParts {
  readonly options: VaultStoreOptions;
  readonly database: VaultDatabase;
  readonly keys: KeyBox;
  readonly clock: Clock;
}

interface OpenGroup extends GroupStore {
  close(): Promise<void>;
}

async function openGroup(groupId: string, { options, database, keys, clock }: GroupParts): Promise<OpenGroup> {
  const { dir, packBytes, graceMs } = options;
  const { block, data } = keys.keys(groupId);
  const dataKeys = data === null ? {} : { keys: dataKeysOf(data) };
  const folder = join(dir, 'groups', Buffer.from(groupId).toString('hex'));
  const checkContent = (id: Buffer, stored: Buffer): void => {
    // Index blocks are not parsed as data, but their hash proves them all the same.
    const content = readContent(stored, id, block);
    if (content.subarray(0, 3).toString('latin1') === 'LWB') readBlock(stored, id, block);
  };
  const blocks = await openPackStore({
    ...{ database, groupId, clock, checkContent, ...dataKeys },
    folder: join(folder, 'packs'),
    ...(packBytes === undefined ? {} : { packBytes }),
    ...(graceMs === undefined ? {} : { graceMs }),
  });
  const slices = new SegmentLog({ database, folder: join(folder, 'oplog'), ...dataKeys });
  return {
    blocks,
    slices,
    blockKey: block,
    async close() {
      await blocks.close();
      await slices.close();
    },
  };
}

function dataKeysOf(key: Buffer): DataKeys {
  const only = { number: dataKeyNumber, key };
  return { current: () => only, find: () => only };
}

async function freeBytes(dir: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  } catch {
    return null;
  }
}

async function recoveryKit(dir: string, master: Buffer | null): Promise<RecoveryKitState> {
  if (master === null) return 'notNeeded';
  const exported = await readKitNote(dir);
  return exported === masterFingerprint(master).toString('hex') ? 'exported' : 'missing';
}

const quiet: VaultLog = { info: () => undefined, warn: () => undefined };
