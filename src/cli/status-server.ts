import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { AppError } from '../runtime/errors.ts';
import type { AgentStatus } from './agent-status.ts';

interface StatusServer {
  close(): Promise<void>;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/**
 * Shows an agent's status to this machine alone, read only: `GET /status` (JSON; 503 when it is not healthy) and `GET /metrics` (for Prometheus).
 * @param listen 127.0.0.1:PORT, or the absolute path of a socket, which is made with mode 0660
 * @throws SETTINGS_INVALID, ADDRESS_IN_USE
 */
export async function startStatusServer(listen: string, status: () => AgentStatus): Promise<StatusServer> {
  const place = placeOf(listen);
  if (typeof place === 'string') await removeStale(place);
  const server = createServer({ requestTimeout: 5000, headersTimeout: 5000 }, (request, response) =>
    answer(request, response, status),
  );
  server.maxConnections = 16;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject).once('listening', resolve);
  if (typeof place === 'string') server.listen(place);
  else server.listen(place.port, place.host);
  try {
    await promise;
    if (typeof place === 'string') await chmod(place, 0o660);
  } catch (cause) {
    const code =
      cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE' ? 'ADDRESS_IN_USE' : 'SETTINGS_INVALID';
    throw new AppError(code, `statusListen: cannot listen on ${listen}: ${String(cause)}`, {
      cause,
      hint: 'Choose another statusListen, or remove it.',
    });
  }
  server.unref();
  return {
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** @throws SETTINGS_INVALID for an address that others than this machine reach */
export function placeOf(listen: string): Place | string {
  if (listen.startsWith('/')) return listen;
  const match = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\]):(\d+)$/.exec(listen);
  const port = Number(match?.[2]);
  if (match !== null && port < 65_536) return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
  throw new AppError(
    'SETTINGS_INVALID',
    `statusListen = ${listen}: it has no password, so it listens on this machine alone`,
    {
      hint: 'Use 127.0.0.1:PORT, [::1]:PORT or the absolute path of a socket.',
    },
  );
}

/** A socket that nobody listens on any more: left by an agent that was killed. */
async function removeStale(path: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket
    .once('connect', () => resolve(true))
    .once('error', (thrown: Error & { code?: string }) => resolve(thrown.code !== 'ECONNREFUSED'));
  const isUsed = await promise;
  socket.destroy();
  if (!isUsed) await rm(path, { force: true });
}

function answer(request: IncomingMessage, response: ServerResponse, status: () => AgentStatus): void {
  const send = (code: number, type: string, body: string): void => {
    response.writeHead(code, {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') return send(405, 'text/plain', 'only GET\n');
  // A page in a browser of this machine can come here under a name of its own.
  if (!/^(|localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')) {
    return send(403, 'text/plain', 'ask by the address that it listens on\n');
  }
  const [path] = (request.url ?? '').split('?');
  if (path === '/status') {
    const now = status();
    return send(now.healthy ? 200 : 503, 'application/json', `${JSON.stringify(now, null, 2)}\n`);
  }
  if (path === '/metrics') return send(200, 'text/plain; version=0.0.4; charset=utf-8', metricsText(status()));
  return send(404, 'text/plain', '/status or /metrics\n');
}

/** The text format of Prometheus. */
export function metricsText({ service, healthy, gauges, counters, troubles, version }: AgentStatus): string {
  const prefix = `leafward_${service.replaceAll('-', '_')}`;
  const lines = [
    `# TYPE ${prefix}_info gauge`,
    `${prefix}_info{version="${version}"} 1`,
    `# TYPE ${prefix}_healthy gauge`,
    `${prefix}_healthy ${healthy ? 1 : 0}`,
    `# TYPE ${prefix}_troubles gauge`,
    `${prefix}_troubles ${troubles.length}`,
  ];
  for (const [name, value] of Object.entries(gauges)) lines.push(...metric(`${prefix}_${snake(name)}`, 'gauge', value));
  for (const [name, value] of Object.entries(counters)) {
    lines.push(...metric(`${prefix}_${snake(name)}_total`, 'counter', value));
  }
  return `${lines.join('\n')}\n`;
}

function metric(name: string, type: string, value: number): string[] {
  return [`# TYPE ${name} ${type}`, `${name} ${value}`];
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
