import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { endChild, hasEnded, startChild } from './child-process.ts';
import { freePort } from './free-port.ts';
import { findMongod, type MongodVersion } from './mongod-binary.ts';
import { tempDir } from './temp-dir.ts';

export interface MongodOptions {
  /** Default: what `findMongod()` finds, 6.0 as a rule. */
  readonly version?: MongodVersion;
  /** More arguments, `['--replSet', 'rs0']`. */
  readonly args?: readonly string[];
  /** Default: a free one. */
  readonly port?: number;
  /** Default 0.25 GB, the least that mongod takes. */
  readonly cacheSizeGB?: number;
  /** An empty folder for its data; default: one of its own. */
  readonly dbPath?: string;
}

export interface Mongod extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly port: number;
  /** To this process alone (directConnection); without credentials. */
  readonly uri: string;
  readonly dbPath: string;
  readonly logPath: string;
  readonly pid: number;
  /** A connected client of this process alone; the caller closes it (`await using`). */
  connect(options?: MongoClientOptions): Promise<MongoClient>;
  /** SIGTERM, then SIGKILL after a minute; the data stays. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would; the data stays. */
  crash(): Promise<void>;
  /** Starts again on the same port and data, with other arguments or another version if these are given. */
  restart(changes?: Pick<MongodOptions, 'args' | 'version'>): Promise<void>;
  /** The process hangs: it accepts connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  logText(): string;
}

const startTimeoutMs = 180_000;

/** Starts a mongod on loopback with an empty data folder and waits until it listens. It ends with the scope (`await using`). */
export async function startMongod(options: MongodOptions = {}): Promise<Mongod> {
  const folder = tempDir('mongod');
  const dbPath = options.dbPath ?? folder.file('data');
  const logPath = folder.file('mongod.log');
  mkdirSync(dbPath, { recursive: true });
  let settings: MongodOptions = options;
  let port = options.port ?? (await freePort());
  const launch = (): Promise<ChildProcess | 'port taken'> => launchMongod(settings, port, dbPath, logPath);
  let started = await launch();
  for (let tries = 1; started === 'port taken' && options.port === undefined && tries < 5; tries++) {
    port = await freePort();
    started = await launch();
  }
  let child = mustRun(started, port);
  return {
    host: `127.0.0.1:${port}`,
    port,
    uri: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    dbPath,
    logPath,
    get pid() {
      return child.pid ?? 0;
    },
    connect: (clientOptions) => connectDirectly(port, clientOptions),
    stop: () => endChild(child, 'SIGTERM'),
    crash: () => endChild(child, 'SIGKILL'),
    async restart(changes = {}) {
      await endChild(child, 'SIGTERM');
      settings = { ...settings, ...changes };
      child = mustRun(await launch(), port);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    logText: () => readFileSync(logPath, 'utf8'),
    async [Symbol.asyncDispose]() {
      // Nothing of the data is needed any more, so the quick end is the right one.
      await endChild(child, 'SIGKILL');
      keepLog(logPath, port);
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function launchMongod(
  options: MongodOptions,
  port: number,
  dbPath: string,
  logPath: string,
): Promise<ChildProcess | 'port taken'> {
  const binary = findMongod(options.version);
  const args = [
    '--bind_ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--dbpath',
    dbPath,
    '--logpath',
    logPath,
    '--logappend',
  ];
  args.push('--nounixsocket', '--wiredTigerCacheSizeGB', String(options.cacheSizeGB ?? 0.25), ...(options.args ?? []));
  const before = existsSync(logPath) ? readFileSync(logPath).length : 0;
  const child = startChild(binary.path, args, {
    env: { ...process.env, ...binary.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const failed = once(child, 'error').then(([error]: unknown[]) => {
    throw new Error(`cannot start ${binary.path}`, { cause: error });
  });
  await Promise.race([failed, untilListening(child, logPath, before)]);
  failed.catch(() => {});
  if (!hasEnded(child)) return child;
  const text = readFileSync(logPath, 'utf8').slice(before);
  if (/Address already in use/.test(text)) return 'port taken';
  throw new Error(
    `mongod ended with ${child.exitCode ?? child.signalCode} while starting; its log ends with\n${text.slice(-3000)}`,
  );
}

/** mongod says "Waiting for connections" in its log; resolves then, or when it ended. */
async function untilListening(child: ChildProcess, logPath: string, from: number): Promise<void> {
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    if (hasEnded(child)) return;
    if (existsSync(logPath) && readFileSync(logPath).subarray(from).includes('"Waiting for connections"')) return;
    await delay(25);
  }
  await endChild(child, 'SIGKILL');
  throw new Error(
    `mongod was not ready within ${startTimeoutMs} ms; log: ${readFileSync(logPath, 'utf8').slice(-3000)}`,
  );
}

function mustRun(started: ChildProcess | 'port taken', port: number): ChildProcess {
  if (started === 'port taken') throw new Error(`port ${port} is taken`);
  return started;
}

async function connectDirectly(port: number, options: MongoClientOptions = {}): Promise<MongoClient> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: 60_000,
    ...options,
  });
  await client.connect();
  return client;
}

const keptLogs = new Set<string>();
process.once('exit', () => {
  if (process.exitCode !== undefined && process.exitCode !== 0) return;
  for (const kept of keptLogs) rmSync(kept, { force: true });
  if (process.env['LEAFWARD_TEST_LOGS'] === undefined) rmSync(logFolder(), { recursive: true, force: true });
});

/** Logs outlive the data folder until this process ends well; after a failure they stay, and the runner names the folder. */
function keepLog(logPath: string, port: number): void {
  const folder = logFolder();
  mkdirSync(folder, { recursive: true });
  const kept = join(folder, `mongod-${port}-${process.pid}.log`);
  if (existsSync(logPath)) copyFileSync(logPath, kept);
  keptLogs.add(kept);
}

function logFolder(): string {
  return process.env['LEAFWARD_TEST_LOGS'] ?? join(tmpdir(), `leafward-test-logs-${process.pid}`);
}
