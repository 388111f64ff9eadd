import assert from 'node:assert/strict';
import { test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { encodeSamples, schemaHash } from '../../../src/wire/sample-frames.ts';
import {
  addGroup,
  agentHeadersOf,
  api,
  hello,
  newAgent,
  reportBody,
  type ServerFixture,
  send,
  settingsOf,
  startFixture,
  type TestAgent,
} from '../../support/server-fixture.ts';

test('a wrong, revoked or foreign key is refused with what to do next', async () => {
  await using server = await startFixture();
  const [group, other] = [await addGroup(server, 'A'), await addGroup(server, 'B')];
  const agent = newAgent(group);
  const wrong = newAgent({ ...group, agentKey: group.agentKey.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')) });
  assert.equal((await hello(server, wrong)).json().code, 'KEY_REFUSED');
  const foreign = await hello(server, newAgent({ ...group, agentKey: other.agentKey }));
  assert.equal(foreign.statusCode, 401);
  assert.match(foreign.json().message, /another group/);
  assert.equal((await hello(server, agent)).statusCode, 200);
  await api(server, group, 'DELETE', `/groups/${group.id}/keys/${group.agentKeyId}`);
  const revoked = await settingsOf(server, agent);
  assert.equal(revoked.statusCode, 401);
  assert.match(revoked.json().message, /revoked/);
});

test('a key for backup agents does not admit a monitoring agent', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const made = (await api(server, group, 'POST', `/groups/${group.id}/keys`, { name: 'b', scope: 'backup' })).json();
  const reply = await hello(server, newAgent({ ...group, agentKey: made.secret }));
  assert.equal(reply.json().code, 'KEY_REFUSED');
  assert.match(reply.json().message, /backup/);
});

test('agents of another protocol are told which side to update', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const ask = (protocol: string) =>
    server.app.inject({
      url: '/agent/v1/settings?version=0',
      headers: { ...agentHeadersOf(newAgent(group)), 'leafward-protocol': protocol },
    });
  for (const [protocol, hint] of [
    ['1.1', /server/],
    ['2.0', /server/],
    ['0.9', /agent/],
    ['', /agent/],
  ] as const) {
    const reply = await ask(protocol);
    assert.equal(reply.statusCode, 426, protocol);
    assert.match(reply.json().hint, hint);
  }
});

test('one agent is active, the other stands by and takes over with a new epoch when the lease lapses', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const [first, second] = [newAgent(group), newAgent(group)];
  await hello(server, first);
  await hello(server, second);
  const answers = [(await settingsOf(server, first)).json(), (await settingsOf(server, second)).json()];
  assert.deepEqual(
    answers.map(({ role, epoch }) => [role, epoch]),
    [
      ['active', 1],
      ['standby', 1],
    ],
  );
  server.clock.ms += 15_000;
  assert.equal((await settingsOf(server, first)).json().role, 'active', 'asking renews the lease');
  server.clock.ms += 15_000;
  assert.equal((await settingsOf(server, second)).json().role, 'standby');
  server.clock.ms += 5_001;
  const taken = (await settingsOf(server, second)).json();
  assert.deepEqual([taken.role, taken.epoch], ['active', 2]);
  const back = (await settingsOf(server, first, taken.version, 30)).json();
  assert.equal(back.role, 'standby', 'the old one learns at once, in spite of its long poll');
});

test('a long poll answers when a host is added', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  await hello(server, agent);
  const { version } = (await settingsOf(server, agent)).json();
  const waiting = settingsOf(server, agent, version, 30);
  await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1' });
  const answer = (await waiting).json();
  assert.ok(answer.version > version);
  assert.equal(answer.targets[0].host, 'db1:27017');
});

test('of two processes with one identity the newer goes on, the older is refused, the page says so', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const old = newAgent(group);
  const twin = newAgent(group, old.id);
  await hello(server, old);
  await hello(server, twin);
  assert.equal((await settingsOf(server, twin)).statusCode, 200);
  const listed = async () => (await api(server, group, 'GET', `/groups/${group.id}/agents`)).json()[0];
  assert.equal((await listed()).duplicate, false, 'a restart alone is no duplicate');
  const refused = await settingsOf(server, old);
  assert.equal(refused.statusCode, 409);
  assert.equal(refused.json().code, 'AGENT_DUPLICATE');
  assert.equal((await listed()).duplicate, true);
  assert.equal((await settingsOf(server, twin)).statusCode, 200);
});

