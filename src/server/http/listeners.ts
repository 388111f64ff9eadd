import { chmod, lstat, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { connect, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { AppError } from '../../runtime/errors.ts';
import { answerClientError } from './client-error.ts';
import { Connections, openFilesAtMost } from './connections.ts';
import { type ListenAddress, textOf } from './listen-address.ts';
import type { ServerApp } from './server-app.ts';

/** What one client may take of the server by being slow, and all of them together. */
export interface ConnectionLimits {
  readonly headersTimeoutMs: number;
  /** For a whole request with its body. */
  readonly requestTimeoutMs: number;
  /** A connection on which nothing moves in either direction, although an answer is under way. */
  readonly stalledMs: number;
  readonly connectionsAtMost: number;
  readonly checkEveryMs: number;
}

export const connectionLimits: ConnectionLimits = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  stalledMs: 120_000,
  connectionsAtMost: 5000,
  checkEveryMs: 2000,
};

/** Files that the stores and the log have open, with room to spare. */
const filesBeside = 500;
/** When the server ends: for requests that are under way. Supervisors give ten seconds for all of it. */
const endsWithinMs = 5000;

export interface ServedCertificate {
  readonly key: string;
  readonly cert: string;
  /** Default TLSv1.2. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** The sockets of one HTTP server: Fastify has the first, and what comes in at the others goes to the same handler. */
export class Listeners {
  readonly #tls: ServedCertificate | undefined;
  readonly #limits: ConnectionLimits;
  readonly #servers: http.Server[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #connections: Connections;
  #handler: http.RequestListener = () => {};

  /** @param tls for all TCP addresses; Unix sockets have none */
  constructor(tls: ServedCertificate | undefined, limits = connectionLimits) {
    this.#tls = tls;
    this.#limits = limits;
    const files = Math.max(openFilesAtMost() - filesBeside, 50);
    this.#connections = new Connections(Math.min(limits.connectionsAtMost, files));
  }

  /** Somebody has proved who they are on this connection: it is not let go for the sake of others. */
  trust(socket: Socket): void {
    this.#connections.trust(socket);
  }

  get limits(): ConnectionLimits {
    return this.#limits;
  }

  /** Fastify's `serverFactory`. */
  first(handler: http.RequestListener): http.Server {
    this.#handler = handler;
    return this.#create(this.#tls);
  }

  /** Gives back the addresses with their ports. @throws ADDRESS_IN_USE, SETTINGS_INVALID */
  async listen(app: ServerApp, addresses: readonly ListenAddress[]): Promise<ListenAddress[]> {
    // Fastify's own server speaks TLS when there is any.
    const [first, ...more] = addresses.toSorted((a, b) => Number(a.kind === 'unix') - Number(b.kind === 'unix'));
    if (first === undefined) throw new AppError('INTERNAL', 'a server listens somewhere');
    const closers: (() => Promise<void>)[] = [];
    app.addHook('preClose', async () => {
      setTimeout(() => this.#cutOff(), endsWithinMs).unref();
      await Promise.all(closers.map((close) => close()));
    });
    const bound = [await bind(first, app.server, (where) => app.listen(where))];
    for (const address of more) {
      const server = this.#create(address.kind === 'unix' ? undefined : this.#tls);
      // Fastify sees to that of its own server.
      server.on('clientError', answerClientError);
      bound.push(await bind(address, server, (where) => listening(server, where)));
      closers.push(() => ended(server));
    }
    return bound;
  }

  /** Connections that are open keep the certificate that they began with. */
  setCertificate(certificate: ServedCertificate): void {
    for (const server of this.#servers) if (server instanceof TlsServer) server.setSecureContext(minimum(certificate));
  }

  /** Clients that trickle, or do not read, would hold up the end. */
  #cutOff(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #create(tls: ServedCertificate | undefined): http.Server {
    const timeouts = {
      headersTimeout: this.#limits.headersTimeoutMs,
      requestTimeout: this.#limits.requestTimeoutMs,
      connectionsCheckingInterval: this.#limits.checkEveryMs,
    };
    const answer: http.RequestListener = (request, response) => {
      // Node takes it from a request whose body is given up.
      const { socket } = request;
      this.#connections.count(socket, 1);
      response.once('close', () => this.#connections.count(socket, -1));
      this.#handler(request, response);
    };
    const server =
      tls === undefined
        ? http.createServer(timeouts, answer)
        : https.createServer({ ...timeouts, ...minimum(tls) }, answer);
    server.keepAliveTimeout = 65_000;
    server.timeout = this.#limits.stalledMs;
    server.on('connection', (socket: Socket) => {
      this.#connections.add(socket);
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#servers.push(server);
    return server;
  }
}

function minimum({ key, cert, minVersion = 'TLSv1.2' }: ServedCertificate): Required<ServedCertificate> {
  return { key, cert, minVersion };
}

type Where = { readonly path: string } | { readonly host: string; readonly port: number };

async function bind(
  address: ListenAddress,
  server: http.Server,
  listen: (where: Where) => Promise<unknown>,
): Promise<ListenAddress> {
  try {
    if (address.kind === 'unix') {
      await removeStale(address.path);
      await listen({ path: address.path });
      // The group of the folder is that of the proxy.
      await chmod(address.path, 0o660);
      return address;
    }
    await listen({ host: address.host, port: address.port });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    if (cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE') {
      throw new AppError('ADDRESS_IN_USE', `${textOf(address)} is in use`, { cause });
    }
    const why = cause instanceof Error ? cause.message : '';
    throw new AppError('SETTINGS_INVALID', `cannot listen on ${textOf(address)}: ${why}`, {
      cause,
      hint:
        address.kind === 'unix'
          ? 'The folder of the socket must be there, and this user must be able to write to it.'
          : 'Choose an address of this machine and a port above 1023: --listen HOST:PORT.',
    });
  }
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? { ...address, port: bound.port } : address;
}

async function listening(server: http.Server, where: Where): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(where, resolve);
  await promise;
  server.off('error', reject);
}

/** Requests in flight are answered. */
async function ended(server: http.Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  await promise;
}

/** A socket at which nobody listens was left by a process that is gone. @throws ADDRESS_IN_USE */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined);
  if (found === undefined) return;
  if (!found.isSocket() || (await answers(path))) throw new AppError('ADDRESS_IN_USE', `unix:${path} is in use`);
  await rm(path, { force: true });
}

async function answers(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(path);
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const found = await promise;
  socket.destroy();
  return found;
}
