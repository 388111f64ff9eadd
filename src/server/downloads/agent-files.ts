import { asset } from '../../runtime/asset.ts';
import {
  type ServiceFileKind,
  type ServiceName,
  serviceFile,
  serviceWords,
  usualPlace,
} from '../../runtime/service-files.ts';
import type { SettingsTable } from '../../runtime/settings.ts';
import { settingsTemplate } from '../../runtime/settings-template.ts';
import type { AgentKind } from '../ports.ts';
import type { SmallFile } from './archive-entry.ts';

const services: Readonly<Record<AgentKind, ServiceName>> = { monitoring: 'monitoring-agent', backup: 'backup-agent' };

/** The one folder that every archive of an agent unpacks to, so that instructions can name it; its file names begin so too. */
export function agentFolder(kind: AgentKind): string {
  return `leafward-${services[kind]}`;
}

/** README, service unit, init script and log rotation of an agent whose archive was unpacked in /opt. */
export async function serviceFiles(kind: AgentKind): Promise<SmallFile[]> {
  const service = services[kind];
  const folder = agentFolder(kind);
  const place = {
    ...usualPlace(service),
    binary: `/opt/${folder}/leafward`,
    settings: `/opt/${folder}/${service}.config`,
  };
  const file = async (ending: string, mode: number, from: ServiceFileKind): Promise<SmallFile> => ({
    name: `${folder}.${ending}`,
    mode,
    body: Buffer.from(await serviceFile(from, service, place)),
  });
  return [
    { name: 'README', mode: 0o644, body: Buffer.from(await readme(service)) },
    await file('service', 0o644, 'systemd'),
    await file('init', 0o755, 'init'),
    await file('logrotate', 0o644, 'logrotate'),
  ];
}

/** An agent's settings file with `values` filled in; what a user is likely to look for stands there by its default. */
export function settingsFile(
  kind: AgentKind,
  table: SettingsTable,
  values: Readonly<Record<string, string>>,
): SmallFile {
  const service = services[kind];
  const spool = table['maxSpoolBytes']?.default;
  const text = settingsTemplate(table, { ...values, ...(spool !== undefined && { maxSpoolBytes: spool }) }, [
    `Settings of the ${serviceWords(service).title}. Lines that begin with # are comments.`,
    'The file holds the key of a group: only the user that runs the agent may read it.',
  ]);
  return { name: `${service}.config`, mode: 0o600, body: Buffer.from(text) };
}

async function readme(service: ServiceName): Promise<string> {
  const text = async (name: string): Promise<string> =>
    Buffer.from(await asset(`packaging/archive/${name}`)).toString();
  return `${await text(`README.${service}`)}\n${(await text('README.service')).replaceAll('@AGENT@', service)}`;
}
