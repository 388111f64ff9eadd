import { setFlagsFromString } from 'node:v8';
import { MonitoringAgent } from '../monitor/agent.ts';
import type { MonitoringAgentSettings } from '../monitor/agent-settings.ts';
import type { SettingsOf } from '../runtime/settings.ts';
import { checkConnections, connectionsOf, passwordFileOf } from './agent-connections.ts';
import { readAgentFile } from './agent-program.ts';
import { runAgentStatusCommand } from './agent-status-command.ts';
import type { Flags } from './commands.ts';
import { monitoringAgentSettings } from './monitoring-agent-settings.ts';
import { runAgent } from './run-agent.ts';

type AgentFileSettings = SettingsOf<typeof monitoringAgentSettings>;

/** `leafward monitoring-agent`: runs until SIGTERM; SIGHUP reopens the log and reads the settings again. */
export async function runMonitoringAgentCommand(flags: Flags): Promise<void> {
  // An agent does little and lives long: it collects its old objects sooner, at no measurable cost in time.
  setFlagsFromString('--heap-growing-percent=30');
  await runAgent({
    service: 'monitoring-agent',
    read: () => readAgentSettings(flags),
    start: (settings, log, pulse) => MonitoringAgent.start(agentSettingsOf(settings, flags), log, pulse),
  });
}

/** `leafward monitoring-agent status`. */
export async function showMonitoringAgentStatus(flags: Flags): Promise<void> {
  await runAgentStatusCommand('monitoring-agent', monitoringAgentSettings, flags);
}

/** Reads the agent's settings; a placeholder that is still in the file is named with its line. */
export function readAgentSettings(flags: Flags): AgentFileSettings {
  const settings = readAgentFile(monitoringAgentSettings, flags);
  checkConnections(settings, passwordFileOf(monitoringAgentSettings, flags));
  return settings;
}

export function agentSettingsOf(settings: AgentFileSettings, flags: Flags): MonitoringAgentSettings {
  return {
    ...connectionsOf(settings, passwordFileOf(monitoringAgentSettings, flags)),
    maxOutboxBytes: settings.maxOutboxBytes,
    maxBufferMemory: settings.maxBufferMemory,
    maxBandwidth: settings.maxBandwidth,
    importDiagnosticData: settings.importDiagnosticData,
  };
}
