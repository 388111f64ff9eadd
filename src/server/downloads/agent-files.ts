import { asset } from '../../runtime/asset.ts';
import type { SettingsTable } from '../../runtime/settings.ts';
import { settingsTemplate } from '../../runtime/settings-template.ts';
import type { AgentKind } from '../ports.ts';
import type { SmallFile } from './archive-entry.ts';

/** What differs between the files of the agents. */
interface AgentWords {
  /** The command, and the middle of every file name. */
  readonly agent: string;
  readonly title: string;
  readonly purpose: string;
}

const words: Readonly<Record<AgentKind, AgentWords>> = {
  monitoring: {
    agent: 'monitoring-agent',
    title: 'Leafward monitoring agent',
    purpose: 'Watches MongoDB hosts and reports to a Leafward server.',
  },
  backup: {
    agent: 'backup-agent',
    title: 'Leafward backup agent',
    purpose: 'Backs up MongoDB replica sets to a Leafward server.',
  },
};

/** The one folder that every archive of an agent unpacks to, so that instructions can name it; its file names begin so too. */
export function agentFolder(kind: AgentKind): string {
  return `leafward-${words[kind].agent}`;
}

/** README, service unit, init script and log rotation of an agent, from the templates of packaging/archive. */
export async function serviceFiles(kind: AgentKind): Promise<SmallFile[]> {
  const folder = agentFolder(kind);
  const readme = `${await filledIn(kind, `README.${words[kind].agent}`)}\n${await filledIn(kind, 'README.service')}`;
  const file = async (ending: string, mode: number): Promise<SmallFile> => ({
    name: `${folder}.${ending}`,
    mode,
    body: Buffer.from(await filledIn(kind, `leafward-agent.${ending}`)),
  });
  return [
    { name: 'README', mode: 0o644, body: Buffer.from(readme) },
    await file('service', 0o644),
    await file('init', 0o755),
    await file('logrotate', 0o644),
  ];
}

/** An agent's settings file with `values` filled in; what a user is likely to look for stands there by its default. */
export function settingsFile(
  kind: AgentKind,
  table: SettingsTable,
  values: Readonly<Record<string, string>>,
): SmallFile {
  const { agent, title } = words[kind];
  const spool = table['maxSpoolBytes']?.default;
  const text = settingsTemplate(table, { ...values, ...(spool !== undefined && { maxSpoolBytes: spool }) }, [
    `Settings of the ${title}. Lines that begin with # are comments.`,
    'The file holds the key of a group: only the user that runs the agent may read it.',
  ]);
  return { name: `${agent}.config`, mode: 0o600, body: Buffer.from(text) };
}

async function filledIn(kind: AgentKind, name: string): Promise<string> {
  const { agent, title, purpose } = words[kind];
  const template = Buffer.from(await asset(`packaging/archive/${name}`)).toString();
  return template.replaceAll('@AGENT@', agent).replaceAll('@TITLE@', title).replaceAll('@PURPOSE@', purpose);
}
