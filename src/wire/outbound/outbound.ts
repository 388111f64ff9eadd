import { type LookupAddress, lookup as resolve } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { buildConnector, Client } from 'undici';
import { AppError } from '../../runtime/errors.ts';
import { describeNetworkError } from '../../runtime/network-error.ts';
import { type OutboundRules, plainHost } from './outbound-rules.ts';

/** All addresses of a name, as the system resolves it. */
export type ResolveHost = (host: string) => Promise<readonly LookupAddress[]>;

/** As the settings say now. */
type RulesSource = () => OutboundRules | Promise<OutboundRules>;

export interface OutboundRequest {
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly signal?: AbortSignal;
  /** For all of it: name, connection, answer. Default 10 s. */
  readonly timeoutMs?: number;
  /** PEM; not given: the CAs that the system knows. */
  readonly ca?: string | undefined;
}
export interface OutboundAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The first 64 KiB at most; what follows is not read. */
  readonly body: string;
}

const bodyLimitBytes = 64 * 2 ** 10;
const defaultTimeoutMs = 10_000;
const answerHeaderBytes = 16 * 2 ** 10;

/**
 * The one way by which the server calls addresses that people typed in. The address is judged where the socket asks for
 * it, so that neither a name that changes its mind nor a redirect (none is followed) leads past it.
 */
export class Outbound {
  readonly #rules: RulesSource;
  readonly #resolve: ResolveHost;

  /** `rules` is asked at every connection. */
  constructor(rules: RulesSource, resolveHost: ResolveHost = systemResolve) {
    this.#rules = rules;
    this.#resolve = resolveHost;
  }

  /** @throws OUTBOUND_REFUSED, or what the network said; a status of the receiver is no error */
  async request(url: string | URL, request: OutboundRequest): Promise<OutboundAnswer> {
    const { origin, pathname, search, protocol } = new URL(url);
    if (protocol !== 'https:' && protocol !== 'http:') {
      throw new AppError('OUTBOUND_REFUSED', `only http and https are called, not ${protocol}`);
    }
    const { timeoutMs = defaultTimeoutMs, ca } = request;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = request.signal === undefined ? deadline : AbortSignal.any([request.signal, deadline]);
    const client = new Client(origin, {
      connect: this.#connector(timeoutMs, ca),
      maxHeaderSize: answerHeaderBytes,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
    });
    try {
      const answer = await client.request({
        method: request.method,
        path: `${pathname}${search}`,
        headers: { 'user-agent': 'leafward', ...request.headers },
        body: request.body ?? null,
        signal,
      });
      const headers = Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
      return { status: answer.statusCode, headers, body: await beginning(answer.body) };
    } finally {
      await client.destroy();
    }
  }

  /** For clients that bring a `fetch`, such as that of OpenID Connect; `ca` as in a request. The answer's body is cut at 64 KiB. */
  readonly fetch = async (input: string | URL, init: RequestInit = {}, ca?: string): Promise<Response> => {
    const body = init.body ?? undefined;
    const answer = await this.request(input, {
      method: init.method ?? 'GET',
      headers: Object.fromEntries(new Headers(init.headers)),
      ...(init.signal === null || init.signal === undefined ? {} : { signal: init.signal }),
      ...(body === undefined ? {} : { body: await new Response(body).text() }),
      ca,
    });
    const isEmpty = [101, 204, 205, 304].includes(answer.status);
    return new Response(isEmpty ? null : answer.body, { status: answer.status, headers: answer.headers });
  };

