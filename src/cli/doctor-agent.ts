import { readFileSync } from 'node:fs';
import { BackupLink } from '../capture/backup-link.ts';
import type { HostConnection } from '../deployment/connect.ts';
import type { Logins } from '../deployment/logins.ts';
import { parseHostAddress } from '../model/host-address.ts';
import { backupNeeds } from '../monitor/doctor-backup.ts';
import type { HostNeed } from '../monitor/doctor-host.ts';
import { monitoringNeeds } from '../monitor/doctor-monitoring.ts';
import { hostConnection } from '../monitor/host-connection.ts';
import { visitorIdentity } from '../monitor/visit.ts';
import { AppError } from '../runtime/errors.ts';
import { silentLog } from '../runtime/log.ts';
import { parseSettingsFile } from '../runtime/settings-file.ts';
import { AgentLink } from '../wire/agent-link.ts';
import { settingsAnswer, type Target } from '../wire/agent-messages.ts';
import type { ServerClient } from '../wire/client.ts';
import { agentRoutes } from '../wire/protocol.ts';
import { agentSettingsOf as backupSettingsOf, readSettingsOf as readBackupSettings } from './backup-agent-command.ts';
import { backupAgentSettings } from './backup-agent-settings.ts';
import type { Flags } from './commands.ts';
import { agentSettingsOf, readAgentSettings } from './monitoring-agent-command.ts';
import { monitoringAgentSettings } from './monitoring-agent-settings.ts';

type AgentKind = 'monitoring' | 'backup';
/** A host, and how the server says that it is reached. */
type Place = Pick<Target, 'host' | 'connectTo' | 'tls' | 'credentials'>;

interface Work {
  readonly places: readonly Place[];
  /** "3 hosts are watched". */
  readonly words: string;
}

/** The agent whose way is walked. */
export interface DoctorAgent {
  readonly settings: ReturnType<typeof agentSettingsOf> | ReturnType<typeof backupSettingsOf>;
  readonly needs: readonly HostNeed[];
  /** What the server gives it to do. A visit: no agent appears or loses its place because of it. */
  work(client: ServerClient, signal: AbortSignal): Promise<Work>;
  /** How it reaches a host: as the server says, and by its own settings for what that does not say. */
  connection(place: Place): HostConnection;
  readonly logins: Logins | undefined;
}

/** Reads the settings of the agent that they belong to. @throws SETTINGS_INVALID, USAGE */
export async function doctorAgent(flags: Flags): Promise<DoctorAgent> {
  const kind = kindOf(flags);
  const settings =
    kind === 'backup'
      ? backupSettingsOf(readBackupSettings(flags), flags)
      : agentSettingsOf(readAgentSettings(flags), flags);
  // No instance: the server counts it as a visit.
  const identity = { ...(await visitorIdentity(settings.stateDir)), instanceId: '' };
  return {
    settings,
    needs: kind === 'backup' ? backupNeeds : monitoringNeeds,
    work: async (client, signal) => {
      const link = new AgentLink({ client, identity, kind, signal });
      return kind === 'backup' ? backupWork(link, signal) : monitoringWork(link);
    },
    logins: settings.logins,
    connection: (place) => hostConnection(place, settings, identity, silentLog),
  };
}

/** `--host`, or all that the server names. */
export function chosenPlaces(host: unknown, { places }: Work): readonly Place[] {
  if (typeof host !== 'string') return places;
  const address = parseHostAddress(host);
  return [places.find((place) => place.host === address) ?? { host: address }];
}

async function monitoringWork(link: AgentLink): Promise<Work> {
  const { targets } = await link.poll(agentRoutes.settings, settingsAnswer, -1, 0);
  return { places: targets, words: `${targets.length} hosts are watched` };
}

/** Arbiters hold nothing and delayed members are behind on purpose: backups read neither. */
async function backupWork(link: AgentLink, signal: AbortSignal): Promise<Work> {
  const { tasks } = await new BackupLink(link).tasks(-1, 0, signal);
  const members = tasks.flatMap((task) => task.members);
  const places = members.filter(({ arbiter, delaySeconds }) => !arbiter && delaySeconds === 0);
  const words =
    tasks.length === 0
      ? 'no replica set is backed up yet: start one on the page Backups, or name a member with --host'
      : `backed up: ${tasks.map(({ name }) => name).join(', ')} (${places.length} members that can be read)`;
  return { places, words };
}

/** By `--agent`, else by settings that only one of them has, else by the name of the file. */
function kindOf(flags: Flags): AgentKind {
  const { agent, settings: file } = flags;
  if (agent === 'monitoring' || agent === 'backup') return agent;
  if (agent !== undefined) throw new AppError('USAGE', '--agent is monitoring or backup');
  if (typeof file !== 'string') return 'monitoring';
  const names = namesIn(file);
  const only = (mine: object, other: object): boolean =>
    names.some((name) => name.replace(/File$/, '') in mine && !(name.replace(/File$/, '') in other));
  if (only(backupAgentSettings, monitoringAgentSettings)) return 'backup';
  if (only(monitoringAgentSettings, backupAgentSettings)) return 'monitoring';
  return /backup/i.test(file) ? 'backup' : 'monitoring';
}

/** None of a file that cannot be read: the reading that follows says why. */
function namesIn(file: string): readonly string[] {
  try {
    return parseSettingsFile(readFileSync(file, 'utf8'), file).map(({ name }) => name);
  } catch {
    return [];
  }
}
