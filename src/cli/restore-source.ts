import { openHttpSource } from '../restore/http-source.ts';
import type { RestoreSource } from '../restore/ports.ts';
import { AppError } from '../runtime/errors.ts';
import { readSettings } from '../runtime/settings.ts';
import type { Moment } from '../wire/api/backups.ts';
import { ServerClient } from '../wire/client.ts';
import { apiSettings } from './api-settings.ts';
import { BackupApi } from './backup-api.ts';
import type { Flags } from './commands.ts';
import { momentOf } from './moment-flags.ts';

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
): Promise<OpenedSource> {
  const moment = momentOf(flags, 'leafward restore');
  const name = flags['replicaSet'];
  if (typeof name !== 'string')
    throw new AppError('USAGE', 'leafward restore: name the replica set with --replica-set');
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
    const source = await openHttpSource({ client, groupId, replicaSetId, signal, onRetry }, moment);
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
