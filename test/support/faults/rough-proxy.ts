import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/**
 * What happens to bytes on their way, of both directions. cut: connections are reset after so many bytes; truncate: they end politely
 * after so many, in the middle of a message; hang: nothing passes and nothing is closed.
 */
export type Way =
  | { readonly kind: 'through' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut' | 'truncate'; readonly afterBytes: number };

export interface RoughProxy extends AsyncDisposable {
  readonly url: string;
  /** From now on, open connections included. Leaving `hang` cuts what hung, as a network does that comes back too late. */
  go(way: Way): void;
}

/** A TCP proxy on loopback that treats its connections badly when it is told to. */
export async function startRoughProxy(toPort: number): Promise<RoughProxy> {
  const sockets = new Set<Socket>();
  let way: Way = { kind: 'through' };
  const pass = (from: Socket, to: Socket): void => {
    let passed = 0;
    from.on('data', (bytes: Buffer) => {
      if (way.kind === 'hang') return;
      if (way.kind === 'delay') {
        from.pause();
        setTimeout(() => {
          to.write(bytes);
          from.resume();
        }, way.ms);
        return;
      }
      const room = way.kind === 'through' ? bytes.length : Math.max(0, way.afterBytes - passed);
      passed += bytes.length;
      const more = to.write(bytes.subarray(0, room));
      if (room < bytes.length) {
        if (way.kind === 'truncate') to.end();
        else to.resetAndDestroy();
        from.destroy();
      } else if (!more) {
        from.pause();
        to.once('drain', () => from.resume());
      }
    });
    from.on('end', () => to.end());
  };
  const server = createServer((client) => {
    const upstream = connect(toPort, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    pass(client, upstream);
    pass(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return {
    url: `http://127.0.0.1:${address.port}`,
    go(next) {
      if (way.kind === 'hang') for (const socket of sockets) socket.destroy();
      way = next;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