test('samples are appended under their lease, streams of other groups are named and left out', async () => {
  await using server = await startFixture();
  const [group, other] = [await addGroup(server, 'A'), await addGroup(server, 'B')];
  const agent = newAgent(group);
  await hello(server, agent);
  await settingsOf(server, agent);
  const ours = (await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1' })).json();
  const theirs = (await api(server, other, 'POST', `/groups/${other.id}/hosts`, { host: 'db1' })).json();
  const reply = await postSamples(server, agent, message([ours.id, theirs.id, agent.id], server.clock.now()), '1');
  assert.equal(reply.statusCode, 200, reply.body);
  assert.deepEqual(reply.json(), { missingSchemas: [], appendedSamples: 2, unknownStreams: [theirs.id] });
  const [appended] = server.metrics.appended;
  assert.equal(appended?.groupId, group.id);
  assert.deepEqual(appended.lease, { epoch: 1, current: true });
  assert.deepEqual(
    appended.message.runs.map(({ stream }) => stream),
    [ours.id, agent.id],
  );
  await postSamples(server, agent, message([ours.id], server.clock.now()), '0');
  assert.equal(server.metrics.appended[1]?.lease.current, false, 'an older epoch only fills');
  const shown = (await api(server, group, 'GET', `/groups/${group.id}/hosts/${ours.id}`)).json();
  assert.equal(shown.lastSampleAtMs, server.clock.now());
});

test("an agent's wrong clock is corrected, the same for a message that is sent twice", async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  await hello(server, agent);
  await settingsOf(server, agent);
  const behind = server.clock.now() - 90_000;
  for (const sentAt of [behind, behind - 400]) {
    await postSamples(server, agent, message([agent.id], behind), '1', { 'leafward-sent-at': String(sentAt) });
  }
  const times = server.metrics.appended.map(({ message: { runs } }) => runs[0]?.times[0]);
  assert.deepEqual(times, [server.clock.now(), server.clock.now()]);
});

test('values that are no numbers arrive as no value; damaged frames are refused', async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  await hello(server, agent);
  await settingsOf(server, agent);
  const odd = message([agent.id], server.clock.now(), [Number.NaN, Number.POSITIVE_INFINITY, 3]);
  const reply = await postSamples(server, agent, odd, '1');
  assert.equal(reply.statusCode, 200, reply.body);
  const values = server.metrics.appended[0]?.message.runs[0]?.values[0];
  assert.ok(values !== undefined && Number.isNaN(values[0]) && values[2] === 3);
  const damaged = zstdCompressSync(encodeSamples(odd).subarray(0, 20));
  assert.equal((await postBytes(server, agent, damaged)).json().code, 'FORMAT_INVALID');
  assert.equal(
    (await postBytes(server, agent, Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2]))).json().code,
    'BODY_UNREADABLE',
  );
});

test('a zstd bomb is refused before it grows', async () => {
  await using server = await startFixture();
  const agent = newAgent(await addGroup(server, 'A'));
  await hello(server, agent);
  const bomb = zstdCompressSync(Buffer.alloc(65 * 2 ** 20));
  assert.ok(bomb.length < 100_000);
  const reply = await postBytes(server, agent, bomb);
  assert.equal(reply.statusCode, 413);
  assert.equal(reply.json().code, 'BODY_TOO_LARGE');
});

test('a body over the limit is refused by its length, an unknown field type by its name', async () => {
  await using server = await startFixture();
  const agent = newAgent(await addGroup(server, 'A'));
  assert.equal((await postBytes(server, agent, Buffer.alloc(17 * 2 ** 20))).statusCode, 413);
  const reply = await hello(server, agent, { pid: 'one' });
  assert.equal(reply.statusCode, 400);
  assert.match(reply.json().message, /^pid: /);
});