  /** A connected TCP socket, for SMTP, LDAP and the like. @throws OUTBOUND_REFUSED, or what the network said */
  async connect({ host, port, signal, timeoutMs = defaultTimeoutMs }: SocketTarget): Promise<Socket> {
    await this.#checkLiteral(host);
    const deadline = AbortSignal.any([...(signal === undefined ? [] : [signal]), AbortSignal.timeout(timeoutMs)]);
    if (deadline.aborted) throw tooLate(host, port);
    const socket = connect({ host: plainHost(host), port, lookup: this.#lookup });
    return new Promise((done, fail) => {
      const settle = (error?: Error): void => {
        deadline.removeEventListener('abort', onAbort);
        socket.removeAllListeners();
        if (error === undefined) {
          done(socket);
          return;
        }
        socket.on('error', () => {});
        socket.destroy();
        fail(error);
      };
      const onAbort = (): void => settle(tooLate(host, port));
      deadline.addEventListener('abort', onAbort);
      socket.once('connect', () => settle());
      socket.once('error', settle);
    });
  }

  /** One address of a name that may be sent to, for datagrams. @throws OUTBOUND_REFUSED, or what the resolver said */
  async address(host: string): Promise<LookupAddress> {
    const name = plainHost(host);
    await this.#checkLiteral(name);
    const family = isIP(name);
    if (family !== 0) return { address: name, family };
    const [first] = await this.#allowed(name, await this.#resolve(name));
    if (first === undefined) throw refused(`${name} has no address`);
    return first;
  }

  #connector(timeoutMs: number, ca: string | undefined): buildConnector.connector {
    const connectTo = buildConnector({
      timeout: timeoutMs,
      lookup: this.#lookup,
      allowH2: false,
      ...(ca === undefined ? {} : { ca }),
    });
    // A literal address is not looked up, so it is judged here.
    return (options, callback) => {
      this.#checkLiteral(options.hostname).then(
        () => connectTo(options, callback),
        (error: Error) => callback(error, null),
      );
    };
  }

  readonly #lookup: LookupFunction = (host, options, callback) => {
    this.#resolve(host)
      .then((found) => this.#allowed(host, found))
      .then(
        (allowed) => {
          const [first] = allowed;
          if (options.all === true) callback(null, [...allowed]);
          else callback(null, first?.address ?? '', first?.family);
        },
        (error: NodeJS.ErrnoException) => callback(error, []),
      );
  };

  async #checkLiteral(host: string): Promise<void> {
    const name = plainHost(host);
    if (isIP(name) === 0) return;
    const refusal = (await this.#rules()).refusal(name, name);
    if (refusal !== undefined) throw refused(refusal);
  }

  /** Those that may be connected to. @throws OUTBOUND_REFUSED when none is left */
  async #allowed(host: string, found: readonly LookupAddress[]): Promise<readonly LookupAddress[]> {
    const rules = await this.#rules();
    const judged = found.map((each) => ({ each, refusal: rules.refusal(host, each.address) }));
    const allowed = judged.filter(({ refusal }) => refusal === undefined).map(({ each }) => each);
    if (allowed.length > 0) return allowed;
    throw refused(judged[0]?.refusal ?? `${host} has no address`);
  }
}

export interface SocketTarget {
  readonly host: string;
  readonly port: number;
  readonly signal?: AbortSignal | undefined;
  /** Default 10 s. */
  readonly timeoutMs?: number;
}

/** What to tell a person of a call that failed: never the address, which may hold a token. */
export function outboundProblem(thrown: unknown): string {
  for (let at = thrown; at instanceof Error; at = at.cause) if (at instanceof AppError) return at.message;
  const { text, timedOut } = describeNetworkError(thrown);
  return timedOut ? 'no answer in time' : text;
}

function tooLate(host: string, port: number): AppError {
  return new AppError('TIMEOUT', `no connection to ${host}:${port} in time`, { retryable: true });
}

function refused(reason: string): AppError {
  return new AppError('OUTBOUND_REFUSED', `not connected: ${reason}`);
}

async function beginning(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    parts.push(part.subarray(0, bodyLimitBytes - bytes));
    bytes += part.length;
    if (bytes >= bodyLimitBytes) break;
  }
  return Buffer.concat(parts).toString('utf8');
}

function systemResolve(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((done, fail) => {
    resolve(host, { all: true, order: 'verbatim' }, (error, addresses) => {
      if (error === null) done(addresses);
      else fail(error);
    });
  });
}
