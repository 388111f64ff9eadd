import assert from 'node:assert/strict';
import {
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import { test } from 'node:test';
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
  type TestAgent,
  type TestGroup,
} from '../../support/server-fixture.ts';

const setId = '65f0c0ffee65f0c0ffee65f0';

test('members of a set become hosts, the name a seed goes by is its alias, and those that leave depart', async () => {
  await using server = await startFixture();
  const { group, agent } = await start(server);
  const seed = await add(server, group, { host: 'localhost:5000' });
  await report(server, agent, {
    hosts: [up(server, seed.id, { me: 'db1:27017', processId: 'p1' })],
    sets: [set(['db1', 'db2', 'db3'])],
  });
  assert.deepEqual(await hostNames(server, group), ['db2:27017', 'db3:27017', 'localhost:5000']);
  const picture = (await api(server, group, 'GET', `/groups/${group.id}/topology`)).json();
  assert.deepEqual(
    picture.sets[0].members.map(({ hostId }: { hostId: string }) => hostId !== null),
    [true, true, true],
  );
  assert.equal(picture.sets[0].members[0].hostId, seed.id);
  assert.equal(picture.standalones.length, 0);
  await report(server, agent, { sets: [set(['db1', 'db2'], { configVersion: 2 })] });
  const { targets } = (await settingsOf(server, agent)).json();
  assert.deepEqual(targets.map(({ host }: { host: string }) => host).sort(), ['db2:27017', 'localhost:5000']);
  await report(server, agent, { sets: [set(['db1', 'db2', 'db3'])] });
  assert.equal((await settingsOf(server, agent)).json().targets.length, 2, 'an older config brings nobody back');
});

test('two names of one process run become one host', async () => {
  await using server = await startFixture();
  const { group, agent } = await start(server);
  const first = await add(server, group, { host: 'db1' });
  server.clock.ms += 1000;
  const second = await add(server, group, { host: '10.0.0.1' });
  await report(server, agent, {
    hosts: [up(server, second.id, { processId: 'p1' }), up(server, first.id, { processId: 'p1' })],
  });
  const hosts = (await api(server, group, 'GET', `/groups/${group.id}/hosts`)).json();
  assert.deepEqual(
    hosts.map(({ id, aliases }: { id: string; aliases: string[] }) => [id, aliases]),
    [[first.id, ['10.0.0.1:27017']]],
  );
  const again = await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: '10.0.0.1' });
  assert.equal(again.statusCode, 409);
});

test('a seed behind a tunnel takes over the member that cannot be reached under the same name', async () => {
  await using server = await startFixture();
  const { group, agent } = await start(server);
  const first = await add(server, group, { host: 'db1' });
  await report(server, agent, { hosts: [up(server, first.id)], sets: [set(['db1', 'db2'])] });
  const found = (await api(server, group, 'GET', `/groups/${group.id}/hosts`)).json();
  const lost = found.find(({ host }: { host: string }) => host === 'db2:27017');
  const tunnel = await add(server, group, { host: 'localhost:6000' });
  const hosts = [
    up(server, first.id, { processId: 'p1' }),
    { ...up(server, lost.id), reachable: false },
    up(server, tunnel.id, { me: 'db2:27017', processId: 'p2' }),
  ];
  await report(server, agent, { hosts, sets: [set(['db1', 'db2'])] });
  assert.deepEqual(await hostNames(server, group), ['db1:27017', 'localhost:6000']);
  assert.deepEqual(server.metrics.removed, [lost.id]);
  const picture = (await api(server, group, 'GET', `/groups/${group.id}/topology`)).json();
  assert.deepEqual(
    picture.sets[0].members.map(({ hostId }: { hostId: string }) => hostId),
    [first.id, tunnel.id],
  );
});

test('a member that a person removed stays away until it is added again', async () => {
  await using server = await startFixture();
  const { group, agent } = await start(server);
  await add(server, group, { host: 'db1' });
  await report(server, agent, { sets: [set(['db1', 'db2'])] });
  const found = (await api(server, group, 'GET', `/groups/${group.id}/hosts`))
    .json()
    .find(({ host }: { host: string }) => host === 'db2:27017');
  assert.equal((await api(server, group, 'DELETE', `/groups/${group.id}/hosts/${found.id}`)).statusCode, 204);
  await report(server, agent, { sets: [set(['db1', 'db2'])] });
  assert.deepEqual(await hostNames(server, group), ['db1:27017']);
  await add(server, group, { host: 'db2' });
  assert.deepEqual(await hostNames(server, group), ['db1:27017', 'db2:27017']);
});

test('a password typed for one member reaches approved agents for all members, and nobody else', async () => {
  await using server = await startFixture();
  const { group, agent, privateKey } = await start(server);
  const login = { username: 'mon', password: 's3cret pass', authSource: 'admin' };
  const seed = await add(server, group, { host: 'db1', ...login });
  assert.equal(JSON.stringify(seed).includes('s3cret'), false);
  await report(server, agent, { hosts: [up(server, seed.id)], sets: [set(['db1', 'db2'])] });
  const before = (await settingsOf(server, agent)).json().targets;
  assert.deepEqual(
    before.map((target: object) => 'credentials' in target),
    [false, false],
  );
  await api(server, group, 'POST', `/groups/${group.id}/agents/${agent.id}/approve`);
  const { body } = await settingsOf(server, agent);
  assert.equal(body.includes('s3cret'), false);
  for (const { credentials } of JSON.parse(body).targets) {
    assert.deepEqual(open(credentials, privateKey), login);
  }
  const [stored] = await server.context.stores.hosts.hosts(group.id);
  assert.equal(Buffer.from(stored?.credentials ?? []).includes('s3cret'), false);
});

