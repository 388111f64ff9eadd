import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type App, runApp, startApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

interface Served {
  readonly url: string;
  readonly groupId: string;
  readonly agentKey: string;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
}

async function serve(folder: TempDir, resources: AsyncDisposableStack): Promise<Served> {
  const dataDir = folder.file('server');
  const passwordFile = folder.file('password');
  writeFileSync(passwordFile, 'correct horse battery staple');
  const init = await runApp([
    'admin',
    'init',
    '--data-dir',
    dataDir,
    '--email',
    'me@example.net',
    '--password-file',
    passwordFile,
    '--group',
    'Shop',
    '--json',
  ]);
  assert.equal(init.status, 0, init.stderr);
  const { groupId, agentKey, apiToken } = JSON.parse(init.stdout);
  const app = resources.use(startApp(['server', '--data-dir', dataDir, '--listen', '127.0.0.1:0']));
  const [, url = ''] = await app.line(/(http:\/\/127\.0\.0\.1:\d+)/);
  const call = async (path: string, method: string, body?: unknown) => {
    const answer = await fetch(`${url}/api/v1/groups/${groupId}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  return { url, groupId, agentKey, get: (path) => call(path, 'GET'), post: (path, body) => call(path, 'POST', body) };
}

function startAgent(folder: TempDir, server: Served, resources: AsyncDisposableStack, more = ''): App {
  const settings = folder.file('agent.config');
  writeFileSync(
    settings,
    `serverUrl = ${server.url}\ngroupId = ${server.groupId}\napiKey = ${server.agentKey}\nstateDir = ${folder.file('state')}\nlogLevel = debug\n${more}`,
  );
  return resources.use(startApp(['monitoring-agent', '--settings', settings]));
}

interface ListedHost {
  readonly id: string;
  readonly host: string;
  readonly role: string;
  readonly lastSampleAtMs: number | null;
  readonly collection: string | null;
  readonly status: { readonly word: string };
}

test('one seed leads to every member of a replica set, each with samples, documents, raw replies and a doctor', async () => {
  await using resources = new AsyncDisposableStack();
  const folder = resources.use(tempDir('agent'));
  const set = resources.use(
    await startReplicaSet({ members: [{ priority: 2 }, {}, { hidden: true, priority: 0 }, { arbiter: true }] }),
  );
  const server = await serve(folder, resources);
  const agent = startAgent(folder, server, resources);
  await server.post('/hosts', { host: set.hosts[0] });
  const hosts = await eventually(
    async () => {
      const listed = await server.get<ListedHost[]>('/hosts');
      return (
        listed.length === 4 &&
        listed.every(({ lastSampleAtMs, role }) => lastSampleAtMs !== null && role !== 'unknown') &&
        listed
      );
    },
    { timeoutMs: 240_000, what: 'four hosts with samples and roles' },
  ).catch((thrown: unknown) => {
    throw new Error(`${agent.stdout()}\n${agent.stderr()}`, { cause: thrown });
  });
  assert.deepEqual(hosts.map(({ role }) => role).toSorted(), ['arbiter', 'hidden', 'primary', 'secondary']);
  assert.deepEqual(hosts.map(({ host }) => host).toSorted(), [...set.hosts].toSorted());
  const primary = hosts.find(({ role }) => role === 'primary');
  assert.ok(primary);
  assert.equal(primary.collection, 'diagnostic');

  // The first sample of a host may come before its place in the set is known.
  await eventually(async () => {
    const names = JSON.stringify(await server.get<{ name: string }[]>(`/hosts/${primary.id}/metrics`));
    assert.match(names, /systemMetrics\.cpu\.user_ms/);
    assert.match(names, /leafward\.replication\.lagMs/);
    return true;
  });

  // It is asked of the agent, within a deadline that a busy machine may miss.
  const raw = await eventually(() =>
    server.post<{ replies: { reply: { serverStatus: { process: string } } }[] }>(`/hosts/${primary.id}/raw`, {}),
  );
  assert.equal(raw.replies[0]?.reply.serverStatus.process, 'mongod');

  const run = await server.post<{ orderId: string }>(`/hosts/${primary.id}/doctor`, {});
  const done = await eventually(async () => {
    const now = await server.get<{ done: boolean; steps: { step: string; state: string }[] }>(`/doctor/${run.orderId}`);
    return now.done && now;
  });
  const states = Object.fromEntries(done.steps.map(({ step, state }) => [step, state]));
  assert.deepEqual(states, {
    dns: 'ok',
    tcp: 'ok',
    tls: 'skipped',
    mongodb: 'ok',
    version: 'ok',
    auth: 'ok',
    privileges: 'ok',
    diagnosticData: 'ok',
    replicaSet: 'ok',
  });

  const info = await eventually(async () => {
    const { documents } = await server.get<{ documents: { kind: string }[] }>(`/hosts/${primary.id}/info`);
    return documents.length === 4 && documents;
  });
  assert.deepEqual(info.map(({ kind }) => kind).toSorted(), [
    'buildInfo',
    'cmdLineOpts',
    'hostInfo',
    'startupWarnings',
  ]);
  assert.equal(await agent.stop(), 0);
});
