import { BackupAgent } from '../capture/backup-agent.ts';
import type { BackupAgentSettings } from '../capture/backup-settings.ts';
import type { SettingsOf } from '../runtime/settings.ts';
import { checkMongodbSettings, connectionsOf, readAgentFile, runAgent } from './agent-program.ts';
import { backupAgentSettings } from './backup-agent-settings.ts';
import type { Flags } from './commands.ts';
import { openDrillTarget } from './drill-target.ts';

type AgentFileSettings = SettingsOf<typeof backupAgentSettings>;

/** `leafward backup-agent`: runs until SIGTERM; SIGHUP reopens the log and reads the settings again. */
export async function runBackupAgentCommand(flags: Flags): Promise<void> {
  await runAgent({
    name: 'backup agent',
    read: () => readSettingsOf(flags),
    start: (settings, log) => BackupAgent.start(agentSettingsOf(settings), log),
  });
}

/** @throws SETTINGS_INVALID */
export function readSettingsOf(flags: Flags): AgentFileSettings {
  const settings = readAgentFile(backupAgentSettings, flags);
  checkMongodbSettings(settings);
  if (settings.drillTarget !== undefined) openDrillTarget(settings.drillTarget);
  return settings;
}

export function agentSettingsOf(settings: AgentFileSettings): BackupAgentSettings {
  return {
    ...connectionsOf(settings),
    maxSpoolBytes: settings.maxSpoolBytes,
    drillTarget: settings.drillTarget === undefined ? undefined : openDrillTarget(settings.drillTarget),
  };
}