test("a doctor's steps and the raw replies come from the agent that polls", async () => {
  await using server = await startFixture();
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  const host = (await api(server, group, 'POST', `/groups/${group.id}/hosts`, { host: 'db1' })).json();
  const nobody = await api(server, group, 'POST', `/groups/${group.id}/hosts/${host.id}/doctor`);
  assert.equal(nobody.statusCode, 409, 'no agent, no doctor');
  await hello(server, agent);
  const { version } = (await settingsOf(server, agent)).json();
  await send(server, agent, 'report', reportBody(server.clock.now()));
  const waiting = settingsOf(server, agent, version, 30);
  const run = (await api(server, group, 'POST', `/groups/${group.id}/hosts/${host.id}/doctor`)).json();
  assert.deepEqual((await waiting).json().orders, [{ kind: 'doctor', orderId: run.orderId, hostId: host.id }]);
  const step = { step: 'dns', title: 'Name', state: 'running', message: '' };
  await send(server, agent, 'answers', { orderId: run.orderId, done: false, doctor: [step] });
  await send(server, agent, 'answers', { orderId: run.orderId, done: true, doctor: [{ ...step, state: 'ok' }] });
  const read = (await api(server, group, 'GET', `/groups/${group.id}/doctor/${run.orderId}`)).json();
  assert.deepEqual([read.done, read.steps.map(({ state }: { state: string }) => state)], [true, ['ok']]);
  const raw = api(server, group, 'POST', `/groups/${group.id}/hosts/${host.id}/raw`);
  const { orders } = (await settingsOf(server, agent, version, 30)).json();
  await send(server, agent, 'answers', {
    orderId: orders[0].orderId,
    done: true,
    rawReplies: [{ atMs: 1, reply: { ok: 1 } }],
  });
  assert.deepEqual((await raw).json(), { replies: [{ atMs: 1, reply: { ok: 1 } }] });
});

function message(streams: readonly string[], atMs: number, values = [1, 2, 3]) {
  const names = ['a', 'b', 'c'];
  const hash = schemaHash(names);
  return {
    schemas: [{ hash, names }],
    runs: streams.map((stream) => ({
      stream,
      source: 0 as const,
      schemaHash: hash,
      times: [atMs],
      values: [Float64Array.from(values)],
    })),
    gaps: [],
  };
}

function postSamples(
  server: ServerFixture,
  agent: TestAgent,
  samples: ReturnType<typeof message>,
  epoch: string,
  headers: Record<string, string> = {},
) {
  return postBytes(server, agent, zstdCompressSync(encodeSamples(samples)), { 'leafward-epoch': epoch, ...headers });
}

function postBytes({ app }: ServerFixture, agent: TestAgent, payload: Buffer, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url: '/agent/v1/samples',
    headers: {
      ...agentHeadersOf(agent),
      'content-type': 'application/octet-stream',
      'content-encoding': 'zstd',
      ...headers,
    },
    payload,
  });
}

test('a visitor (doctor) sees the targets, but takes no lease and no orders and is no agent', async () => {
  await using server = await startFixture({ approveAgents: true });
  const group = await addGroup(server, 'A');
  const agent = newAgent(group);
  const login = { host: 'db1:27017', username: 'u', password: 'p' };
  const { id: hostId } = (await api(server, group, 'POST', `/groups/${group.id}/hosts`, login)).json();
  const visit = async (as: TestAgent) => {
    const { 'leafward-instance': _, ...headers } = agentHeadersOf(as);
    const reply = await server.app.inject({ url: '/agent/v1/settings?version=-1&waitSeconds=0', headers });
    assert.equal(reply.statusCode, 200, reply.body);
    return reply.json();
  };
  const stranger = await visit(newAgent(group));
  assert.deepEqual([stranger.role, stranger.targets[0].host], ['standby', 'db1:27017']);
  assert.equal(stranger.targets[0].credentials, undefined);
  assert.deepEqual((await api(server, group, 'GET', `/groups/${group.id}/agents`)).json(), []);

  await hello(server, agent);
  assert.equal((await settingsOf(server, agent)).json().role, 'active');
  const seenAt = async () =>
    (await api(server, group, 'GET', `/groups/${group.id}/agents`))
      .json()
      .map((row: { lastSeenAtMs: number }) => row.lastSeenAtMs);
  const before = await seenAt();
  await send(server, agent, 'report', reportBody(server.clock.ms));
  await api(server, group, 'POST', `/groups/${group.id}/hosts/${hostId}/doctor`, {});
  server.clock.ms += 5000;
  const own = await visit(agent);
  assert.deepEqual([own.role, own.orders], ['standby', []]);
  assert.ok(own.targets[0].credentials);
  assert.deepEqual(await seenAt(), before);
  const { role, orders } = (await settingsOf(server, agent)).json();
  assert.deepEqual([role, orders.length], ['active', 1]);
});
