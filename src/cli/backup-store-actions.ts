import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../runtime/atomic-file.ts';
import { systemClock } from '../runtime/clock.ts';
import { AppError } from '../runtime/errors.ts';
import { writeKitNote } from '../storage/filesystem/kit-note.ts';
import { openVaultDatabase } from '../storage/sqlite/vault-database.ts';
import { createVaultMetadata, vaultSchema } from '../storage/sqlite/vault-metadata.ts';
import { KeyBox, masterFingerprint } from '../vault/key-box.ts';
import type { VaultMetadata } from '../vault/metadata-ports.ts';
import { makeRecoveryKit } from '../vault/recovery-kit.ts';
import type { Flags } from './commands.ts';
import { type MasterKeySource, readMasterKey } from './master-key.ts';
import { vaultSchemaParts } from './open-vault.ts';

/** Actions of `leafward backup` on the files of a store, on the machine that holds them. */
export const backupStoreActions: Readonly<Record<string, (flags: Flags, args: readonly string[]) => Promise<string>>> =
  {
    'export-recovery-kit': exportRecoveryKit,
    'rotate-master-key': rotateMasterKey,
  };

/** Writes the kit, readable by its owner alone; a file that is there is not replaced. */
async function exportRecoveryKit(flags: Flags, args: readonly string[]): Promise<string> {
  const [path] = args;
  if (path === undefined || args.length !== 1)
    throw new AppError('USAGE', 'leafward backup export-recovery-kit takes one FILE to write');
  if (existsSync(path)) throw new AppError('USAGE', `${path} is there already`, { hint: 'Name a file that is not.' });
  const master = await masterOf(flags, 'masterKey');
  return withStore(flags, true, async (metadata) => {
    // Proves that this is the key of the store before anybody relies on it.
    const keys = new KeyBox(metadata, master, { makesKeys: false });
    for (const groupId of metadata.groups()) keys.keys(groupId);
    const storeFormat = vaultSchema.steps.length;
    const kit = makeRecoveryKit(metadata, master, { nowMs: systemClock.now(), storeFormat });
    await writeFileAtomically(path, `${JSON.stringify(kit, null, 2)}\n`);
    const what =
      master === null
        ? 'The store is not encrypted: a copy of it is all that is needed. '
        : await noted(storeDir(flags), master);
    return `${what}The recovery kit is in ${path}. Keep it apart from the store: with both, every backup can be read.`;
  });
}

/** Blocks and segments are encrypted by keys of their own, which alone are wrapped anew. */
async function rotateMasterKey(flags: Flags, args: readonly string[]): Promise<string> {
  const next = flags['newMasterKeyFile'];
  if (args.length > 0 || typeof next !== 'string')
    throw new AppError('USAGE', 'leafward backup rotate-master-key takes --new-master-key-file FILE');
  const before = await masterOf(flags, 'masterKey');
  if (before === null) {
    throw new AppError(
      'USAGE',
      'the master key that the store has now is missing: --master-key-file or --master-key-command',
      {
        hint: 'A store that is not encrypted has none: name one in the settings of the server (masterKeyFile).',
      },
    );
  }
  if (!existsSync(next)) await writeFileAtomically(next, `${randomBytes(32).toString('hex')}\n`);
  const after = await readMasterKey({ kind: 'file', path: next }, 'this command makes none');
  return withStore(flags, false, async (metadata) => {
    const count = new KeyBox(metadata, before, { makesKeys: false }).rewrap(after);
    const fingerprint = masterFingerprint(after).toString('hex');
    return `${count} keys are wrapped by the key of ${next} (fingerprint ${fingerprint}). Set masterKeyFile to it before the server starts, and export a new recovery kit.`;
  });
}

async function withStore(
  flags: Flags,
  readOnly: boolean,
  work: (metadata: VaultMetadata) => Promise<string>,
): Promise<string> {
  const database = openVaultDatabase(storeDir(flags), vaultSchemaParts, { readOnly });
  try {
    return await work(createVaultMetadata(database));
  } finally {
    database.close();
  }
}

function storeDir(flags: Flags): string {
  const given = flags['fromStore'];
  const dataDir = process.env['LEAFWARD_DATA_DIR'] ?? '/var/lib/leafward/server';
  return typeof given === 'string' ? given : join(dataDir, 'backups');
}

/** So that the pages remind no more. A store that cannot be written has its kit all the same. */
async function noted(dir: string, master: Buffer): Promise<string> {
  try {
    await writeKitNote(dir, masterFingerprint(master).toString('hex'), systemClock.now());
    return '';
  } catch {
    return `It cannot be noted in ${dir}, so the page Backups may go on to remind of it. `;
  }
}

async function masterOf(flags: Flags, name: 'masterKey'): Promise<Buffer | null> {
  const [path, command] = [flags[`${name}File`], flags[`${name}Command`]];
  const source: MasterKeySource | null =
    typeof path === 'string'
      ? { kind: 'file', path }
      : typeof command === 'string'
        ? { kind: 'command', command }
        : null;
  return source === null ? null : readMasterKey(source, 'this command makes none');
}
