import { serviceWords } from '../../runtime/service-files.ts';
import type { SettingsTable } from '../../runtime/settings.ts';
import { settingsTemplate } from '../../runtime/settings-template.ts';
import type { DownloadKind } from '../../wire/api/downloads.ts';
import type { AgentKind } from '../ports.ts';
import type { SmallFile } from './archive-entry.ts';
import { agentsOf, serviceOf } from './download-kind.ts';

interface SettingsInput {
  readonly kind: DownloadKind;
  readonly settings: Readonly<Record<'serverUrl' | 'groupId' | 'apiKey', string>>;
  readonly tables: Readonly<Record<AgentKind, SettingsTable>>;
  readonly serverCa: string | undefined;
}

/** The settings file of each agent of an archive; what a user is likely to look for stands there by its default. */
export function settingsFiles({ kind, settings, tables, serverCa }: SettingsInput): SmallFile[] {
  return agentsOf[kind].map((agent) => {
    const service = serviceOf(agent);
    const spool = tables[agent]['maxSpoolBytes']?.default;
    const values = {
      ...settings,
      // Beside the program, so that any user can try it; a service sets LEAFWARD_STATE_DIR.
      stateDir: kind === 'both' ? `state/${service}` : 'state',
      ...(serverCa !== undefined && { serverCaFile: 'server-ca.pem' }),
      ...(spool !== undefined && { maxSpoolBytes: spool }),
    };
    const text = settingsTemplate(tables[agent], values, [
      `Settings of the ${serviceWords(service).title}. Lines that begin with # are comments.`,
      'The file holds the key of a group: only the user that runs the agent may read it.',
    ]);
    return { name: `${service}.config`, mode: 0o600, body: Buffer.from(text) };
  });
}

/**
 * The few lines that a machine needs besides a package, for the folder beside the package's settings file
 * (/etc/leafward/monitoring-agent.d/group.config).
 */
export function groupSettings(
  { serverUrl, groupId, apiKey }: SettingsInput['settings'],
  serverCa: string | undefined,
): string {
  const lines = [
    '# What the agents of one group need to reach their server; other settings are in the file of the package.',
    `serverUrl = ${serverUrl}`,
    `groupId = ${groupId}`,
    `apiKey = ${apiKey}`,
    ...(serverCa === undefined ? [] : ['serverCaFile = ../server-ca.pem']),
  ];
  return `${lines.join('\n')}\n`;
}
