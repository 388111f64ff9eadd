import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { type MongoClient, Timestamp } from 'mongodb';
import { documentKey } from '../../src/blocks/document-key.ts';
import { BackupAgent } from '../../src/capture/backup-agent.ts';
import type { BackupAgentSettings } from '../../src/capture/backup-settings.ts';
import { parseTimestamp } from '../../src/model/optime.ts';
import { createLog } from '../../src/runtime/log.ts';
import type { BackupTask, ScanState } from '../../src/wire/backup-messages.ts';
import { type App, startApp } from './app.ts';
import { type BackupServer, BackupSetState } from './backup-server.ts';
import { eventually } from './eventually.ts';
import type { ReplicaSet } from './replica-set.ts';
import { type TempDir, tempDir } from './temp-dir.ts';

export function freshScan(scanId = 'scan-1'): ScanState {
  return { scanId, kind: 'full', only: null, from: null, parts: [], planned: false };
}

/** Switches backup on for a set at the server, as a person would. */
export function backUp(server: BackupServer, set: ReplicaSet, changes: Partial<BackupTask> = {}): BackupSetState {
  const replicaSetId = (server.sets.size + 1).toString(16).padStart(24, '0');
  const state = new BackupSetState({
    replicaSetId,
    name: set.name,
    epoch: 1,
    members: set.hosts.map((host, index) => ({
      hostId: `h_${index}`,
      host,
      hidden: false,
      delaySeconds: 0,
      priority: 1,
      arbiter: false,
      stateName: 'SECONDARY',
    })),
    filter: { include: [], exclude: [] },
    limits: { scanBytesPerSecond: null, scanThreads: 2 },
    checkpoint: null,
    chain: null,
    scan: freshScan(),
    paused: false,
    ...changes,
  });
  server.sets.set(replicaSetId, state);
  server.changed();
  return state;
}

export interface Capturing extends AsyncDisposable {
  readonly agent: BackupAgent;
  readonly lines: readonly string[];
  close(): Promise<void>;
}

/** A backup agent in this process. */
export async function startCapturing(
  server: BackupServer,
  changes: Partial<BackupAgentSettings> = {},
): Promise<Capturing> {
  const folder: TempDir = tempDir('backup-agent');
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'text', write: (line) => void lines.push(line) });
  const agent = await BackupAgent.start(
    {
      serverUrl: server.url,
      groupId: 'g_test',
      apiKey: 'lfw_test',
      env: {},
      stateDir: folder.file('state'),
      maxSpoolBytes: 2 ** 30,
      drillTarget: undefined,
      mongodbTls: false,
      mongodbTlsCaFile: undefined,
      mongodbTlsCertificateKeyFile: undefined,
      ...changes,
    },
    log,
  );
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closed ??= agent.close();
    return closed;
  };
  return {
    agent,
    lines,
    close,
    async [Symbol.asyncDispose]() {
      await close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** A backup agent as a process of its own, which can be killed. Its state directory is `state` of the folder. */
export function startCapturingProcess(server: BackupServer, folder: TempDir, more: readonly string[] = []): App {
  const file = folder.file('backup-agent.config');
  const lines = [`serverUrl = ${server.url}`, 'groupId = g_test', 'apiKey = lfw_test', 'stateDir = state', ...more];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return startApp(['backup-agent', '--settings', file]);
}

/** The oplog of a member from an entry on, raw. */
export async function oplogFrom(client: MongoClient, from: string): Promise<Buffer[]> {
  const [t = '0', i = '0'] = from.split(':');
  const found = client
    .db('local')
    .collection('oplog.rs')
    .find({ ts: { $gte: new Timestamp({ t: Number(t), i: Number(i) }) } }, { raw: true, sort: { $natural: 1 } });
  return (await found.toArray()) as unknown as Buffer[];
}

/** What was captured is the source's own oplog from where the capture began: bit for bit, nothing left out, nothing twice. */
export async function assertIsOplog(state: BackupSetState, client: MongoClient): Promise<void> {
  const first = state.slices[0]?.first ?? '';
  const oplog = await oplogFrom(client, first);
  assert.ok(oplog.length >= state.entries.length, `${state.entries.length} entries of ${oplog.length}`);
  for (const [index, entry] of state.entries.entries()) {
    if (!entry.equals(oplog[index] ?? Buffer.alloc(0))) assert.fail(`entry ${index} is another one than in the oplog`);
  }
}

/** Waits until the server has everything that was written before this was called. */
export async function untilCaptured(state: BackupSetState, client: MongoClient, timeoutMs = 300_000): Promise<void> {
  const { operationTime } = await client.db('admin').command({ appendOplogNote: 1, data: { test: 1 } });
  const wanted: bigint = operationTime.toBigInt();
  await eventually(
    () => {
      const { checkpoint } = state.task;
      return checkpoint !== null && parseTimestamp(checkpoint.ts) >= wanted;
    },
    { timeoutMs, what: 'what was written, at the server' },
  );
}

/** Documents of a collection of the source, raw, by key. */
export async function sourceDocuments(
  client: MongoClient,
  database: string,
  name: string,
): Promise<Map<string, Buffer>> {
  const raw = (await client.db(database).collection(name).find({}, { raw: true }).toArray()) as unknown as Buffer[];
  return new Map(raw.map((document) => [documentKey(document).toString('latin1'), document]));
}

/** Waits for the end of the scan; a failure shows what the agent had to say. */
export async function untilScanned(
  state: BackupSetState,
  { lines }: Pick<Capturing, 'lines'>,
  timeoutMs = 300_000,
): Promise<void> {
  try {
    await eventually(() => state.finished !== null, { timeoutMs, what: 'the end of the scan' });
  } catch (thrown) {
    throw new Error(`the scan has not ended:\n${lines.join('\n')}`, { cause: thrown });
  }
}
