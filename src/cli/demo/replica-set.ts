import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { AppError } from '../../runtime/errors.ts';
import { sleep } from '../../runtime/periodic.ts';
import { type ChildGuard, endChild } from '../child-guard.ts';
import type { MongodProgram } from './find-mongod.ts';

export interface DemoReplicaSet {
  readonly hosts: readonly string[];
  readonly uri: string;
  /** Ends the members; their data stays. */
  close(): Promise<void>;
}

interface ReplicaSetSettings {
  readonly mongod: MongodProgram;
  readonly folder: string;
  readonly guard: ChildGuard;
  readonly signal: AbortSignal;
}

interface Member {
  readonly host: string;
  readonly process: ChildProcess;
}

const setName = 'demo';
const memberCount = 3;
const startMs = 60_000;
const portTries = 5;

/** Starts a replica set of three on loopback and waits until it has a primary. @throws MONGODB_UNREACHABLE, TIMEOUT */
export async function startReplicaSet(settings: ReplicaSetSettings): Promise<DemoReplicaSet> {
  const members: Member[] = [];
  const close = async (): Promise<void> => {
    // The primary hands over and waits while it steps down; nobody needs that of a toy whose members all end at once.
    await Promise.all(members.map((member) => endChild(member.process, 1000)));
  };
  try {
    for (let index = 0; index < memberCount; index++) members.push(await startMember(settings, index));
    const hosts = members.map(({ host }) => host);
    await initiate(hosts, settings.signal);
    return { hosts, uri: `mongodb://${hosts.join(',')}/?replicaSet=${setName}`, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

async function startMember(settings: ReplicaSetSettings, index: number): Promise<Member> {
  const folder = join(settings.folder, `mongod-${index + 1}`);
  await mkdir(join(folder, 'data'), { recursive: true, mode: 0o700 });
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const logPath = join(folder, `mongod-${port}.log`);
    const process = await launch(settings, folder, port, logPath);
    const outcome = await untilListening(process, logPath, settings.signal);
    if (outcome === 'listening') return { host: `127.0.0.1:${port}`, process };
    await endChild(process, 0);
    settings.signal.throwIfAborted();
    const log = await readFile(logPath, 'utf8').catch(() => '');
    // mongod cannot listen on port 0, so another program may have taken the port in between.
    if (log.includes('Address already in use') && tries < portTries) continue;
    throw new AppError('MONGODB_UNREACHABLE', `the demo's mongod did not start (${outcome})`, {
      hint: `Its last words: ${log.trim().split('\n').at(-1)?.slice(0, 500) ?? 'none'}`,
    });
  }
}

function launch(
  { mongod, guard }: ReplicaSetSettings,
  folder: string,
  port: number,
  logPath: string,
): Promise<ChildProcess> {
  const args = ['--replSet', setName, '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket'];
  args.push('--dbpath', join(folder, 'data'), '--logpath', logPath);
  args.push('--wiredTigerCacheSizeGB', '0.25', '--oplogSize', '100');
  return guard.start(mongod.path, args, { env: { ...process.env, ...mongod.env }, stdio: 'ignore' });
}

async function untilListening(child: ChildProcess, logPath: string, signal: AbortSignal): Promise<string> {
  const deadline = performance.now() + startMs;
  while (performance.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null)
      return `it ended with ${child.exitCode ?? child.signalCode}`;
    const log = await readFile(logPath, 'utf8').catch(() => '');
    if (log.includes('"Waiting for connections"')) return 'listening';
    if (!(await sleep(50, signal))) return 'stopped';
  }
  return `not within ${startMs / 1000} s`;
}

async function initiate(hosts: readonly string[], signal: AbortSignal): Promise<void> {
  const [seed = ''] = hosts;
  const client = new MongoClient(`mongodb://${seed}/?directConnection=true`, { serverSelectionTimeoutMS: 20_000 });
  try {
    const admin = client.db('admin');
    const members = hosts.map((host, index) => ({ _id: index, host, priority: index === 0 ? 2 : 1 }));
    await admin.command({ replSetInitiate: { _id: setName, members, settings: { electionTimeoutMillis: 2000 } } });
    const deadline = performance.now() + startMs;
    while (performance.now() < deadline) {
      signal.throwIfAborted();
      const status = await admin.command({ replSetGetStatus: 1 });
      if (everyoneInPlace(status['members'])) return;
      await sleep(100, signal);
    }
  } finally {
    await client.close();
  }
  throw new AppError('TIMEOUT', `the demo's replica set had no primary within ${startMs / 1000} s`);
}

function everyoneInPlace(members: unknown): boolean {
  if (!Array.isArray(members)) return false;
  const states = members.map((member: { stateStr?: unknown }) => member.stateStr);
  return states.includes('PRIMARY') && states.every((state) => state === 'PRIMARY' || state === 'SECONDARY');
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new AppError('INTERNAL', 'no TCP port was given');
  return address.port;
}
