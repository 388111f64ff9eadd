import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isLoopback } from '../model/special-address.ts';
import { openHttpSource } from '../restore/http-source.ts';
import type { RestoreSource } from '../restore/ports.ts';
import { AppError } from '../runtime/errors.ts';
import { readSettings } from '../runtime/settings.ts';
import type { VaultService } from '../vault/ports.ts';
import type { Moment, Selection } from '../wire/api/backup-reading.ts';
import { ServerClient } from '../wire/client.ts';
import { apiSettings } from './api-settings.ts';
import { BackupApi } from './backup-api.ts';
import type { Flags } from './commands.ts';
import type { MasterKeySource } from './master-key.ts';
import { momentOf } from './moment-flags.ts';
import { openVaultSource } from './vault-source.ts';

export interface OpenedSource {
  readonly source: RestoreSource;
  readonly close: () => Promise<void>;
}

/** Before anything is opened. @throws USAGE */
export function checkSourceFlags(flags: Flags): { readonly moment: Moment; readonly name: string } {
  const name = flags['replicaSet'];
  if (typeof name !== 'string')
    throw new AppError('USAGE', 'leafward restore: name the replica set with --replica-set');
  return { moment: momentOf(flags, 'leafward restore'), name };
}

/** What is restored: from the server, or from a store that is on this machine. */
export async function openSource(
  flags: Flags,
  signal: AbortSignal,
  onRetry: (reason: string) => void,
  selection?: Selection,
): Promise<OpenedSource> {
  const dir = flags['fromStore'];
  if (typeof dir === 'string') return openFromStore(dir, flags, selection);
  return openFromServer(flags, signal, onRetry, selection);
}

async function openFromServer(
  flags: Flags,
  signal: AbortSignal,
  onRetry: (reason: string) => void,
  selection: Selection | undefined,
): Promise<OpenedSource> {
  const { moment, name } = checkSourceFlags(flags);
  const settings = readSettings(apiSettings, { flags, env: process.env });
  const api = new BackupApi(settings, signal);
  const { apiToken, groupId, ...rest } = settings;
  const client = new ServerClient({ ...rest, groupId, apiKey: apiToken, env: process.env });
  const closeClients = async (): Promise<void> => {
    await api.close();
    await client.close();
  };
  try {
    const { replicaSetId } = await api.set(name);
    const nearby = isLoopback(new URL(rest.serverUrl).hostname);
    const http = { client, groupId, replicaSetId, signal, nearby, onRetry };
    const source = await openHttpSource(http, moment, selection);
    const close = async (): Promise<void> => {
      await source.close();
      await closeClients();
    };
    return { source, close };
  } catch (thrown) {
    await closeClients();
    throw thrown;
  }
}

/** Reads the store's files alone, beside a running server or without one. */
async function openFromStore(dir: string, flags: Flags, selection: Selection | undefined): Promise<OpenedSource> {
  const { moment, name } = checkSourceFlags(flags);
  const { openVault } = await import('./open-vault.ts');
  const masterKey = masterKeyOf(flags);
  const vault = await openVault({ dir, readOnly: true, ...(masterKey === undefined ? {} : { masterKey }) });
  try {
    const { groupId, replicaSetId } = await findSet(vault, dir, name);
    const source = await openVaultSource(vault, { groupId, replicaSetId }, moment, selection);
    const close = async (): Promise<void> => {
      await source.close();
      await vault.close();
    };
    return { source, close };
  } catch (thrown) {
    await vault.close();
    throw thrown;
  }
}

function masterKeyOf({ masterKeyFile, masterKeyCommand }: Flags): MasterKeySource | undefined {
  if (typeof masterKeyFile === 'string') return { kind: 'file', path: masterKeyFile };
  if (typeof masterKeyCommand === 'string') return { kind: 'command', command: masterKeyCommand };
  return undefined;
}

/** By id or by name, in any group of the store. @throws NOT_FOUND, CONFLICT */
async function findSet(
  vault: VaultService,
  dir: string,
  nameOrId: string,
): Promise<{ readonly groupId: string; readonly replicaSetId: string }> {
  const groups = await groupsOf(dir);
  const sets = (await Promise.all(groups.map((groupId) => vault.sets(groupId)))).flat();
  const byId = sets.find(({ replicaSetId }) => replicaSetId === nameOrId);
  const [found, ...others] = byId === undefined ? sets.filter(({ name }) => name === nameOrId) : [byId];
  if (found === undefined) {
    const names = sets.map(({ name, replicaSetId }) => `${name} (${replicaSetId})`).join(', ');
    throw new AppError('NOT_FOUND', `the store ${dir} holds no replica set ${nameOrId}`, {
      hint: names === '' ? 'It holds none at all: name the folder backups of a data directory.' : `It holds ${names}.`,
    });
  }
  if (others.length > 0) {
    const ids = [found, ...others].map(({ groupId, replicaSetId }) => `${replicaSetId} of group ${groupId}`);
    throw new AppError('CONFLICT', `${ids.length} replica sets of the store are called ${nameOrId}`, {
      hint: `Name one by its id: ${ids.join('; ')}.`,
    });
  }
  return found;
}

/** Each has a folder that is called by its id in hex. */
async function groupsOf(dir: string): Promise<string[]> {
  const names = await readdir(join(dir, 'groups'));
  return names.filter((name) => /^([0-9a-f]{2})+$/.test(name)).map((name) => Buffer.from(name, 'hex').toString('utf8'));
}
