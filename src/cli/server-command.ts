import { isLoopback } from '../model/special-address.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import { doubleHeapRoom } from '../runtime/heap-growth.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import { writePidFile } from '../runtime/pid-file.ts';
import { tellServiceManager } from '../runtime/service-manager.ts';
import { readSettings, type SettingsOf } from '../runtime/settings.ts';
import { createShutdown, type Shutdown } from '../runtime/shutdown.ts';
import type { Flags } from './commands.ts';
import { logSettings } from './log-settings.ts';
import type { MasterKeySource } from './master-key.ts';
import { type OpenLog, openProgramLog } from './program-log.ts';
import { changedNames } from './run-agent.ts';
import { serverSettings } from './server-settings.ts';
import { type RunningServer, startServer } from './start-server.ts';

type ServerSettings = SettingsOf<typeof serverSettings>;

/** `leafward server`: runs until SIGTERM or SIGINT. */
export async function runServerCommand(flags: Flags): Promise<void> {
  doubleHeapRoom();
  const read = (): ServerSettings =>
    readSettings(serverSettings, {
      flags,
      env: process.env,
      ...(typeof flags['settings'] === 'string' ? { file: flags['settings'] } : {}),
    });
  const settings = read();
  const current = { settings };
  const output = openProgramLog(settings);
  const { log } = output;
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
  onHangup = () => void reload({ server, output, current, read });
  tellSystemd(server, shutdown, log);
  log.info('ready', { url: server.url, listen: server.listens.join(', '), ms: Math.round(performance.now()) });
  warnAboutAddress(server, log);
  if (reloadWaits) onHangup();
  await greet(server).catch((thrown: unknown) => {
    // The end came first, and closed the store.
    if (!shutdown.signal.aborted) throw thrown;
  });
  await shutdown.done();
}

interface Reload {
  readonly server: RunningServer;
  readonly output: OpenLog;
  /** What holds now. */
  readonly current: { settings: ServerSettings };
  readonly read: () => ServerSettings;
}

/** Takes over what can change while it runs, and says what was changed and what holds from the next start. Never rejects. */
async function reload({ server, output, current, read }: Reload): Promise<void> {
  const { log } = output;
  try {
    output.reopen();
    const fresh = read();
    await server.reload({ publicUrl: fresh.publicUrl, tlsCert: fresh.tlsCert, tlsKey: fresh.tlsKey });
    output.reopen(fresh);
    const changed = changedNames(current.settings, fresh);
    current.settings = fresh;
    const needRestart = changed.filter((name) => !reloaded.has(name));
    log.info('settings, certificate and log were read again', {
      changed: changed.join(', ') || 'nothing',
      ...(needRestart.length === 0 ? {} : { needRestart: needRestart.join(', ') }),
    });
  } catch (thrown) {
    const { message, hint } = toAppError(thrown);
    log.error('what could not be read again stays as it was', { reason: message, next: hint });
  }
}

const reloaded: ReadonlySet<string> = new Set([...Object.keys(logSettings), 'publicUrl', 'tlsCert', 'tlsKey']);

/** Systemd is told that the server is alive after its store has answered, whatever the answer was. */
function tellSystemd(server: RunningServer, shutdown: Shutdown, log: Log): void {
  const { groups } = server.context.stores;
  const told = tellServiceManager({
    log,
    signal: shutdown.signal,
    describe: () => `serves ${server.url}`,
    async alive() {
      const answered = groups.serverValue('publicUrl').catch(() => undefined);
      const late = sleep(storeAnswersMs, shutdown.signal).then(() => 'late');
      if ((await Promise.race([answered.then(() => 'answered'), late])) === 'late') {
        throw new AppError('TIMEOUT', `the store has not answered within ${storeAnswersMs / 1000} s`);
      }
    },
  });
  shutdown.onClose('service manager', () => told);
}

const storeAnswersMs = 60_000;

function optionsOf(settings: ServerSettings, log: Log) {
  const { dataDir, listen, publicUrl, tlsCert, tlsKey, tlsMinVersion, trustProxy, insecureHttp, credentialKeyFile } =
    settings;
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
    tlsMinVersion,
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
