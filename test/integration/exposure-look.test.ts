import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { type Look, lookAt } from '../../src/server/exposure/look.ts';
import { testAuthority, writeMongodCertificates } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startMongod } from '../support/mongod.ts';
import { tempDir } from '../support/temp-dir.ts';

/** For what never answers: to wait is in vain. */
const quick = { stepMs: 400, answerBytes: 2 ** 20 };
const patient = { ...quick, stepMs: 60_000 };

function look(port: number, limits = patient): Promise<Look> {
  return lookAt({ address: '127.0.0.1', port, name: 'db.example.net' }, new AbortController().signal, limits);
}

/** What a stranger sent, and a server that answers each connection in its own way. */
async function service(
  answer: (socket: Socket) => void,
): Promise<AsyncDisposable & { port: number; heard: Buffer[]; connections: number }> {
  const sockets = new Set<Socket>();
  const heard: Buffer[] = [];
  const found = { port: 0, heard, connections: 0 };
  const server = createServer((socket) => {
    found.connections++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => heard.push(Buffer.from(chunk)));
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  return Object.assign(found, {
    port: address.port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  });
}

test('a mongod without access control is open, a hanging one is silent, one with access control keeps its list', async () => {
  await using mongod = await startMongod();
  const open = await look(mongod.port);
  assert.ok(open.kind === 'open' && open.databases !== null && open.databases >= 2 && !open.tls, open.kind);
  assert.equal(open.from, '127.0.0.1');
  await eventually(() => mongod.logText().includes('Leafward exposure check'), {
    what: 'what looked, in the log of the mongod',
  });
  mongod.freeze();
  try {
    assert.equal((await look(mongod.port, quick)).kind, 'otherService');
  } finally {
    mongod.thaw();
  }
  await mongod.restart({ args: ['--auth'] });
  assert.equal((await look(mongod.port)).kind, 'mongodb', 'without users the exception for loopback lists nothing');
  await using client = await mongod.connect();
  await client.db('admin').command({ createUser: 'root', pwd: 'secret', roles: ['root'] });
  assert.deepEqual(await look(mongod.port), { kind: 'mongodb', tls: false, from: '127.0.0.1', needsLogin: true });
});

test('a mongod of 4.4 that takes TLS alone is found behind it; one that asks for a certificate shows that it speaks TLS', async () => {
  await using dir = tempDir('exposure-tls');
  const files = await writeMongodCertificates(dir.path, await testAuthority());
  const keyed = ['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', files.certificateKeyFile];
  const strangers = [...keyed, '--tlsCAFile', files.caFile, '--tlsAllowConnectionsWithoutCertificates'];
  await using mongod = await startMongod({ version: '4.4', args: strangers });
  const open = await look(mongod.port);
  assert.ok(open.kind === 'open' && open.tls, open.kind);
  await mongod.restart({ args: [...keyed, '--tlsCAFile', files.caFile] });
  const closed = await look(mongod.port);
  assert.deepEqual(closed, { kind: 'otherService', tls: true, from: '127.0.0.1' });
});

test('a closed port is refused; one that never answers is another service, after one connection', async () => {
  assert.deepEqual(await look(await freePort()), { kind: 'refused' });
  await using silent = await service(() => {});
  assert.deepEqual(await look(silent.port, quick), { kind: 'otherService', tls: false, from: '127.0.0.1' });
  assert.equal(silent.connections, 1);
});

test('garbage, an endless answer, single bytes, a cut answer and an end at once are no MongoDB, within their time', async () => {
  const garbage = Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'.repeat(20));
  const claimed = Buffer.alloc(21);
  claimed.writeInt32LE(40_000_000, 0);
  claimed.writeInt32LE(1, 8);
  claimed.writeInt32LE(2013, 12);
  const cases: readonly ((socket: Socket) => void)[] = [
    (socket) => socket.write(garbage),
    (socket) => {
      const pour = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 0x41)));
      };
      socket.on('drain', pour);
      pour();
    },
    (socket) => {
      socket.write(claimed);
      const pour = (): void => {
        while (!socket.destroyed && socket.write(Buffer.alloc(65_536)));
      };
      socket.on('drain', pour);
      pour();
    },
    (socket) => {
      socket.setNoDelay(true);
      const timer = setInterval(() => socket.write('a'), 5);
      socket.once('close', () => clearInterval(timer));
    },
    (socket) => socket.once('data', () => socket.end(claimed)),
    (socket) => socket.once('data', () => socket.destroy()),
    (socket) => socket.resetAndDestroy(),
  ];
  for (const [index, answer] of cases.entries()) {
    await using other = await service(answer);
    // However slow the machine: what pours or trickles for ever would never come to an end.
    const found = await look(other.port, quick);
    assert.equal(found.kind, 'otherService', `case ${index}`);
    assert.ok(other.connections <= 2);
  }
});

test('an answer that is no MongoDB ends it: listDatabases is not sent to others', async () => {
  await using other = await service((socket) =>
    socket.once('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')),
  );
  await look(other.port, quick);
  const heard = Buffer.concat(other.heard);
  assert.ok(heard.includes('hello') && !heard.includes('listDatabases'));
});

test('the caller can end it at any time', async () => {
  await using silent = await service(() => {});
  const stop = new AbortController();
  const target = { address: '127.0.0.1', port: silent.port, name: 'x' };
  const found = lookAt(target, stop.signal, patient);
  stop.abort(new Error('the server stops'));
  await assert.rejects(found, /the server stops/);
});
