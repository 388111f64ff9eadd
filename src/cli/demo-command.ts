import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '../runtime/errors.ts';
import { createLog } from '../runtime/log.ts';
import { readSettings } from '../runtime/settings.ts';
import { createShutdown, type Shutdown } from '../runtime/shutdown.ts';
import { type ChildGuard, startChildGuard } from './child-guard.ts';
import type { Flags } from './commands.ts';
import { findMongod } from './demo/find-mongod.ts';
import { startReplicaSet } from './demo/replica-set.ts';
import { startWorkload } from './demo/workload.ts';
import { demoSettings } from './demo-settings.ts';
import { runTogether } from './run-together.ts';
import { parseSeedUri, type SeedUri } from './seed-uri.ts';
import { type RunningServer, type ServerOptions, startServer } from './start-server.ts';
import { levelOf } from './up-command.ts';

const usualAddress = '127.0.0.1:8080';
const intervalMs = 1000;

/** `leafward demo`: server, agents and something to watch. Nothing stays: no process, and no file unless a folder was named. */
export async function runDemoCommand(flags: Flags): Promise<void> {
  const settings = readSettings(demoSettings, { flags, env: process.env });
  const uri = process.env['MONGODB_URI'];
  const given = uri === undefined || uri === '' ? undefined : await parseSeedUri(uri);
  // Before anything is started: without a mongod there is nothing to show.
  const mongod = given === undefined ? findMongod(settings.mongod) : undefined;
  const logLevel = levelOf(settings.logLevel);
  const log = createLog({ level: logLevel, format: 'text', write: (line) => process.stderr.write(`${line}\n`) });
  const shutdown = createShutdown({ log });
  const temporary = settings.dataDir === undefined ? await mkdtemp(join(tmpdir(), 'leafward-demo-')) : undefined;
  const dataDir = settings.dataDir ?? temporary ?? '';
  const guard = startChildGuard(temporary);
  shutdown.onClose('guard', () => guard.close());
  try {
    const options = { dataDir, listen: settings.listen ?? usualAddress, approveAgents: true, log };
    const starting = startDemoServer(options, settings.listen === undefined);
    const server = await shutdown.onceOpen('server', starting, (started) => started.close());
    shutdown.signal.throwIfAborted();
    const seed = given ?? (await startToy({ mongod, dataDir, guard, shutdown }));
    console.log('Starting the agents …');
    const groupName = 'Demo';
    // The toy of an earlier run is gone, with its ports.
    const forgetHosts = given === undefined;
    const { link } = await runTogether({
      server,
      dataDir,
      groupName,
      seed,
      forgetHosts,
      backUp: true,
      intervalMs,
      logLevel,
      guard,
      log,
      shutdown,
    });
    console.log(`\nOpen this link, it signs in:\n\n  ${link}\n`);
    console.log(`The pages are at ${server.publicUrl()}. Ctrl-C ends everything.`);
  } catch (thrown) {
    const stopped = shutdown.signal.aborted;
    shutdown.begin('the start failed');
    await shutdown.done().catch(() => {});
    if (stopped) return;
    throw thrown;
  }
  await shutdown.done();
}

/** Where the usual port is taken and none was asked for, a free one does. */
async function startDemoServer(options: ServerOptions, mayMove: boolean): Promise<RunningServer> {
  console.log('Starting the server …');
  try {
    return await startServer(options);
  } catch (thrown) {
    if (!mayMove || !(thrown instanceof AppError && thrown.code === 'ADDRESS_IN_USE')) throw thrown;
    console.log(`${usualAddress} is taken: another port it is.`);
    return startServer({ ...options, listen: '127.0.0.1:0' });
  }
}

interface Toy {
  readonly mongod: ReturnType<typeof findMongod> | undefined;
  readonly dataDir: string;
  readonly guard: ChildGuard;
  readonly shutdown: Shutdown;
}

async function startToy({ mongod, dataDir, guard, shutdown }: Toy): Promise<SeedUri> {
  if (mongod === undefined) throw new AppError('INTERNAL', 'no mongod was looked for');
  console.log('Starting a replica set of three and its workload …');
  const folder = await mkdtemp(join(dataDir, 'demo-'));
  shutdown.onClose('replica set files', () => rm(folder, { recursive: true, force: true }));
  const set = await startReplicaSet({ mongod, folder, guard, signal: shutdown.signal });
  shutdown.onClose('replica set', () => set.close());
  const workload = startWorkload(set.uri, shutdown.signal);
  shutdown.onClose('workload', () => workload.close());
  return parseSeedUri(`mongodb://${set.hosts[0]}`);
}
