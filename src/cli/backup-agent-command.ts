import { BackupAgent } from '../capture/backup-agent.ts';
import type { BackupAgentSettings } from '../capture/backup-settings.ts';
import type { SettingsOf } from '../runtime/settings.ts';
import { checkConnections, connectionsOf, passwordFileOf } from './agent-connections.ts';
import { readAgentFile } from './agent-program.ts';
import { runAgentStatusCommand } from './agent-status-command.ts';
import { backupAgentSettings } from './backup-agent-settings.ts';
import type { Flags } from './commands.ts';
import { openDrillTarget } from './drill-target.ts';
import { runAgent } from './run-agent.ts';

type AgentFileSettings = SettingsOf<typeof backupAgentSettings>;

/** `leafward backup-agent`: runs until SIGTERM; SIGHUP reopens the log and reads the settings again. */
export async function runBackupAgentCommand(flags: Flags): Promise<void> {
  await runAgent({
    service: 'backup-agent',
    read: () => readSettingsOf(flags),
    start: (settings, log, pulse) => BackupAgent.start(agentSettingsOf(settings, flags), log, pulse),
  });
}

/** `leafward backup-agent status`. */
export async function showBackupAgentStatus(flags: Flags): Promise<void> {
  await runAgentStatusCommand('backup-agent', backupAgentSettings, flags);
}

/** @throws SETTINGS_INVALID */
export function readSettingsOf(flags: Flags): AgentFileSettings {
  const settings = readAgentFile(backupAgentSettings, flags);
  checkConnections(settings, passwordFileOf(backupAgentSettings, flags));
  if (settings.drillTarget !== undefined) openDrillTarget(settings.drillTarget);
  return settings;
}

export function agentSettingsOf(settings: AgentFileSettings, flags: Flags): BackupAgentSettings {
  return {
    ...connectionsOf(settings, passwordFileOf(backupAgentSettings, flags)),
    maxSpoolBytes: settings.maxSpoolBytes,
    maxBufferMemory: settings.maxBufferMemory,
    maxBandwidth: settings.maxBandwidth,
    drillTarget: settings.drillTarget === undefined ? undefined : openDrillTarget(settings.drillTarget),
  };
}
