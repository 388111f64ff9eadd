import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { createFetch, FetchError } from 'ofetch';
import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch } from 'undici';
import type { z } from 'zod';
import { type ErrorCode, errorKinds } from '../runtime/error-codes.ts';
import { AppError } from '../runtime/errors.ts';
import { describeNetworkError, tlsErrorCode, tlsHint } from '../runtime/network-error.ts';
import { readCertificates } from '../runtime/pem-file.ts';
import { problem } from './api/common.ts';
import { agentHeaders, protocolVersion } from './protocol.ts';

export interface ServerClientSettings {
  readonly serverUrl: string;
  readonly groupId: string;
  readonly apiKey: string;
  /** PEM file with the CAs that may have signed the server's certificate, besides the usual ones. */
  readonly serverCaFile?: string | undefined;
  /** Overrides `https_proxy` and `http_proxy` of the environment; `no_proxy` holds for both. */
  readonly httpProxy?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

interface RequestSettings<S extends z.ZodType> {
  readonly path: string;
  readonly answer: S;
  /** Sent as zstd; without one the request is a GET. */
  readonly body?: Uint8Array;
  /** The body is already zstd. */
  readonly compressed?: boolean;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const compress = promisify(zstdCompress);
/** Bodies smaller than this travel as they are. */
const compressFromBytes = 512;

/** The agents' way to the server: one keep-alive pool, own CA, proxy, deadlines; answers are checked, errors are AppErrors. */
export class ServerClient {
  readonly #settings: ServerClientSettings;
  readonly #dispatcher: Dispatcher;
  readonly #fetch: ReturnType<typeof createFetch>;

  constructor(settings: ServerClientSettings) {
    this.#settings = settings;
    this.#dispatcher = makeDispatcher(settings);
    // undici's own fetch: the dispatcher and the fetch must be of one version.
    this.#fetch = createFetch({ fetch: fetch as unknown as typeof globalThis.fetch });
  }

  /** @throws AppError: the server's own problem, or SERVER_UNREACHABLE, TLS_UNTRUSTED, TLS_NAME_MISMATCH, TIMEOUT. */
  async request<S extends z.ZodType>(request: RequestSettings<S>): Promise<z.output<S>> {
    const { body, timeoutMs, signal } = request;
    const zstd = body !== undefined && (request.compressed === true || body.length >= compressFromBytes);
    const sent =
      body === undefined || !zstd || request.compressed === true
        ? body
        : await compress(body, { pledgedSrcSize: body.length });
    let answer: unknown;
    try {
      answer = await this.#fetch(this.#settings.serverUrl + request.path, {
        method: body === undefined ? 'GET' : 'POST',
        ...(sent === undefined ? {} : { body: Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength) }),
        ...(request.query === undefined ? {} : { query: request.query }),
        headers: {
          authorization: `Bearer ${this.#settings.apiKey}`,
          [agentHeaders.protocol]: `${protocolVersion.major}.${protocolVersion.minor}`,
          [agentHeaders.group]: this.#settings.groupId,
          ...(sent === undefined ? {} : { 'content-type': 'application/octet-stream' }),
          ...(zstd ? { 'content-encoding': 'zstd' } : {}),
          ...request.headers,
        },
        dispatcher: this.#dispatcher as never,
        responseType: 'json',
        retry: 0,
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      });
    } catch (thrown) {
      signal.throwIfAborted();
      throw this.#failure(thrown, timeoutMs);
    }
    const parsed = request.answer.safeParse(answer);
    if (parsed.success) return parsed.data;
    throw new AppError('SERVER_UNREACHABLE', `what answers at ${this.#settings.serverUrl} is no Leafward server`, {
      cause: parsed.error,
      hint: 'Check serverUrl: it is the address that you open in the browser.',
      retryable: true,
    });
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  #failure(thrown: unknown, timeoutMs: number): AppError {
    const { serverUrl } = this.#settings;
    if (thrown instanceof FetchError && thrown.status !== undefined) {
      const told = problem.safeParse(thrown.data);
      if (told.success && isCode(told.data.code)) {
        const { code, message, hint, details = {} } = told.data;
        const retryable = thrown.status >= 500 || thrown.status === 429 || thrown.status === 408;
        return new AppError(code, message, { hint, details, retryable });
      }
      return new AppError('SERVER_UNREACHABLE', `${serverUrl} answers ${thrown.status}, and not as a Leafward server`, {
        retryable: true,
        hint: 'Check serverUrl; a proxy or another program may answer there.',
      });
    }
    const cause = thrown instanceof FetchError ? (thrown.cause ?? thrown) : thrown;
    const tls = tlsErrorCode(cause);
    const { text, timedOut } = describeNetworkError(cause);
    if (tls !== undefined) {
      const hint = tlsHint(cause, 'serverCaFile (of a server with --tls auto: DATA_DIR/tls/ca.pem)');
      return new AppError(tls, `TLS with ${serverUrl} failed: ${text}`, {
        cause: thrown,
        retryable: true,
        ...(hint === undefined ? {} : { hint }),
      });
    }
    if (timedOut) {
      return new AppError('TIMEOUT', `${serverUrl} did not answer within ${timeoutMs / 1000} s`, {
        cause: thrown,
        retryable: true,
      });
    }
    return new AppError('SERVER_UNREACHABLE', `cannot reach ${serverUrl}: ${text}`, { cause: thrown, retryable: true });
  }
}

function makeDispatcher({ serverCaFile, httpProxy, env = process.env }: ServerClientSettings): Dispatcher {
  const ca = serverCaFile === undefined ? undefined : [readCertificates('serverCaFile', serverCaFile)];
  const tls = ca === undefined ? {} : { ca };
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const httpsProxy = httpProxy ?? env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '';
  const plainProxy = httpProxy ?? env['http_proxy'] ?? env['HTTP_PROXY'] ?? '';
  const common = { connections: 4, keepAliveTimeout: 30_000, headersTimeout: 60_000, bodyTimeout: 60_000 };
  if (httpsProxy === '' && plainProxy === '') return new Agent({ ...common, connect: { ...tls, timeout: 10_000 } });
  return new EnvHttpProxyAgent({
    ...common,
    httpsProxy,
    httpProxy: plainProxy,
    noProxy,
    connect: { ...tls, timeout: 10_000 },
    requestTls: { ...tls, timeout: 10_000 },
    proxyTls: tls,
  });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}
