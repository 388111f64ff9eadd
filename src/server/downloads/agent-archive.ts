import { asset, assetNames } from '../../runtime/asset.ts';
import type { SettingsTable } from '../../runtime/settings.ts';
import type { AgentKind } from '../ports.ts';
import { agentFolder, serviceFiles, settingsFile } from './agent-files.ts';
import type { ArchiveParts, SmallFile } from './archive-entry.ts';
import type { PreparedExecutable } from './executable-source.ts';
import { tarGzParts } from './tar-gz.ts';
import { zipParts } from './zip.ts';

export type ArchiveFormat = 'tar.gz' | 'zip';

export interface AgentSettings {
  readonly serverUrl: string;
  readonly groupId: string;
  readonly apiKey: string;
}

interface ArchiveInput {
  readonly kind: AgentKind;
  readonly format: ArchiveFormat;
  readonly settings: AgentSettings;
  readonly table: SettingsTable;
  /** PEM of the CA that signed the server's certificate, where it made its own. */
  readonly serverCa: string | undefined;
  readonly executable: PreparedExecutable;
}

/** What people who fill the settings in with sed, Ansible or Puppet look for. */
export const placeholders: AgentSettings = {
  serverUrl: '@SERVER_URL@',
  groupId: '@GROUP_ID@',
  apiKey: '@API_KEY@',
};

/** An agent's archive with its settings filled in. */
export async function agentArchive(input: ArchiveInput): Promise<ArchiveParts> {
  const { kind, executable } = input;
  const { file, modifiedMs } = executable;
  const files = await smallFiles(input);
  const content = { folder: agentFolder(kind), executable: { name: 'leafward', file }, files, modifiedMs };
  return input.format === 'zip' ? zipParts(content) : tarGzParts(content);
}

async function smallFiles({ kind, settings, table, serverCa }: ArchiveInput): Promise<SmallFile[]> {
  // Beside the program, so that any user can try it; a service sets LEAFWARD_STATE_DIR.
  const values = { ...settings, stateDir: 'state', ...(serverCa !== undefined && { serverCaFile: 'server-ca.pem' }) };
  const files: SmallFile[] = [
    ...(await serviceFiles(kind)),
    settingsFile(kind, table, values),
    { name: 'LICENSE', mode: 0o644, body: await asset('LICENSE') },
  ];
  // Only a built program holds other people's code, and their notices with it.
  for (const name of assetNames('THIRD-PARTY-LICENSES.txt')) files.push({ name, mode: 0o644, body: await asset(name) });
  if (serverCa !== undefined) files.push({ name: 'server-ca.pem', mode: 0o644, body: Buffer.from(serverCa) });
  return files;
}
