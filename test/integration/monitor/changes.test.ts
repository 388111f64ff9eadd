import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventsAnswer } from '../../../src/wire/api/alerts.ts';
import type { Host, TopologyAnswer } from '../../../src/wire/api/deployment.ts';
import type { SeriesAnswer } from '../../../src/wire/api/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { type ReplicaSet, startReplicaSet } from '../../support/replica-set.ts';
import { startWatching, type Watching } from '../../support/watching.ts';

const patience = { timeoutMs: 240_000, everyMs: 200 };

async function eventsOf(watching: Watching): Promise<EventsAnswer['events']> {
  return (await watching.api<EventsAnswer>('GET', '/events?limit=200')).events;
}

async function healthy(watching: Watching, hosts: readonly string[]): Promise<void> {
  await eventually(
    async () => {
      const { sets } = await watching.api<TopologyAnswer>('GET', '/topology');
      const members = sets[0]?.members ?? [];
      return members.length === hosts.length && members.every(({ status }) => status.health === 'ok');
    },
    { ...patience, what: `a healthy set of ${hosts.length}` },
  );
}

test('an election, a restart, a member that joins and one that leaves are told as what they are', async () => {
  await using set = await startReplicaSet({ members: 3 });
  await using watching = await startWatching();
  await watching.api('POST', '/hosts', { host: set.hosts[0] });
  await watching.startAgent();
  await healthy(watching, set.hosts);
  const found = (await eventsOf(watching)).filter(({ kind }) => kind === 'memberAdded');
  assert.deepEqual(found.map(({ subject }) => subject.label).toSorted(), set.hosts.slice(1).toSorted());

  const before = await set.primary();
  {
    await using client = await set.connectTo(before);
    await client.db('admin').command({ replSetStepDown: 60, secondaryCatchUpPeriodSecs: 50 });
  }
  const happened = (kind: string, text: RegExp) =>
    eventually(
      async () => (await eventsOf(watching)).find((event) => event.kind === kind && text.test(event.message)),
      { ...patience, what: `${kind} ${text}` },
    );
  const { subject } = await happened('election', /was elected primary \(term \d+\)/);
  assert.deepEqual([subject.kind, subject.label], ['set', set.name]);
  const after = await set.primary();

  const other = set.members.find((member) => member !== after && member !== before);
  assert.ok(other);
  await other.crash();
  await happened(
    'unreachable',
    /^cannot reach [^ ]+: (?:nothing listens there \(connection refused\)|the connection was closed)/,
  );
  const restartedAtMs = Date.now();
  await other.restart();
  const restart = await happened('restart', new RegExp(`^${other.host} was restarted$`));
  assert.ok(Math.abs(restart.atMs - restartedAtMs) < 60_000);
  await happened('reachable', /answers again/);
  await healthy(watching, set.hosts);

  await using extra = await startMongod({ args: ['--replSet', set.name, '--oplogSize', '64'] });
  await reconfigure(set, (members) => [...members, { _id: 7, host: extra.host, priority: 0, votes: 0 }]);
  await healthy(watching, [...set.hosts, extra.host]);
  await happened('memberAdded', new RegExp(`^${extra.host} joined ${set.name}$`));
  await reconfigure(set, (members) => members.filter(({ host }) => host !== extra.host));
  await happened('memberRemoved', new RegExp(`^${extra.host} left ${set.name}$`));
  await healthy(watching, set.hosts);
  const hosts = await watching.api<Host[]>('GET', '/hosts');
  assert.equal(hosts.find(({ host }) => host === extra.host)?.status.word, 'left its set');
  const words = (await eventsOf(watching)).filter(({ message }) => message.includes(extra.host));
  assert.equal(words.filter(({ kind }) => kind === 'memberAdded').length, 1);

  for (const { id, host } of hosts) {
    const lag = await valuesOf(watching, id, 'leafward.replication.lagMs');
    const commands = await valuesOf(watching, id, 'serverStatus.opcounters.command');
    assert.ok(lag.length > 0 && lag.every((value) => value >= 0 && value < 300_000), `${host}: lag ${lag}`);
    assert.ok(
      commands.every((value) => value >= 0 && value < 1e6),
      `${host}: rate ${commands}`,
    );
  }
});

type Members = { _id: number; host: string; [more: string]: unknown }[];

async function reconfigure(set: ReplicaSet, change: (members: Members) => unknown[]): Promise<void> {
  await using client = await set.connectTo(await set.primary());
  const { config } = await client.db('admin').command({ replSetGetConfig: 1 });
  const next = { ...config, version: config.version + 1, members: change(config.members) };
  await client.db('admin').command({ replSetReconfig: next });
}

/** Smallest and largest values of all points of the last minutes. */
async function valuesOf(watching: Watching, hostId: string, metric: string): Promise<number[]> {
  const to = Date.now();
  const query = new URLSearchParams({ metric, from: String(to - 300_000), to: String(to), points: '2000' });
  const { series } = await watching.api<SeriesAnswer>('GET', `/hosts/${hostId}/series?${query}`);
  return (series[0]?.points ?? []).flatMap(([, min, , max]) => [min ?? [], max ?? []].flat());
}
