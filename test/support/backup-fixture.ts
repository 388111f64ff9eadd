import assert from 'node:assert/strict';
import type { LightMyRequestResponse } from 'fastify';
import { packEnvelope } from '../../src/wire/backup-envelope.ts';
import { type BackupTasksAnswer, backupTasksAnswer } from '../../src/wire/backup-messages.ts';
import {
  addGroup,
  agentHeadersOf,
  hello,
  newAgent,
  reportBody,
  type ServerFixture,
  send,
  startFixture,
  type TestAgent,
  type TestGroup,
} from './server-fixture.ts';
import { TestVault } from './test-vault.ts';

export interface BackupFixture extends AsyncDisposable {
  readonly server: ServerFixture;
  readonly vault: TestVault;
  readonly group: TestGroup;
}

/** A server with a vault for tests and a group in which monitoring found these replica sets (ids as `setId` makes them). */
export async function startBackupFixture(
  names: readonly string[],
  settings: Parameters<typeof startFixture>[0] = {},
  hostOf?: Parameters<typeof discover>[3],
): Promise<BackupFixture> {
  const vault = new TestVault();
  const server = await startFixture({ vault, ...settings });
  const group = await addGroup(server, 'one');
  await discover(server, group, names, hostOf);
  return { server, vault, group, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export function setId(name: string): string {
  return Buffer.from(name.padEnd(12, '.')).toString('hex').slice(0, 24);
}

/** A monitoring agent reports these sets, of two members each: `name-1:27017` and the hidden `name-2:27017`. */
export async function discover(
  server: ServerFixture,
  group: TestGroup,
  names: readonly string[],
  hostOf = (name: string, member: 1 | 2): string => `${name}-${member}:27017`,
): Promise<void> {
  const agent = newAgent(group);
  await hello(server, agent);
  const now = server.clock.now();
  const member = { state: 2, health: 1, arbiterOnly: false, priority: 1, votes: 1, delaySeconds: 0, lagMs: 0 };
  const sets = names.map((name) => ({
    replicaSetId: setId(name),
    name,
    term: 1,
    configVersion: 1,
    reportedBy: hostOf(name, 1),
    members: [
      { ...member, host: hostOf(name, 1), memberId: 0, state: 1, stateName: 'PRIMARY', hidden: false },
      { ...member, host: hostOf(name, 2), memberId: 1, stateName: 'SECONDARY', hidden: true },
    ],
    oplogFirstMs: now - 7_200_000,
    oplogLastMs: now,
    oplogBytes: 1e9,
  }));
  await send(server, agent, 'report', reportBody(now, { sets }));
}

/** A backup agent after its hello. */
export async function backupAgent(server: ServerFixture, group: TestGroup, hostname = 'b1'): Promise<TestAgent> {
  const agent = newAgent(group);
  const reply = await hello(server, agent, { kind: 'backup', hostname });
  assert.equal(reply.statusCode, 200, reply.body);
  return agent;
}

export async function tasksOf(
  { app }: ServerFixture,
  agent: TestAgent,
  version = 0,
  waitSeconds = 0,
): Promise<BackupTasksAnswer> {
  const reply = await app.inject({
    method: 'GET',
    url: `/agent/v1/backup/tasks?version=${version}&waitSeconds=${waitSeconds}`,
    headers: agentHeadersOf(agent),
  });
  assert.equal(reply.statusCode, 200, reply.body);
  return backupTasksAnswer.parse(reply.json());
}

/** A message of a backup agent as JSON or as an envelope. */
export async function tell(
  { app }: ServerFixture,
  agent: TestAgent,
  path: string,
  body: object | Buffer = {},
): Promise<LightMyRequestResponse> {
  return app.inject({
    method: 'POST',
    url: `/agent/v1/backup/${path}`,
    headers: { ...agentHeadersOf(agent), 'content-type': 'application/octet-stream' },
    payload: Buffer.isBuffer(body) ? body : JSON.stringify(body),
  });
}

/** One slice of ten bytes. */
export function sliceEnvelope(
  replicaSetId: string,
  epoch: number,
  after: string | null,
  last: string,
  bytes = 10,
): Buffer {
  const slice = {
    after: after === null ? null : { ts: after, term: 1 },
    first: last,
    last: { ts: last, term: 1 },
    entries: 1,
    contentBytes: 20,
    length: bytes,
    hash: '1'.repeat(64),
    chain: '2'.repeat(64),
  };
  return packEnvelope({ replicaSetId, epoch, slices: [slice] }, [Buffer.alloc(bytes, 7)]);
}

/** What an agent says of a set that it follows well. */
export function taskReport(replicaSetId: string, epoch: number, changes: Record<string, unknown> = {}) {
  return {
    replicaSetId,
    epoch,
    state: 'tailing',
    problem: null,
    member: 'a:1',
    scanMember: null,
    sourceLast: null,
    readLast: null,
    caughtUpAtMs: null,
    oplogFirst: null,
    oplogBytes: null,
    churnBytesPerSecond: null,
    spoolBytes: 0,
    spoolLimitBytes: 1e10,
    spoolFreeBytes: 1e12,
    scanBytesPerSecond: null,
    ...changes,
  };
}

export function reportOf(tasks: readonly object[]): object {
  return { agent: { cpuPercent: 1, rssBytes: 1e8, startedAtMs: 1 }, tasks };
}
