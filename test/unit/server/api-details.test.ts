import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import type { RawMetric } from '../../../src/model/metric.ts';
import { settingsAnswer } from '../../../src/wire/agent-messages.ts';
import type { Host, TopologyAnswer } from '../../../src/wire/api/deployment.ts';
import type { MetricInfo } from '../../../src/wire/api/metrics.ts';
import { openSealed } from '../../../src/wire/open-sealed.ts';
import {
  addGroup,
  api,
  hello,
  newAgent,
  reportBody,
  type ServerFixture,
  send,
  settingsOf,
  startFixture,
  type TestGroup,
} from '../../support/server-fixture.ts';

async function addHost(fixture: ServerFixture, group: TestGroup, body: object): Promise<Host> {
  const reply = await api(fixture, group, 'POST', `/groups/${group.id}/hosts`, body);
  assert.equal(reply.statusCode, 201, reply.body);
  return reply.json<Host>();
}

test('null takes away the address to dial, the TLS choice and the login of a host', async () => {
  await using fixture = await startFixture();
  const group = await addGroup(fixture, 'one');
  const body = { host: 'db1:27017', connectTo: '10.0.0.1:27018', tls: true, username: 'u', password: 'p' };
  const { id } = await addHost(fixture, group, body);
  const change = async (changes: object): Promise<Host> => {
    const reply = await api(fixture, group, 'PATCH', `/groups/${group.id}/hosts/${id}`, changes);
    assert.equal(reply.statusCode, 200, reply.body);
    return reply.json<Host>();
  };
  const untouched = await change({ authSource: 'other' });
  assert.deepEqual([untouched.connectTo, untouched.username, untouched.hasCredentials], ['10.0.0.1:27018', 'u', true]);
  assert.equal((await change({ connectTo: null })).connectTo, null);
  const cleared = await change({ username: null, password: null, tls: null });
  assert.deepEqual([cleared.username, cleared.hasCredentials], [null, false]);
  const agent = newAgent(group);
  await hello(fixture, agent);
  const { targets } = (await settingsOf(fixture, agent)).json<{ targets: object[] }>();
  assert.deepEqual(targets, [{ hostId: id, host: 'db1:27017', seed: true }]);
});

test('many hosts are tagged at once, all or none, and what they have otherwise stays', async () => {
  await using fixture = await startFixture();
  const group = await addGroup(fixture, 'one');
  const one = await addHost(fixture, group, { host: 'db1:27017', tags: ['old', 'eu'] });
  const two = await addHost(fixture, group, { host: 'db2:27017' });
  const tag = (body: object) => api(fixture, group, 'POST', `/groups/${group.id}/hosts/tags`, body);
  const tags = async () =>
    (await api(fixture, group, 'GET', `/groups/${group.id}/hosts`)).json<Host[]>().map((host) => host.tags);
  const reply = await tag({ hostIds: [one.id, two.id, one.id], add: ['prod'], remove: ['old'] });
  assert.deepEqual([reply.statusCode, reply.json()], [200, { changed: 2 }]);
  assert.deepEqual(await tags(), [['eu', 'prod'], ['prod']]);
  assert.deepEqual((await tag({ hostIds: [two.id], add: ['prod'] })).json(), { changed: 0 });
  const many = Array.from({ length: 19 }, (_, at) => `t${at}`);
  assert.equal((await tag({ hostIds: [two.id, one.id], add: many })).statusCode, 400);
  assert.equal((await tag({ hostIds: [two.id, 'h_unknown'], add: ['x'] })).statusCode, 404);
  assert.equal((await tag({ hostIds: [two.id], add: ['a b'] })).statusCode, 400);
  assert.deepEqual(await tags(), [['eu', 'prod'], ['prod']]);
});

test('a host shows its TLS choice and authSource, and null takes each away alone', async () => {
  await using fixture = await startFixture({ approveAgents: true });
  const group = await addGroup(fixture, 'one');
  const login = { username: 'u', password: 'p' };
  const { id, ...made } = await addHost(fixture, group, {
    host: 'db1:27017',
    tls: false,
    authSource: 'people',
    ...login,
  });
  assert.deepEqual([made.tls, made.authSource, made.username], [false, 'people', 'u']);
  const path = `/groups/${group.id}/hosts/${id}`;
  const change = async (changes: object): Promise<Host> =>
    (await api(fixture, group, 'PATCH', path, changes)).json<Host>();
  const target = await targetReader(fixture, group);
  assert.deepEqual(await target(), { tls: false, login: { ...login, authSource: 'people' } });
  const noSource = await change({ authSource: null });
  assert.deepEqual([noSource.tls, noSource.authSource, noSource.username], [false, null, 'u']);
  assert.equal((await change({ tls: null })).tls, null);
  assert.deepEqual(await target(), { tls: undefined, login: { ...login, authSource: 'admin' } });
  assert.equal((await change({ authSource: 'people' })).authSource, 'people');
  const noLogin = await change({ username: null });
  assert.deepEqual([noLogin.hasCredentials, noLogin.authSource], [false, null]);
  assert.deepEqual(await target(), { tls: undefined, login: undefined });
  assert.equal((await change({ authSource: null })).authSource, null);
  const alone = await api(fixture, group, 'PATCH', path, { authSource: 'people' });
  assert.equal(alone.statusCode, 400);
  assert.match(alone.body, /a MongoDB login needs both username and password/);
});

