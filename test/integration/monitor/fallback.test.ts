import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Poller } from '../../../src/monitor/poller.ts';
import { eventually } from '../../support/eventually.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { testPollers } from '../../support/test-poller.ts';

const metricNames = [
  'serverStatus.connections.current',
  'serverStatus.opcounters.insert',
  'serverStatus.oplog.earliestOptime',
  'replSetGetStatus.myState',
  'leafward.replication.lagMs',
];
const never = new AbortController().signal;

/** Polls until a sample was taken and gives its names and values. */
async function sampled(pollers: Awaited<ReturnType<typeof testPollers>>, poller: Poller): Promise<Map<string, number>> {
  return eventually(async () => {
    await poller.poll(never);
    const batch = await pollers.share.outbox.first();
    if (batch?.from !== 'memory') return undefined;
    const last = batch.samples.findLast(({ stream }) => stream === poller.hostId);
    pollers.share.outbox.kept();
    if (last === undefined) return undefined;
    return new Map(last.schema.names.map((name, at) => [name, last.values[at] ?? Number.NaN]));
  });
}

async function becomes(poller: Poller, collection: string): Promise<void> {
  await eventually(
    async () => {
      await poller.poll(never);
      return poller.report?.collection === collection;
    },
    { timeoutMs: 240_000, everyMs: 250, what: `samples by ${collection}` },
  );
}

test('without getDiagnosticData the single commands give the same names, and the page says what is missing', async () => {
  await using set = await startReplicaSet({ members: 2, auth: { user: 'root', password: 'secret' } });
  {
    await using client = await set.connect();
    const admin = client.db('admin');
    await admin.command({ createUser: 'agent', pwd: 'agent', roles: ['clusterMonitor'] });
    const cluster = (...actions: string[]) => ({ resource: { cluster: true }, actions });
    await admin.command({
      createRole: 'narrow',
      roles: [],
      privileges: [cluster('serverStatus', 'replSetGetStatus', 'replSetGetConfig')],
    });
    await admin.command({ createUser: 'narrow', pwd: 'narrow', roles: ['narrow'], writeConcern: { w: 2 } });
  }
  await using pollers = await testPollers();
  const as = (username: string) => ({ username, password: username, authSource: 'admin' });
  const host = set.hosts[1] ?? '';
  const full = pollers.add({ host, tls: false, credentials: as('agent') });
  const narrow = pollers.add({ host, tls: false, credentials: as('narrow') });
  await becomes(full, 'diagnostic');
  const [byDiagnostic, byCommands] = [await sampled(pollers, full), await sampled(pollers, narrow)];
  assert.equal(narrow.report?.collection, 'commands');
  assert.equal(narrow.report?.reachable, true);
  assert.equal(narrow.report?.role, full.report?.role);
  assert.equal(narrow.report?.problem?.code, 'MONGODB_PRIVILEGE_MISSING');
  assert.deepEqual(
    narrow.set?.members.map(({ host: name }) => name),
    set.hosts,
  );
  const missing = [...byDiagnostic.keys()].filter((name) => !byCommands.has(name));
  const notOfMachine = missing.filter((name) => !/^(systemMetrics|local%2Eoplog%2Ers%2Estats)\.|\.ok$/.test(name));
  assert.deepEqual(notOfMachine, []);
  assert.ok(metricNames.every((name) => byCommands.has(name)));
});

test('figures that FTDC no longer renews are replaced by the single commands', async () => {
  await using set = await startReplicaSet({ members: 1 });
  await using pollers = await testPollers();
  await using client = await set.connect();
  const poller = pollers.add({ host: set.hosts[0] ?? '', tls: false });
  await becomes(poller, 'diagnostic');
  await client.db('admin').command({ setParameter: 1, diagnosticDataCollectionEnabled: false });
  await becomes(poller, 'commands');
  assert.equal(poller.report?.problem?.code, 'MONGODB_DIAGNOSTICS_OLD');
  assert.match(poller.report.problem.hint, /diagnosticDataCollectionEnabled: true/);
  await client.db('admin').command({ setParameter: 1, diagnosticDataCollectionEnabled: true });
  await becomes(poller, 'diagnostic');
  assert.equal(poller.report?.problem, undefined);
});

test('a host that was started without diagnostic data is limited once it should have some, and whole when it has', async () => {
  const args = ['--setParameter', 'diagnosticDataCollectionEnabled=false'];
  await using set = await startReplicaSet({ members: 1, args });
  await using pollers = await testPollers();
  await using client = await set.connect();
  const poller = pollers.add({ host: set.hosts[0] ?? '', tls: false });
  await becomes(poller, 'commands');
  const told = async (): Promise<boolean> => {
    await poller.poll(never);
    return poller.report?.problem !== undefined;
  };
  await eventually(told, { timeoutMs: 240_000, everyMs: 500, what: 'the host is limited' });
  assert.equal(poller.report?.problem?.code, 'MONGODB_DIAGNOSTICS_OFF');
  assert.match(poller.report.problem.message, /collects no diagnostic data/);
  assert.match(poller.report.problem.hint, /setParameter: 1, diagnosticDataCollectionEnabled: true/);
  const { uptimeMillis } = await client.db('admin').command({ serverStatus: 1 });
  assert.ok(Number(uptimeMillis) >= 10_000, 'not while it starts');
  await client.db('admin').command({ setParameter: 1, diagnosticDataCollectionEnabled: true });
  await becomes(poller, 'diagnostic');
  assert.equal(poller.report?.problem, undefined);
});
