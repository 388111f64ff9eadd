import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export interface TestProxy extends AsyncDisposable {
  /** `http://127.0.0.1:port` (`https` with a certificate), without credentials. */
  readonly url: string;
  /** `CONNECT host:port` and `GET http://…`, in their order, refused ones left out. */
  readonly seen: readonly string[];
  /** Requests that were refused for want of the right credentials. */
  refused(): number;
}

/**
 * An HTTP proxy on loopback, for plain requests and CONNECT; with credentials it refuses everyone else with 407, with a certificate
 * it is itself reached by TLS. What it cannot reach is 502.
 */
export async function startProxy(
  credentials?: { readonly user: string; readonly password: string },
  tls?: { readonly cert: string; readonly key: string },
): Promise<TestProxy> {
  const seen: string[] = [];
  const sockets = new Set<Duplex>();
  let refusals = 0;
  const wanted =
    credentials && `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString('base64')}`;
  const allowed = (incoming: IncomingMessage): boolean => {
    if (wanted === undefined || incoming.headers['proxy-authorization'] === wanted) return true;
    refusals++;
    return false;
  };
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    if (!allowed(incoming)) return void outgoing.writeHead(407, { 'proxy-authenticate': 'Basic realm="test"' }).end();
    seen.push(`${incoming.method} ${incoming.url}`);
    forward(incoming, outgoing);
  };
  const server = tls === undefined ? createServer(handle) : createSecureServer(tls, handle);
  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) => {
    if (!allowed(incoming))
      return void client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="test"\r\n\r\n',
      );
    seen.push(`CONNECT ${incoming.url}`);
    tunnel(incoming.url ?? '', client, head, sockets);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port was given');
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}`,
    seen,
    refused: () => refusals,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { 'proxy-authorization': _secret, ...headers } = incoming.headers;
  const onward = request(incoming.url ?? '', { method: incoming.method ?? 'GET', headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.headersSent || outgoing.writeHead(502).end());
  incoming.pipe(onward);
}

function tunnel(target: string, client: Duplex, head: Buffer, sockets: Set<Duplex>): void {
  const [host = '', port = ''] = target.split(/:(?=\d+$)/);
  const upstream = connect(Number(port), host, () => {
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client);
    client.pipe(upstream);
  });
  sockets.add(upstream);
  upstream.once('close', () => sockets.delete(upstream));
  upstream.on('error', () => client.end(upstream.bytesWritten === 0 ? 'HTTP/1.1 502 Bad Gateway\r\n\r\n' : ''));
  client.on('error', () => upstream.destroy());
}