/** Reads what an approved agent is told of the one host. */
async function targetReader(fixture: ServerFixture, group: TestGroup) {
  const keys = generateKeyPairSync('x25519');
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  const agent = newAgent(group);
  await hello(fixture, agent, { publicKey: publicKey.toString('base64') });
  return async () => {
    const { targets } = settingsAnswer.parse((await settingsOf(fixture, agent)).json());
    const credentials = targets[0]?.credentials;
    const login = credentials === undefined ? undefined : openSealed(credentials, keys.privateKey, publicKey);
    return { tls: targets[0]?.tls, login };
  };
}

test("a host's metrics are the catalog's that it reports, then its raw names", async () => {
  await using fixture = await startFixture();
  const group = await addGroup(fixture, 'one');
  const { id } = await addHost(fixture, group, { host: 'db1:27017' });
  const raw: RawMetric[] = [{ name: 'serverStatus.opcounters.insert', kind: 'counter', unit: 'count' }];
  fixture.metrics.metrics = async () => raw as never[];
  const reply = await api(fixture, group, 'GET', `/groups/${group.id}/hosts/${id}/metrics`);
  const names = reply.json<MetricInfo[]>().map(({ name }) => name);
  assert.deepEqual(names, ['operations.insert', 'operations.total', 'serverStatus.opcounters.insert']);
});

test('a check of which nothing is heard for a minute ends with an error', async () => {
  await using fixture = await startFixture();
  const group = await addGroup(fixture, 'one');
  const { id } = await addHost(fixture, group, { host: 'db1:27017' });
  const agent = newAgent(group);
  await hello(fixture, agent);
  await settingsOf(fixture, agent);
  await send(fixture, agent, 'report', reportBody(fixture.clock.ms));
  const started = await api(fixture, group, 'POST', `/groups/${group.id}/hosts/${id}/doctor`);
  const { orderId } = started.json<{ orderId: string }>();
  const run = async () => (await api(fixture, group, 'GET', `/groups/${group.id}/doctor/${orderId}`)).json();
  fixture.clock.ms += 50_000;
  const step = { step: 'dns', title: 'Name', state: 'ok', message: 'found' };
  await send(fixture, agent, 'answers', { orderId, done: false, doctor: [step] });
  fixture.clock.ms += 59_000;
  assert.deepEqual([(await run()).done, (await run()).error], [false, null]);
  fixture.clock.ms += 1_000;
  const lost = await run();
  assert.equal(lost.done, true);
  assert.equal(lost.error.code, 'TIMEOUT');
  assert.deepEqual(lost.steps, [step]);
});

test('an oplog of minutes has the rate of its whole span, and the shortest window is told by the id of its set', async () => {
  await using fixture = await startFixture();
  const group = await addGroup(fixture, 'one');
  await addHost(fixture, group, { host: 'a:1' });
  const agent = newAgent(group);
  await hello(fixture, agent);
  await settingsOf(fixture, agent);
  const now = fixture.clock.ms;
  const set = (digit: string, windowMs: number) => ({
    replicaSetId: digit.repeat(24),
    name: 'rs0',
    term: 1,
    configVersion: 1,
    reportedBy: 'a:1',
    oplogFirstMs: now - windowMs,
    oplogLastMs: now,
    oplogBytes: 5_000_000,
    members: [
      {
        host: `${digit}:1`,
        memberId: 0,
        state: 1,
        stateName: 'PRIMARY',
        health: 1,
        arbiterOnly: false,
        hidden: false,
        priority: 1,
        votes: 1,
        delaySeconds: 0,
        lagMs: 0,
      },
    ],
  });
  const sets = [set('a', 3 * 3_600_000), set('b', 300_000), set('c', 10_000_000)];
  await send(fixture, agent, 'report', reportBody(now, { sets }));
  const topology = (await api(fixture, group, 'GET', `/groups/${group.id}/topology`)).json<TopologyAnswer>();
  assert.equal(topology.figures.oldestOplogSetId, 'b'.repeat(24));
  const young = topology.sets.find(({ replicaSetId }) => replicaSetId === 'b'.repeat(24));
  assert.equal(young?.oplogBytesPerHour, 60_000_000);
});
