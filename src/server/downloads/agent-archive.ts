import type { SettingsTable } from '../../runtime/settings.ts';
import type { DownloadKind } from '../../wire/api/downloads.ts';
import type { AgentKind } from '../ports.ts';
import { commonFiles } from './agent-files.ts';
import type { ArchiveParts, SmallFile } from './archive-entry.ts';
import { archiveFolder } from './download-kind.ts';
import type { Programs } from './program-source.ts';
import { settingsFiles } from './settings-files.ts';
import { tarGzParts } from './tar-gz.ts';
import { zipParts } from './zip.ts';

export type ArchiveFormat = 'tar.gz' | 'zip';

export interface AgentSettings {
  readonly serverUrl: string;
  readonly groupId: string;
  readonly apiKey: string;
}

export interface ArchiveInput {
  readonly kind: DownloadKind;
  readonly format: ArchiveFormat;
  readonly settings: AgentSettings;
  /** Settings tables of the agents: settings files are made from them. */
  readonly tables: Readonly<Record<AgentKind, SettingsTable>>;
  /** PEM of the CA that signed the server's certificate, where it made its own. */
  readonly serverCa: string | undefined;
  readonly programs: Programs;
}

/** What people who fill the settings in with sed, Ansible or Puppet look for. */
export const placeholders: AgentSettings = {
  serverUrl: '@SERVER_URL@',
  groupId: '@GROUP_ID@',
  apiKey: '@API_KEY@',
};

/** An archive of one or both agents for one platform, with its settings filled in. */
export async function agentArchive(input: ArchiveInput): Promise<ArchiveParts> {
  const { kind, programs, serverCa } = input;
  const own: SmallFile[] = settingsFiles(input);
  if (serverCa !== undefined) own.push({ name: 'server-ca.pem', mode: 0o644, body: Buffer.from(serverCa) });
  const content = {
    folder: archiveFolder(kind),
    programs: programs.programs,
    common: await commonFiles(kind, programs),
    own,
    modifiedMs: programs.modifiedMs,
  };
  return input.format === 'zip' ? zipParts(content) : tarGzParts(content);
}
