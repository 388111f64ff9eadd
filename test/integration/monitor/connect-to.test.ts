import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import type { Host, TopologyAnswer } from '../../../src/wire/api/deployment.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { startWatching } from '../../support/watching.ts';

/** Lets the members of a set through to `target`, and cuts the agent off: as the inner network of containers does. */
async function innerAddress(
  host: string,
  target: number,
): Promise<AsyncDisposable & { readonly refused: () => number }> {
  const sockets = new Set<Socket>();
  let refused = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('data', (first) => {
      if (first.includes('leafward')) {
        refused++;
        socket.destroy();
        return;
      }
      const onward = connect(target, '127.0.0.1');
      sockets.add(onward);
      onward.on('error', () => socket.destroy());
      onward.on('close', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      onward.write(first);
      socket.pipe(onward);
      onward.pipe(socket);
    });
  });
  server.listen(target, host);
  await once(server, 'listening');
  return {
    refused: () => refused,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

test('a member out of reach by its advertised name is shown so, and is watched once it has another address', async () => {
  await using watching = await startWatching();
  await using one = await startMongod({ args: ['--replSet', 'rs0'] });
  await using two = await startMongod({ args: ['--replSet', 'rs0'] });
  await using inner = await innerAddress('127.0.0.3', two.port);
  const advertised = `127.0.0.3:${two.port}`;
  await using client = await one.connect();
  const members = [
    { _id: 0, host: one.host, priority: 2 },
    { _id: 1, host: advertised },
  ];
  await client.db('admin').command({ replSetInitiate: { _id: 'rs0', members } });
  await eventually(
    async () => {
      const status = await client.db('admin').command({ replSetGetStatus: 1 });
      return status['members'].every(({ state }: { state: number }) => state === 1 || state === 2);
    },
    { timeoutMs: 240_000, what: 'a set in its place' },
  );

  await watching.api('POST', '/hosts', { host: one.host });
  await watching.startAgent();
  const member = async (): Promise<Host | undefined> =>
    (await watching.api<Host[]>('GET', '/hosts')).find(({ host }) => host === advertised);
  const cutOff = await eventually(
    async () => {
      const found = await member();
      return found?.status.word === 'unreachable from the agent' && found;
    },
    { timeoutMs: 240_000, what: 'a member that the agent does not reach' },
  );
  assert.equal(cutOff.lastSampleAtMs, null);
  assert.equal(cutOff.problem?.code, 'MONGODB_UNREACHABLE');
  assert.match(cutOff.problem.hint, /^Its set reaches it\. Make 127\.0\.0\.3:\d+ lead there .* or set another address/);
  assert.ok(inner.refused() > 0);

  await watching.api('PATCH', `/hosts/${cutOff.id}`, { connectTo: two.host });
  const watched = await eventually(
    async () => {
      const found = await member();
      return found?.status.health === 'ok' && found.lastSampleAtMs !== null && found;
    },
    { timeoutMs: 240_000, what: 'a member that is watched by its other address' },
  );
  assert.deepEqual([watched.id, watched.host, watched.connectTo], [cutOff.id, advertised, two.host]);
  assert.equal(watched.problem, null);
  const { sets, standalones } = await watching.api<TopologyAnswer>('GET', '/topology');
  assert.equal(sets[0]?.members.length, 2);
  assert.deepEqual(standalones, []);
});
