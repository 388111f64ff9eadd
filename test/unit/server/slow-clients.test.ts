import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { addGroup, agentHeadersOf, newAgent, type ServerFixture, startFixture } from '../../support/server-fixture.ts';

const limits = {
  headersTimeoutMs: 300,
  requestTimeoutMs: 600,
  stalledMs: 700,
  connectionsAtMost: 40,
  checkEveryMs: 50,
};

async function listen({ app }: ServerFixture): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

interface Client extends Disposable {
  readonly socket: Socket;
  text(): string;
  closed(): boolean;
}

async function client(port: number, first = ''): Promise<Client> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  await once(socket, 'connect');
  let text = '';
  let closed = false;
  socket.on('data', (part) => {
    text += part.toString();
  });
  socket.once('close', () => {
    closed = true;
  });
  socket.write(first);
  return { socket, text: () => text, closed: () => closed, [Symbol.dispose]: () => socket.destroy() };
}

test('a body that trickles in is cut off, whether the sender has a key or not', async () => {
  await using fixture = await startFixture({ limits });
  const group = await addGroup(fixture, 'one');
  const port = await listen(fixture);
  const headers = Object.entries(agentHeadersOf(newAgent(group))).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = 'content-length: 10000\r\ncontent-type: application/json\r\n\r\n';
  for (const head of [
    `POST /api/v1/session HTTP/1.1\r\nhost: x\r\n${length}`,
    `POST /agent/v1/samples HTTP/1.1\r\nhost: x\r\n${headers.join('')}${length}`,
  ]) {
    using slow = await client(port, head);
    const dripping = setInterval(() => {
      // Who is told that it is over stops: a write to a socket that is closed would take the answer away.
      if (slow.text() === '') slow.socket.write('x');
    }, 20);
    await eventually(slow.closed, { what: 'the end of the slow request' });
    clearInterval(dripping);
    assert.match(slow.text(), /^HTTP\/1\.1 408 /);
  }
});

test('a connection that says nothing ends, beyond the bound more are refused, and then others are served again', async () => {
  await using fixture = await startFixture({ limits });
  const port = await listen(fixture);
  const idle = await Promise.all(Array.from({ length: 60 }, () => client(port)));
  await eventually(() => idle.filter(({ closed }) => closed()).length >= 20, { what: 'those beyond the bound' });
  await eventually(() => idle.every(({ closed }) => closed()), { what: 'the end of the idle ones' });
  // A machine that stands still for a moment makes this client one that says nothing.
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/health/live`)).status === 200, {
    what: 'others to be served',
  });
});

test('a live page that never reads is let go and keeps nothing', async () => {
  await using fixture = await startFixture({
    limits: { ...limits, headersTimeoutMs: 60_000, requestTimeoutMs: 120_000, stalledMs: 120_000 },
  });
  const group = await addGroup(fixture, 'one');
  const port = await listen(fixture);
  const head = `GET /api/v1/groups/${group.id}/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${group.token}\r\n\r\n`;
  using deaf = await client(port, head);
  await eventually(() => fixture.context.hub.clients() === 1, { what: 'the live page' });
  deaf.socket.pause();
  const hostIds = Array.from({ length: 20_000 }, () => `h_${randomBytes(10).toString('hex')}`);
  await eventually(
    () => {
      fixture.context.hub.publish(group.id, { type: 'samples', hostIds, atMs: 0 });
      return fixture.context.hub.clients() === 0;
    },
    { what: 'the page to be let go' },
  );
  const connections = (): Promise<number> =>
    new Promise((resolve, reject) => {
      fixture.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  await eventually(async () => (await connections()) === 0, { what: 'the end of its connection' });
});

test('an answer that is not read ends its connection', async () => {
  await using fixture = await startFixture({ limits });
  const port = await listen(fixture);
  const request = 'GET /api/v1/openapi.json HTTP/1.1\r\nhost: x\r\n\r\n';
  using deaf = await client(port);
  deaf.socket.pause();
  // Many times what the kernel's buffers hold.
  for (let i = 0; i < 400 && !deaf.socket.destroyed; i++) {
    deaf.socket.write(request);
    await delay(1);
  }
  const connections = (): Promise<number> =>
    new Promise((resolve) => fixture.app.server.getConnections((_error, count) => resolve(count)));
  await eventually(async () => (await connections()) === 0, { what: 'the end of its connection' });
});

test('who has not signed in sends at most 16 KiB', async () => {
  await using fixture = await startFixture();
  for (const url of ['/api/v1/session', '/api/v1/nothing', '/nothing']) {
    const payload = { email: 'a@b.example', password: 'x'.repeat(17_000) };
    const reply = await fixture.app.inject({ method: 'POST', url, payload });
    assert.ok(reply.statusCode === 413 || reply.statusCode === 404, `${url}: ${reply.statusCode}`);
  }
  const group = await addGroup(fixture, 'one');
  const reply = await fixture.app.inject({
    method: 'POST',
    url: `/api/v1/groups/${group.id}/hosts`,
    headers: { authorization: `Bearer ${group.token}` },
    payload: { host: 'a:1', more: 'x'.repeat(100_000) },
  });
  assert.equal(reply.statusCode, 201);
});

test('bodies of agents have a bound together, and room again when their senders go', async () => {
  await using fixture = await startFixture();
  const group = await addGroup(fixture, 'one');
  const port = await listen(fixture);
  const headers = Object.entries(agentHeadersOf(newAgent(group))).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `POST /agent/v1/samples HTTP/1.1\r\nhost: x\r\ncontent-type: application/octet-stream\r\n${headers.join('')}`;
  const large = `${head}content-length: ${16 * 2 ** 20}\r\n\r\n`;
  const six = await Promise.all(Array.from({ length: 6 }, () => client(port, large)));
  const refused = async (): Promise<boolean> => {
    using one = await client(port, `${head}content-length: 1\r\n\r\nx`);
    await eventually(() => one.text().includes('\r\n\r\n'), { what: 'an answer' });
    return one.text().startsWith('HTTP/1.1 429 ');
  };
  await eventually(refused, { what: 'no room' });
  for (const { socket } of six) socket.destroy();
  await eventually(async () => !(await refused()), { what: 'room again' });
});
