import { AppError, toAppError } from '../runtime/errors.ts';
import { createLog, type Log } from '../runtime/log.ts';
import { writePidFile } from '../runtime/pid-file.ts';
import { readSettings, type SettingsOf } from '../runtime/settings.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import { isLoopback } from '../server/server-address.ts';
import type { Flags } from './commands.ts';
import { openLogOutput } from './log-output.ts';
import type { MasterKeySource } from './master-key.ts';
import { serverSettings } from './server-settings.ts';
import { type RunningServer, startServer } from './start-server.ts';

type ServerSettings = SettingsOf<typeof serverSettings>;

/** `leafward server`: runs until SIGTERM or SIGINT. */
export async function runServerCommand(flags: Flags): Promise<void> {
  const read = (): ServerSettings =>
    readSettings(serverSettings, {
      flags,
      env: process.env,
      ...(typeof flags['settings'] === 'string' ? { file: flags['settings'] } : {}),
    });
  const settings = read();
  let { logLevel } = settings;
  const output = openLogOutput(settings.logFile);
  const log = createLog({
    level: () => logLevelOf(logLevel),
    format: settings.logFormat === 'json' ? 'json' : 'text',
    write: output.write,
  });
  let reloadWaits = false;
  let onHangup = (): void => {
    output.reopen();
    reloadWaits = true;
  };
  const shutdown = createShutdown({ log, onHangup: () => onHangup() });
  shutdown.onClose('log', async () => output.close());
  let removePidFile: (() => void) | undefined;
  shutdown.onClose('pid file', async () => removePidFile?.());
  const start = async (): Promise<RunningServer> => {
    const started = await startServer(optionsOf(settings, log));
    if (settings.pidFile === undefined) return started;
    try {
      removePidFile = await writePidFile(settings.pidFile);
      return started;
    } catch (thrown) {
      await started.close();
      throw thrown;
    }
  };
  const server = await shutdown.onceOpen('server', start(), (started) => started.close());
  if (shutdown.signal.aborted) return shutdown.done();
  onHangup = () => {
    const again = async (): Promise<void> => {
      output.reopen();
      const fresh = read();
      logLevel = fresh.logLevel;
      await server.reload({ publicUrl: fresh.publicUrl, tlsCert: fresh.tlsCert, tlsKey: fresh.tlsKey });
      log.info('settings, certificate and log were read again', { needRestart: needRestart(settings, fresh) });
    };
    again().catch((thrown: unknown) =>
      log.error('what could not be read again stays as it was', { reason: toAppError(thrown).message }),
    );
  };
  log.info('ready', { url: server.url, ms: Math.round(performance.now()) });
  warnAboutAddress(server, log);
  if (reloadWaits) onHangup();
  await greet(server);
  await shutdown.done();
}

const reloaded: ReadonlySet<string> = new Set(['logLevel', 'publicUrl', 'tlsCert', 'tlsKey']);

/** Settings that were changed in the file, but hold from the next start. */
function needRestart(before: ServerSettings, now: ServerSettings): string[] {
  const names = Object.keys(serverSettings) as (keyof ServerSettings)[];
  return names.filter((name) => !reloaded.has(name) && before[name] !== now[name]);
}

function optionsOf(settings: ServerSettings, log: Log) {
  const { dataDir, listen, publicUrl, tlsCert, tlsKey, trustProxy, insecureHttp, credentialKeyFile } = settings;
  const tls = settings.tls === 'auto' ? ('auto' as const) : ('off' as const);
  const masterKey = masterKeyOf(settings);
  const more = { trustProxy, insecureHttp, credentialKeyFile, log };
  return {
    dataDir,
    listen,
    publicUrl,
    tls,
    tlsCert,
    tlsKey,
    ...more,
    ...(masterKey === undefined ? {} : { masterKey }),
  };
}

function masterKeyOf({ masterKeyFile, masterKeyCommand }: ServerSettings): MasterKeySource | undefined {
  if (masterKeyFile !== undefined && masterKeyCommand !== undefined) {
    throw new AppError('SETTINGS_INVALID', 'masterKeyFile and masterKeyCommand exclude each other');
  }
  if (masterKeyFile !== undefined) return { kind: 'file', path: masterKeyFile };
  return masterKeyCommand === undefined ? undefined : { kind: 'command', command: masterKeyCommand };
}

/** On a server that nobody has set up: where to do that. It goes to the terminal, never to a log file. */
async function greet(server: RunningServer): Promise<void> {
  if ((await server.context.stores.accounts.countUsers()) > 0) return;
  const { link } = await server.admin({ action: 'setup-link' });
  process.stdout.write(`\nLeafward is not set up yet. Open this link within an hour, it works once:\n\n  ${link}\n\n`);
}

function warnAboutAddress(server: RunningServer, log: Log): void {
  const { hostname } = new URL(server.publicUrl());
  if (!isLoopback(hostname)) return;
  log.warn('publicUrl is a loopback address: agents on other machines cannot reach this server', {
    publicUrl: server.publicUrl(),
  });
}

function logLevelOf(level: string): 'error' | 'warn' | 'info' | 'debug' {
  return level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
}
