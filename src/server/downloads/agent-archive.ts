import { asset, assetNames } from '../../runtime/asset.ts';
import type { SettingsTable } from '../../runtime/settings.ts';
import { settingsTemplate } from '../../runtime/settings-template.ts';
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
  readonly format: ArchiveFormat;
  readonly settings: AgentSettings;
  readonly table: SettingsTable;
  /** PEM of the CA that signed the server's certificate, where it made its own. */
  readonly serverCa: string | undefined;
  readonly executable: PreparedExecutable;
}

/** The one folder that every archive unpacks to, so that instructions can name it. */
const folder = 'leafward-monitoring-agent';

/** What people who fill the settings in with sed, Ansible or Puppet look for. */
export const placeholders: AgentSettings = {
  serverUrl: '@SERVER_URL@',
  groupId: '@GROUP_ID@',
  apiKey: '@API_KEY@',
};

/** The monitoring agent's archive with its settings filled in. */
export async function agentArchive(input: ArchiveInput): Promise<ArchiveParts> {
  const { file, modifiedMs } = input.executable;
  const content = { folder, executable: { name: 'leafward', file }, files: await smallFiles(input), modifiedMs };
  return input.format === 'zip' ? zipParts(content) : tarGzParts(content);
}

async function smallFiles({ settings, table, serverCa }: ArchiveInput): Promise<SmallFile[]> {
  // Beside the program, so that any user can try it; a service sets LEAFWARD_STATE_DIR.
  const values = { ...settings, stateDir: 'state', ...(serverCa !== undefined && { serverCaFile: 'server-ca.pem' }) };
  const text = settingsTemplate(table, values, [
    'Settings of the Leafward monitoring agent. Lines that begin with # are comments.',
    'The file holds the key of a group: only the user that runs the agent may read it.',
  ]);
  const files: SmallFile[] = [
    { name: 'README', mode: 0o644, body: await asset('packaging/archive/README') },
    { name: 'monitoring-agent.config', mode: 0o600, body: Buffer.from(text) },
    {
      name: 'leafward-monitoring-agent.service',
      mode: 0o644,
      body: await asset('packaging/archive/leafward-monitoring-agent.service'),
    },
    {
      name: 'leafward-monitoring-agent.init',
      mode: 0o755,
      body: await asset('packaging/archive/leafward-monitoring-agent.init'),
    },
    {
      name: 'leafward-monitoring-agent.logrotate',
      mode: 0o644,
      body: await asset('packaging/archive/leafward-monitoring-agent.logrotate'),
    },
    { name: 'LICENSE', mode: 0o644, body: await asset('LICENSE') },
  ];
  // Only a built program holds other people's code, and their notices with it.
  for (const name of assetNames('THIRD-PARTY-LICENSES.txt')) files.push({ name, mode: 0o644, body: await asset(name) });
  if (serverCa !== undefined) files.push({ name: 'server-ca.pem', mode: 0o644, body: Buffer.from(serverCa) });
  return files;
}
