import { AppError, toAppError } from '../runtime/errors.ts';
import type { AgentHealth } from '../runtime/health.ts';
import type { Log } from '../runtime/log.ts';
import { writePidFile } from '../runtime/pid-file.ts';
import { Pulse } from '../runtime/pulse.ts';
import { tellServiceManager } from '../runtime/service-manager.ts';
import { createShutdown, type Shutdown } from '../runtime/shutdown.ts';
import { StatusKeeper } from './agent-status.ts';
import { type LogSettings, logSettings } from './log-settings.ts';
import { type OpenLog, openProgramLog } from './program-log.ts';
import { startStatusServer } from './status-server.ts';

interface RunSettings extends LogSettings {
  readonly serverUrl: string;
  readonly groupId: string;
  readonly stateDir: string;
  readonly pidFile: string | undefined;
  readonly statusListen: string | undefined;
}

interface RunningAgent {
  readonly agentId: string;
  health(): AgentHealth;
  close(): Promise<void>;
}

interface AgentProgram<S extends RunSettings> {
  readonly service: 'monitoring-agent' | 'backup-agent';
  /** @throws AppError when they cannot be used */
  readonly read: () => S;
  readonly start: (settings: S, log: Log, pulse: Pulse) => Promise<RunningAgent>;
}

/** Runs an agent until SIGTERM; SIGHUP reopens the log and reads the settings again. */
export async function runAgent<S extends RunSettings>(program: AgentProgram<S>): Promise<void> {
  const settings = program.read();
  const output = openProgramLog(settings);
  const { log } = output;
  const pulse = new Pulse();
  const held = new HeldAgent(program, settings, output, pulse);
  const shutdown = createShutdown({
    log,
    onHangup: () => {
      output.reopen();
      held.readAgain().catch((thrown: unknown) => shutdown.begin(`the new settings cannot be used: ${String(thrown)}`));
    },
  });
  shutdown.onClose('agent', () => held.close());
  const name = program.service.replace('-', ' ');
  try {
    const { agentId } = await held.start();
    log.info(`${name} runs`, { agent: agentId, server: settings.serverUrl, group: settings.groupId });
    tell(held, shutdown, pulse, log);
  } catch (thrown) {
    shutdown.begin('the start failed');
    await shutdown.done().catch(() => undefined);
    throw thrown;
  }
  await shutdown.done();
  output.close();
}

/** Status file and systemd: for as long as the agent runs. */
function tell<S extends RunSettings>(held: HeldAgent<S>, shutdown: Shutdown, pulse: Pulse, log: Log): void {
  const { signal } = shutdown;
  const told = tellServiceManager({
    log,
    signal,
    describe: () => held.describe(),
    async alive() {
      const late = pulse.late();
      if (late.length > 0) throw new AppError('TIMEOUT', `no progress of: ${late.join(', ')}`);
    },
  });
  const kept = held.status.run(signal);
  shutdown.onClose('status', async () => void (await Promise.all([told, kept])));
}

/** An agent and its settings: starting, reading the settings again and ending wait for one another. */
class HeldAgent<S extends RunSettings> {
  readonly status: StatusKeeper;
  readonly #program: AgentProgram<S>;
  readonly #output: OpenLog;
  readonly #log: Log;
  readonly #pulse: Pulse;
  #settings: S;
  #agent: RunningAgent | undefined;
  #statusServer: Awaited<ReturnType<typeof startStatusServer>> | undefined;
  #removePidFile: (() => void) | undefined;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(program: AgentProgram<S>, settings: S, output: OpenLog, pulse: Pulse) {
    this.#program = program;
    this.#settings = settings;
    this.#output = output;
    this.#log = output.log;
    this.#pulse = pulse;
    this.status = new StatusKeeper({
      service: program.service,
      settings: () => this.#settings,
      health: () => this.#agent && { agentId: this.#agent.agentId, ...this.#agent.health() },
      pulse,
      log: output.log,
    });
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
    await this.#statusServer?.close();
    await this.#agent?.close();
    this.#removePidFile?.();
  }

  /** For `systemctl status`. */
  describe(): string {
    const { troubles, facts, gauges } = this.status.now();
    const [trouble] = troubles;
    if (trouble !== undefined) return `${trouble.what}: ${trouble.message}`.slice(0, 200);
    return [
      ...Object.values(facts),
      ...Object.entries(gauges).map(([name, value]) => `${name} ${Math.round(value)}`),
    ].join(', ');
  }

  async #start(): Promise<RunningAgent> {
    const { pidFile } = this.#settings;
    const agent = await this.#begin(this.#settings);
    this.#agent = agent;
    await this.#listen(this.#settings);
    if (pidFile !== undefined) this.#removePidFile = await writePidFile(pidFile);
    return agent;
  }

  #begin(settings: S): Promise<RunningAgent> {
    return this.#program.start(settings, this.#log, this.#pulse);
  }

  async #listen({ statusListen }: S): Promise<void> {
    const before = this.#statusServer;
    this.#statusServer = undefined;
    await before?.close();
    if (statusListen !== undefined) this.#statusServer = await startStatusServer(statusListen, () => this.status.now());
  }

  async #change(): Promise<void> {
    const before = this.#settings;
    const next = readAgain(this.#program.read, this.#log);
    if (next === undefined) return;
    const changed = changedNames(before, next);
    if (changed.length === 0) return this.#log.info('settings were read again, nothing has changed');
    this.#output.reopen(next);
    if (changed.includes('statusListen')) await this.#listenAgain(before, next);
    if (changed.some((name) => !heldByProcess.has(name)) && !(await this.#replace(before, next))) return;
    this.#settings = next;
    const needRestart = changed.filter((name) => name === 'pidFile');
    this.#log.info('settings were read again', {
      changed: changed.join(', '),
      ...(needRestart.length === 0 ? {} : { needRestart: needRestart.join(', ') }),
    });
  }

  async #listenAgain(before: S, next: S): Promise<void> {
    try {
      await this.#listen(next);
    } catch (thrown) {
      this.#log.error('the status is shown where it was', { error: toAppError(thrown).message });
      await this.#listen(before).catch(() => undefined);
    }
  }

  /** Another agent with the new settings; the old one again where they cannot be used. */
  async #replace(before: S, next: S): Promise<boolean> {
    await this.#agent?.close();
    this.#agent = undefined;
    try {
      this.#agent = await this.#begin(next);
      return true;
    } catch (thrown) {
      const { message, hint } = toAppError(thrown);
      this.#log.error('the new settings cannot be used, the old ones stay', { error: message, next: hint });
      this.#output.reopen(before);
      this.#agent = await this.#begin(before);
      return false;
    }
  }
}

/** What an agent goes on with when it changes. */
const heldByProcess: ReadonlySet<string> = new Set([...Object.keys(logSettings), 'pidFile', 'statusListen']);

/** Names alone: values may be secrets. */
export function changedNames(before: object, now: object): string[] {
  const valueOf = (settings: object): ReadonlyMap<string, unknown> => new Map(Object.entries(settings));
  const [old, fresh] = [valueOf(before), valueOf(now)];
  const names = new Set([...old.keys(), ...fresh.keys()]);
  return [...names].filter((name) => JSON.stringify(old.get(name)) !== JSON.stringify(fresh.get(name))).sort();
}

function readAgain<S>(read: () => S, log: Log): S | undefined {
  try {
    return read();
  } catch (thrown) {
    const { message, hint } = toAppError(thrown);
    log.error('the settings are not valid, the old ones stay', { error: message, next: hint });
    return undefined;
  }
}
