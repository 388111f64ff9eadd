import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface CuttingProxy extends AsyncDisposable {
  readonly port: number;
  /** How often connections were cut. */
  cuts(): number;
}

/** A TCP proxy on loopback. With `cutEvery`, connections are cut whenever so many bytes went towards the server, at most `mostCuts` times. */
export async function startCuttingProxy(
  toPort: number,
  { cutEvery = Number.POSITIVE_INFINITY, mostCuts = 5 } = {},
): Promise<CuttingProxy> {
  const sockets = new Set<Socket>();
  let sent = 0;
  let cuts = 0;
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
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
    client.on('data', (bytes) => {
      sent += bytes.length;
      // The server gets what came until here: it may do the work and nobody hears of it.
      upstream.write(bytes);
      if (sent < cutEvery || cuts >= mostCuts) return;
      sent = 0;
      cuts++;
      setImmediate(cut);
    });
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return {
    port: address.port,
    cuts: () => cuts,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
