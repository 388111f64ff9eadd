import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { testPollers } from '../../support/test-poller.ts';

const never = new AbortController().signal;

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Problem {
  readonly code: string;
  readonly hint: string;
  readonly reachable: boolean;
}

/** A poll gives a host a few seconds: of one that would answer, a busy machine may miss them. */
async function untilProblem(code: string, host: string, connection: object = {}): Promise<Problem> {
  return eventually(async () => {
    const problem = await problemOf(host, connection);
    assert.equal(problem.code, code);
    return problem;
  });
}

async function problemOf(host: string, connection: object = {}): Promise<Problem> {
  await using pollers = await testPollers();
  const poller = pollers.add({ host, tls: false, ...connection });
  await poller.poll(never);
  const { report } = poller;
  assert.ok(report?.problem, JSON.stringify(report));
  return { code: report.problem.code, hint: report.problem.hint, reachable: report.reachable };
}

test('an HTTP server at the port is told to be no MongoDB', async () => {
  const server = createHttpServer((_request, response) => response.end('hello'));
  const host = await listening(server);
  const { code, reachable } = await untilProblem('MONGODB_NOT_ONE', host);
  server.close();
  server.closeAllConnections();
  assert.deepEqual({ code, reachable }, { code: 'MONGODB_NOT_ONE', reachable: false });
});

test('a socket that says nothing is given up after the deadline, and nothing of it stays open', async () => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.resume();
    socket.once('close', () => sockets.delete(socket));
  });
  const host = await listening(server);
  const begun = performance.now();
  const { code } = await problemOf(host);
  assert.equal(code, 'MONGODB_UNREACHABLE');
  // A driver by itself would wait for half a minute, and then for ever for the answer.
  assert.ok(performance.now() - begun < 60_000);
  await eventually(() => sockets.size === 0, { what: 'all sockets closed' });
  server.close();
});

test('a port at which nothing listens is unreachable', async () => {
  const server = createServer();
  const host = await listening(server);
  server.close();
  await once(server, 'close');
  assert.equal((await problemOf(host)).code, 'MONGODB_UNREACHABLE');
});

test('a wrong password and a missing privilege are told apart, both of a host that is there', async () => {
  await using set = await startReplicaSet({ members: 1, auth: { user: 'root', password: 'secret' } });
  const client = await set.connect();
  await client.db('admin').command({ createUser: 'weak', pwd: 'weak', roles: [{ role: 'read', db: 'shop' }] });
  await client.db('admin').command({ createUser: 'agent', pwd: 'agent', roles: ['clusterMonitor'] });
  await client.close();
  const host = set.hosts[0] ?? '';
  const as = (username: string, password: string) => ({ credentials: { username, password, authSource: 'admin' } });
  const wrong = await untilProblem('MONGODB_AUTH_FAILED', host, as('agent', 'wrong'));
  assert.deepEqual([wrong.code, wrong.reachable], ['MONGODB_AUTH_FAILED', true]);
  const weak = await untilProblem('MONGODB_PRIVILEGE_MISSING', host, as('weak', 'weak'));
  assert.deepEqual([weak.code, weak.reachable], ['MONGODB_PRIVILEGE_MISSING', true]);
  await untilProblem('MONGODB_PRIVILEGE_MISSING', host);
  await using pollers = await testPollers();
  const good = pollers.add({ host, tls: false, ...as('agent', 'agent') });
  // A mongod that has just started has no diagnostic data yet.
  await eventually(
    async () => {
      await good.poll(never);
      return good.report?.collection === 'diagnostic';
    },
    { what: 'diagnostic data' },
  );
  assert.equal(good.report?.problem, undefined);
});

test('two hundred hosts that do not answer delay no healthy one', async () => {
  await using mongod = await startMongod();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
  });
  const silent = await listening(server);
  await using pollers = await testPollers();
  for (let i = 0; i < 200; i++) pollers.add({ host: silent, tls: false }).start(0);
  const healthy = pollers.add({ host: `127.0.0.1:${mongod.port}`, tls: false });
  healthy.start(0);
  await eventually(() => (pollers.share.outbox.samples >= 6 ? true : undefined), {
    timeoutMs: 240_000,
    what: 'six samples',
  });
  const batch = await pollers.share.outbox.first();
  assert.ok(batch?.from === 'memory');
  const times = batch.samples.map(({ timeMs }) => timeMs).slice(1);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  // Polled once a second; the others are given up after ten. One pause of the machine is no delay by them.
  const usual = gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? Number.NaN;
  assert.ok(usual <= 5000, String(times));
  server.close();
});
