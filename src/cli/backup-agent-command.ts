import { readFileSync } from 'node:fs';
import { BackupAgent } from '../capture/backup-agent.ts';
import type { BackupAgentSettings } from '../capture/backup-settings.ts';
import { AppError } from '../runtime/errors.ts';
import { createLog, type Log } from '../runtime/log.ts';
import { readCertificates } from '../runtime/pem-file.ts';
import { writePidFile } from '../runtime/pid-file.ts';
import { readSettings, type SettingsOf } from '../runtime/settings.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { backupAgentSettings } from './backup-agent-settings.ts';
import type { Flags } from './commands.ts';
import { openLogOutput } from './log-output.ts';

type AgentFileSettings = SettingsOf<typeof backupAgentSettings>;

/** `leafward backup-agent`: runs until SIGTERM; SIGHUP reopens the log and reads the settings again. */
export async function runBackupAgentCommand(flags: Flags): Promise<void> {
  let settings = readAgentSettings(flags);
  const output = openLogOutput(settings.logFile);
  const log = createLog({
    level: logLevelOf(settings.logLevel),
    format: settings.logFormat === 'json' ? 'json' : 'text',
    write: output.write,
  });
  let agent = await BackupAgent.start(agentSettingsOf(settings), log);
  let changing = Promise.resolve();
  const shutdown = createShutdown({
    log,
    onHangup: () => {
      output.reopen();
      changing = changing.then(async () => {
        const next = readAgain(flags, log);
        const changed = next === undefined ? [] : changedNames(settings, next);
        if (next === undefined || changed.length === 0) return;
        await agent.close();
        try {
          agent = await BackupAgent.start(agentSettingsOf(next), log);
        } catch (thrown) {
          log.error('the new settings cannot be used, the old ones stay', { error: String(thrown) });
          agent = await BackupAgent.start(agentSettingsOf(settings), log);
          return;
        }
        const needRestart = changed.filter((name) => heldByProcess.has(name));
        settings = next;
        log.info('settings were read again', {
          changed: changed.join(', '),
          ...(needRestart.length === 0 ? {} : { needRestart: needRestart.join(', ') }),
        });
      });
      changing.catch((thrown: unknown) => shutdown.begin(`the new settings cannot be used: ${String(thrown)}`));
    },
  });
  const removePidFile = settings.pidFile === undefined ? undefined : await writePidFile(settings.pidFile);
  shutdown.onClose('pid file', async () => removePidFile?.());
  shutdown.onClose('agent', async () => {
    await changing.catch(() => undefined);
    await agent.close();
  });
  log.info('backup agent runs', { agent: agent.agentId, server: settings.serverUrl, group: settings.groupId });
  await shutdown.done();
  output.close();
}

/** Opened once, at the start of the process. */
const heldByProcess: ReadonlySet<string> = new Set(['logFile', 'logLevel', 'logFormat', 'pidFile']);

/** Names alone: values may be secrets. */
function changedNames(before: AgentFileSettings, now: AgentFileSettings): string[] {
  const valueOf = (settings: AgentFileSettings): ReadonlyMap<string, unknown> => new Map(Object.entries(settings));
  const [old, fresh] = [valueOf(before), valueOf(now)];
  const names = new Set([...old.keys(), ...fresh.keys()]);
  return [...names].filter((name) => old.get(name) !== fresh.get(name));
}

function logLevelOf(level: string): 'error' | 'warn' | 'info' | 'debug' {
  return level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
}

function readAgain(flags: Flags, log: Log): AgentFileSettings | undefined {
  try {
    return readAgentSettings(flags);
  } catch (thrown) {
    log.error('the settings are not valid, the old ones stay', { error: String(thrown) });
    return undefined;
  }
}

/** Reads the agent's settings; a placeholder that is still in the file is named with its line. */
export function readAgentSettings(flags: Flags): AgentFileSettings {
  const file = typeof flags['settings'] === 'string' ? flags['settings'] : undefined;
  if (file !== undefined) refusePlaceholders(file);
  const settings = readSettings(backupAgentSettings, {
    ...(file === undefined ? {} : { file }),
    flags,
    env: process.env,
  });
  if (settings.mongodbUsername !== undefined && settings.mongodbPassword === undefined) {
    throw new AppError(
      'SETTINGS_INVALID',
      'mongodbUsername is set, but neither mongodbPassword nor mongodbPasswordFile is',
    );
  }
  for (const name of ['serverCaFile', 'mongodbTlsCaFile', 'mongodbTlsCertificateKeyFile'] as const) {
    const path = settings[name];
    if (path !== undefined) readCertificates(name, path);
  }
  return settings;
}

const placeholders: Readonly<Record<string, string>> = {
  '@API_KEY@': 'apiKey',
  '@GROUP_ID@': 'groupId',
  '@SERVER_URL@': 'serverUrl',
};

function refusePlaceholders(file: string): void {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return;
  }
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trimStart().startsWith('#')) continue;
    const found = Object.keys(placeholders).find((placeholder) => line.includes(placeholder));
    if (found === undefined) continue;
    const name = placeholders[found] ?? '';
    const variable = `LEAFWARD_${name.replace(/[A-Z]/g, (char) => `_${char}`).toUpperCase()}`;
    if (process.env[variable] !== undefined) continue;
    throw new AppError('SETTINGS_PLACEHOLDER', `${file} line ${index + 1}: ${name} is still ${found}`, {
      details: { file, line: index + 1, key: name },
    });
  }
}

export function agentSettingsOf(settings: AgentFileSettings): BackupAgentSettings {
  const { mongodbUsername: username, mongodbPassword: password, mongodbAuthSource: authSource } = settings;
  return {
    serverUrl: settings.serverUrl,
    groupId: settings.groupId,
    apiKey: settings.apiKey,
    serverCaFile: settings.serverCaFile,
    httpProxy: settings.httpProxy,
    env: process.env,
    stateDir: settings.stateDir,
    maxSpoolBytes: settings.maxSpoolBytes,
    credentials: username === undefined || password === undefined ? undefined : { username, password, authSource },
    mongodbTls: settings.mongodbTls,
    mongodbTlsCaFile: settings.mongodbTlsCaFile,
    mongodbTlsCertificateKeyFile: settings.mongodbTlsCertificateKeyFile,
  };
}
