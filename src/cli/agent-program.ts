import { AppError } from '../runtime/errors.ts';
import { createLog, type Log } from '../runtime/log.ts';
import { readCertificates } from '../runtime/pem-file.ts';
import { writePidFile } from '../runtime/pid-file.ts';
import { readSettings, type SettingsOf, type SettingsTable } from '../runtime/settings.ts';
import { createShutdown } from '../runtime/shutdown.ts';
import type { Flags } from './commands.ts';
import { openLogOutput } from './log-output.ts';

/** What every agent's settings hold. */
interface CommonSettings {
  readonly serverUrl: string;
  readonly groupId: string;
  readonly apiKey: string;
  readonly stateDir: string;
  readonly httpProxy: string | undefined;
  readonly serverCaFile: string | undefined;
  readonly mongodbUsername: string | undefined;
  readonly mongodbPassword: string | undefined;
  readonly mongodbAuthSource: string;
  readonly mongodbTls: boolean;
  readonly mongodbTlsCaFile: string | undefined;
  readonly mongodbTlsCertificateKeyFile: string | undefined;
  readonly logFile: string | undefined;
  readonly logLevel: string;
  readonly logFormat: string;
  readonly pidFile: string | undefined;
}

interface RunningAgent {
  readonly agentId: string;
  close(): Promise<void>;
}

interface AgentProgram<S extends CommonSettings> {
  /** For the log: "monitoring agent". */
  readonly name: string;
  readonly read: () => S;
  readonly start: (settings: S, log: Log) => Promise<RunningAgent>;
}

/** Runs an agent until SIGTERM; SIGHUP reopens the log and reads the settings again. */
export async function runAgent<S extends CommonSettings>(program: AgentProgram<S>): Promise<void> {
  const settings = program.read();
  const output = openLogOutput(settings.logFile);
  const log = createLog({
    level: logLevelOf(settings.logLevel),
    format: settings.logFormat === 'json' ? 'json' : 'text',
    write: output.write,
  });
  const held = new HeldAgent(program, settings, log);
  const shutdown = createShutdown({
    log,
    onHangup: () => {
      output.reopen();
      held.readAgain().catch((thrown: unknown) => shutdown.begin(`the new settings cannot be used: ${String(thrown)}`));
    },
  });
  shutdown.onClose('agent', () => held.close());
  try {
    const { agentId } = await held.start();
    log.info(`${program.name} runs`, { agent: agentId, server: settings.serverUrl, group: settings.groupId });
  } catch (thrown) {
    shutdown.begin('the start failed');
    await shutdown.done().catch(() => undefined);
    throw thrown;
  }
  await shutdown.done();
  output.close();
}

/** An agent and its settings: starting, reading the settings again and ending wait for one another. */
class HeldAgent<S extends CommonSettings> {
  readonly #program: AgentProgram<S>;
  readonly #log: Log;
  #settings: S;
  #agent: RunningAgent | undefined;
  #removePidFile: (() => void) | undefined;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(program: AgentProgram<S>, settings: S, log: Log) {
    this.#program = program;
    this.#settings = settings;
    this.#log = log;
  }

  async start(): Promise<RunningAgent> {
    const starting = this.#start();
    this.#changing = starting;
    return starting;
  }

  async readAgain(): Promise<void> {
    const change = this.#changing.then(() => this.#change());
    this.#changing = change;
    await change;
  }

  async close(): Promise<void> {
    await this.#changing.catch(() => undefined);
    await this.#agent?.close();
    this.#removePidFile?.();
  }

  async #start(): Promise<RunningAgent> {
    const { pidFile } = this.#settings;
    const agent = await this.#program.start(this.#settings, this.#log);
    this.#agent = agent;
    if (pidFile !== undefined) this.#removePidFile = await writePidFile(pidFile);
    return agent;
  }

  async #change(): Promise<void> {
    const next = readAgain(this.#program.read, this.#log);
    const changed = next === undefined ? [] : changedNames(this.#settings, next);
    if (next === undefined || changed.length === 0) return;
    await this.#agent?.close();
    this.#agent = undefined;
    try {
      this.#agent = await this.#program.start(next, this.#log);
    } catch (thrown) {
      this.#log.error('the new settings cannot be used, the old ones stay', { error: String(thrown) });
      this.#agent = await this.#program.start(this.#settings, this.#log);
      return;
    }
    const needRestart = changed.filter((changedName) => heldByProcess.has(changedName));
    this.#settings = next;
    this.#log.info('settings were read again', {
      changed: changed.join(', '),
      ...(needRestart.length === 0 ? {} : { needRestart: needRestart.join(', ') }),
    });
  }
}

/** Opened once, at the start of the process. */
const heldByProcess: ReadonlySet<string> = new Set(['logFile', 'logLevel', 'logFormat', 'pidFile']);

/** Names alone: values may be secrets. */
function changedNames(before: object, now: object): string[] {
  const valueOf = (settings: object): ReadonlyMap<string, unknown> => new Map(Object.entries(settings));
  const [old, fresh] = [valueOf(before), valueOf(now)];
  const names = new Set([...old.keys(), ...fresh.keys()]);
  return [...names].filter((name) => old.get(name) !== fresh.get(name));
}

function logLevelOf(level: string): 'error' | 'warn' | 'info' | 'debug' {
  return level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
}

function readAgain<S>(read: () => S, log: Log): S | undefined {
  try {
    return read();
  } catch (thrown) {
    log.error('the settings are not valid, the old ones stay', { error: String(thrown) });
    return undefined;
  }
}

/** Reads an agent's settings by its table. */
export function readAgentFile<T extends SettingsTable>(table: T, flags: Flags): SettingsOf<T> {
  const file = typeof flags['settings'] === 'string' ? flags['settings'] : undefined;
  return readSettings(table, { ...(file === undefined ? {} : { file }), flags, env: process.env });
}

/** @throws SETTINGS_INVALID for a user without a password, and for PEM files that cannot be read */
export function checkMongodbSettings(
  settings: Pick<CommonSettings, 'mongodbUsername' | 'mongodbPassword' | (typeof certificateSettings)[number]>,
): void {
  if (settings.mongodbUsername !== undefined && settings.mongodbPassword === undefined) {
    throw new AppError(
      'SETTINGS_INVALID',
      'mongodbUsername is set, but neither mongodbPassword nor mongodbPasswordFile is',
    );
  }
  for (const name of certificateSettings) {
    const path = settings[name];
    if (path !== undefined) readCertificates(name, path);
  }
}

/** What both kinds of agent take from their files: the way to the server, and to the hosts for which it names no login. */
export function connectionsOf(settings: CommonSettings) {
  const { mongodbUsername: username, mongodbPassword: password, mongodbAuthSource: authSource } = settings;
  return {
    serverUrl: settings.serverUrl,
    groupId: settings.groupId,
    apiKey: settings.apiKey,
    serverCaFile: settings.serverCaFile,
    httpProxy: settings.httpProxy,
    env: process.env,
    stateDir: settings.stateDir,
    credentials: username === undefined || password === undefined ? undefined : { username, password, authSource },
    mongodbTls: settings.mongodbTls,
    mongodbTlsCaFile: settings.mongodbTlsCaFile,
    mongodbTlsCertificateKeyFile: settings.mongodbTlsCertificateKeyFile,
  };
}

const certificateSettings = ['serverCaFile', 'mongodbTlsCaFile', 'mongodbTlsCertificateKeyFile'] as const;