test('another key pair under the same agent id must be approved again', async () => {
  await using server = await startFixture();
  const { group, agent } = await start(server);
  await api(server, group, 'POST', `/groups/${group.id}/agents/${agent.id}/approve`);
  const answer = (await hello(server, agent)).json();
  assert.equal(answer.approved, false);
});

test('a host is down only after three misses and a minute, when no healthy member sees it', async () => {
  await using server = await startFixture();
  const { group, agent } = await start(server);
  const [a, b] = [await add(server, group, { host: 'db1' }), await add(server, group, { host: 'db2' })];
  const status = async (id: string) =>
    (await api(server, group, 'GET', `/groups/${group.id}/hosts/${id}`)).json().status;
  const missing = (missedPolls: number, sinceMs: number) => ({
    ...up(server, b.id),
    reachable: false,
    missedPolls,
    sinceMs,
    problem: { code: 'MONGODB_UNREACHABLE', message: 'connection refused', hint: '' },
  });
  const since = server.clock.now();
  const views = (health: number) => ({ sets: [set(['db1', 'db2'], {}, health)] });
  await report(server, agent, { hosts: [up(server, a.id), missing(1, since)], ...views(0) });
  assert.deepEqual(await status(b.id), {
    health: 'warn',
    word: 'not answering',
    sinceMs: since,
    detail: 'connection refused',
  });
  server.clock.ms += 61_000;
  await report(server, agent, { hosts: [up(server, a.id), missing(7, since)], ...views(0) });
  assert.equal((await status(b.id)).word, 'down');
  await report(server, agent, { hosts: [up(server, a.id), missing(7, since)], ...views(1) });
  assert.equal((await status(b.id)).word, 'unreachable from the agent');
  server.clock.ms += 41_000;
  assert.deepEqual(
    [(await status(a.id)).health, (await status(b.id)).health],
    ['unknown', 'unknown'],
    'blind is not down',
  );
  const picture = (await api(server, group, 'GET', `/groups/${group.id}/topology`)).json();
  assert.equal(picture.verdict.health, 'unknown');
  assert.notEqual(picture.blind, null);
});

async function start(server: ServerFixture): Promise<{ group: TestGroup; agent: TestAgent; privateKey: KeyObject }> {
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  const pair = generateKeyPairSync('x25519');
  const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  await hello(server, agent, { publicKey });
  await settingsOf(server, agent);
  return { group, agent, privateKey: pair.privateKey };
}

async function add(server: ServerFixture, group: TestGroup, body: object): Promise<{ id: string }> {
  const reply = await api(server, group, 'POST', `/groups/${group.id}/hosts`, body);
  assert.equal(reply.statusCode, 201, reply.body);
  return reply.json();
}

async function report(server: ServerFixture, agent: TestAgent, parts: Record<string, unknown>): Promise<void> {
  await send(server, agent, 'report', reportBody(server.clock.now(), parts));
}

async function hostNames(server: ServerFixture, group: TestGroup): Promise<string[]> {
  const hosts = (await api(server, group, 'GET', `/groups/${group.id}/hosts`)).json();
  return hosts.map(({ host }: { host: string }) => host).sort();
}

function up(server: ServerFixture, hostId: string, more: object = {}) {
  return { hostId, atMs: server.clock.now(), reachable: true, role: 'secondary', replicaSetId: setId, ...more };
}

function set(hosts: readonly string[], more: object = {}, healthOfLast = 1) {
  const members = hosts.map((host, memberId) => ({
    host: `${host}:27017`,
    memberId,
    state: memberId === 0 ? 1 : 2,
    stateName: memberId === 0 ? 'PRIMARY' : 'SECONDARY',
    health: memberId === hosts.length - 1 ? healthOfLast : 1,
    arbiterOnly: false,
    hidden: false,
    priority: 1,
    votes: 1,
    delaySeconds: 0,
    lagMs: 0,
  }));
  return {
    replicaSetId: setId,
    name: 'rs0',
    term: 1,
    configVersion: 1,
    reportedBy: `${hosts[0]}:27017`,
    members,
    ...more,
  };
}

/** What the agent does, from the words of the contract. */
function open(sealed: { ephemeralKey: string; nonce: string; ciphertext: string }, privateKey: KeyObject): unknown {
  const spki = (raw: Buffer) => Buffer.concat([Buffer.from('302a300506032b656e032100', 'hex'), raw]);
  const ephemeral = Buffer.from(sealed.ephemeralKey, 'base64');
  const own = createPublicKey(privateKey.export({ format: 'pem', type: 'pkcs8' }))
    .export({ format: 'der', type: 'spki' })
    .subarray(-32);
  const publicKey = createPublicKey({ key: spki(ephemeral), format: 'der', type: 'spki' });
  const salt = Buffer.concat([ephemeral, own]);
  const key = hkdfSync('sha256', diffieHellman({ privateKey, publicKey }), salt, 'leafward credentials v1', 32);
  const body = Buffer.from(sealed.ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', Buffer.from(key), Buffer.from(sealed.nonce, 'base64'));
  decipher.setAuthTag(body.subarray(-16));
  return JSON.parse(Buffer.concat([decipher.update(body.subarray(0, -16)), decipher.final()]).toString());
}
