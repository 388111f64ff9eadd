import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import type { MongoClient } from 'mongodb';
import type { BackupSet } from '../../src/wire/api/backups.ts';
import type { Host } from '../../src/wire/api/deployment.ts';
import { type App, runApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { groupApi } from '../support/group-api.ts';
import type { ReplicaSet } from '../support/replica-set.ts';
import type { TempDir } from '../support/temp-dir.ts';

export interface SecureProduct extends AsyncDisposable {
  /** `https://127.0.0.1:port` */
  readonly url: string;
  readonly port: number;
  readonly socket: string;
  readonly caFile: string;
  readonly server: App;
  api<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** A settings file of an agent, with what every agent needs and these lines. */
  settingsFile(name: string, lines: Readonly<Record<string, string>>): string;
}

/** A server with TLS of its own and a Unix socket, as processes. */
export async function startSecureProduct(
  folder: TempDir,
  more: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<SecureProduct> {
  const dataDir = folder.file('server');
  writeFileSync(folder.file('password'), 'correct horse battery');
  const init = ['admin', 'init', '--data-dir', dataDir, '--email', 'me@example.net', '--group', 'G', '--json'];
  const made = await runApp([...init, '--password-file', folder.file('password')]);
  assert.equal(made.status, 0, made.stderr);
  const { groupId, agentKey, apiToken } = JSON.parse(made.stdout) as Record<
    'groupId' | 'agentKey' | 'apiToken',
    string
  >;
  const port = await freePort();
  const socket = folder.file('server.sock');
  const listen = `127.0.0.1:${port},unix:${socket}`;
  const server = startApp(['server', '--data-dir', dataDir, '--listen', listen, '--tls', 'auto', ...more], { env });
  await server.line(/ready url=/);
  const url = `https://127.0.0.1:${port}`;
  const caFile = `${dataDir}/tls/ca.pem`;
  const group = groupApi({ url, groupId, apiToken, ca: readFileSync(caFile) });
  return {
    url,
    port,
    socket,
    caFile,
    server,
    api: group.api,
    settingsFile(name, lines) {
      const all = {
        serverUrl: url,
        serverCaFile: caFile,
        groupId,
        apiKey: agentKey,
        stateDir: `${name}-state`,
        ...lines,
      };
      const path = folder.file(`${name}.config`);
      const text = Object.entries(all).map(([key, value]) => `${key} = ${value}`);
      writeFileSync(path, `${text.join('\n')}\n`, { mode: 0o600 });
      return path;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await group[Symbol.asyncDispose]();
    },
  };
}

const patience = { timeoutMs: 120_000, everyMs: 200 };
const documents = 400;
const documentBytes = 100_000;

/** Both agents by the same way: samples arrive, a set of 40 MB that does not compress is backed up, and its oplog follows. */
export async function useBothAgents(
  product: SecureProduct,
  set: ReplicaSet,
  client: MongoClient,
  way: { readonly lines: Readonly<Record<string, string>>; readonly env?: Readonly<Record<string, string>> },
): Promise<void> {
  const host = set.hosts[0] ?? '';
  const env = way.env ?? {};
  await client
    .db('shop')
    .collection('blobs')
    .insertMany(Array.from({ length: documents }, () => ({ body: randomBytes(documentBytes) })));
  await product.api('PATCH', '', { intervalMs: 1000 });
  await product.api('POST', '/hosts', { host });
  // A past would be read by the clock of this machine, which `env` may have made another one than that of the agent.
  const lines = { ...way.lines, importDiagnosticData: 'false' };
  await using monitoring = startApp(['monitoring-agent', '--settings', product.settingsFile('monitoring', lines)], {
    env,
  });
  const seen = async (): Promise<Host | undefined> =>
    (await product.api<Host[]>('GET', '/hosts')).find((one) => one.host === host && one.lastSampleAtMs !== null);
  await eventually(seen, { ...patience, what: `samples\n${monitoring.stdout()}` });
  const agents = await product.api<{ id: string; approved: boolean }[]>('GET', '/agents');
  for (const { id, approved } of agents) if (!approved) await product.api('POST', `/agents/${id}/approve`);
  const setOf = async (): Promise<BackupSet | undefined> =>
    (await product.api<BackupSet[]>('GET', '/backups')).find(({ name }) => name === set.name);
  const { replicaSetId } = (await eventually(setOf, { ...patience, what: 'the set' })) ?? assert.fail();
  await using backup = startApp(['backup-agent', '--settings', product.settingsFile('backup', way.lines)], { env });
  await product.api('POST', `/backups/${replicaSetId}/start`, {});
  const protectedUntil = async (): Promise<void> => {
    const { operationTime } = await client.db('admin').command({ appendOplogNote: 1, data: {} });
    const wanted: bigint = operationTime.toBigInt();
    const reached = async (): Promise<boolean> => {
      const [seconds = '0', ordinal = '0'] = ((await setOf())?.protectedUntil?.ts ?? '').split(':');
      return (BigInt(seconds === '' ? '0' : seconds) << 32n) + BigInt(ordinal) >= wanted;
    };
    await eventually(reached, { ...patience, what: 'the protection' }).catch((cause: unknown) => {
      throw new Error(backup.stdout() + backup.stderr(), { cause });
    });
  };
  await protectedUntil();
  await client
    .db('shop')
    .collection('blobs')
    .insertOne({ body: randomBytes(12 * 2 ** 20) });
  await protectedUntil();
  // An answer of a long poll: what changes on a page reaches the agent through it.
  await product.api('PATCH', `/hosts/${(await seen())?.id}`, { tls: true });
  const refused = async (): Promise<boolean> => (await seen())?.problem?.code === 'MONGODB_UNREACHABLE';
  await eventually(refused, { ...patience, what: 'the changed setting of the host' });
  await product.api('PATCH', `/hosts/${(await seen())?.id}`, { tls: null });
  await eventually(async () => (await seen())?.problem === null, { ...patience, what: 'the host as it was' });
}
