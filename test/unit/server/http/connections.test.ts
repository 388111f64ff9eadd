import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { Connections, openFilesAtMost } from '../../../../src/server/http/connections.ts';
import { fc } from '../../../support/properties.ts';

class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly remoteAddress: string | undefined = '192.0.2.1';
  readonly remotePort: number;

  constructor(port: number) {
    super();
    this.remotePort = port;
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.emit('close');
  }
}

function add(connections: Connections, port: number): FakeSocket & Socket {
  const socket = new FakeSocket(port) as FakeSocket & Socket;
  connections.add(socket);
  return socket;
}

test('when all places are taken, the stranger that has been idle longest makes room', () => {
  const connections = new Connections(3);
  const [busy, oldest, younger] = [1, 2, 3].map((port) => add(connections, port));
  assert.ok(busy && oldest && younger);
  connections.count(busy, 1);
  const fourth = add(connections, 4);
  assert.deepEqual(
    [busy, oldest, younger, fourth].map(({ destroyed }) => destroyed),
    [false, true, false, false],
  );
  connections.count(busy, -1);
  add(connections, 5);
  assert.equal(busy.destroyed, true, 'its request has ended');
  assert.equal(connections.open, 3);
});

test('who has proved who they are stays, and when all have, the newest is refused', () => {
  const connections = new Connections(2);
  const known = [1, 2].map((port) => add(connections, port));
  for (const socket of known) connections.trust(socket);
  assert.equal(add(connections, 3).destroyed, true);
  assert.ok(known.every(({ destroyed }) => !destroyed));
  known[0]?.destroy();
  assert.equal(add(connections, 4).destroyed, false);
});

test('with any order of connections, requests and ends the bound holds and no trusted one is let go', () => {
  const step = fc.tuple(
    fc.constantFrom('open' as const, 'trust' as const, 'begin' as const, 'end' as const, 'close' as const),
    fc.nat(30),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const connections = new Connections(5);
      const all: (FakeSocket & Socket)[] = [];
      const [trusted, closed] = [new Set<FakeSocket>(), new Set<FakeSocket>()];
      const act = {
        trust(socket: FakeSocket & Socket) {
          connections.trust(socket);
          trusted.add(socket);
        },
        begin: (socket: Socket) => connections.count(socket, 1),
        end: (socket: Socket) => connections.count(socket, -1),
        close(socket: FakeSocket) {
          closed.add(socket);
          socket.destroy();
        },
      };
      for (const [what, which] of steps) {
        const socket = all[which % Math.max(1, all.length)];
        if (what === 'open') all.push(add(connections, all.length));
        else if (socket === undefined || socket.destroyed) continue;
        else act[what](socket);
        assert.equal(connections.open, all.filter(({ destroyed }) => !destroyed).length);
        assert.ok(connections.open <= 5);
        for (const each of trusted) assert.ok(!each.destroyed || closed.has(each));
      }
    }),
  );
});

test('a proxy on a Unix socket is no stranger; the system says how many files may be open', () => {
  const connections = new Connections(1);
  const proxy = new FakeSocket(0) as FakeSocket & Socket;
  Object.assign(proxy, { remoteAddress: undefined });
  connections.add(proxy);
  assert.equal(add(connections, 1).destroyed, true);
  assert.equal(proxy.destroyed, false);
  assert.ok(openFilesAtMost() >= 256);
});
