import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
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
  /** Sent as it is: what the body holds is compressed already. */
  readonly plain?: boolean;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

type PlainRequest = Pick<RequestSettings<z.ZodType>, 'path' | 'query' | 'headers' | 'timeoutMs' | 'signal'>;
type Method = 'GET' | 'POST' | 'DELETE';

const compress = promisify(zstdCompress);
/** Bodies smaller than this travel as they are. */
const compressFromBytes = 512;
/** The settings of some thousand hosts take a few MiB. */
const maxAnswerBytes = 64 * 2 ** 20;

interface Answer {
  readonly status: number;
  /** Where it redirects to, if it does. */
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** The agents' way to the server: one keep-alive pool, own CA, proxy, deadlines; answers are checked, errors are AppErrors. */
export class ServerClient {
  readonly #settings: ServerClientSettings;
  readonly #dispatcher: Dispatcher;
  readonly #origin: string;
  /** Of the path, when the server is not at the root. */
  readonly #prefix: string;

  constructor(settings: ServerClientSettings) {
    this.#settings = settings;
    this.#dispatcher = makeDispatcher(settings);
    const { origin, pathname } = new URL(settings.serverUrl);
    this.#origin = origin;
    this.#prefix = pathname.replace(/\/$/, '');
  }

  /** @throws AppError: the server's own problem, or SERVER_UNREACHABLE, TLS_UNTRUSTED, TLS_NAME_MISMATCH, TIMEOUT. */
  async request<S extends z.ZodType>(request: RequestSettings<S>): Promise<z.output<S>> {
    const { body } = request;
    const worthIt = body !== undefined && body.length >= compressFromBytes && request.plain !== true;
    const zstd = request.compressed === true || worthIt;
    const sent =
      body === undefined || !zstd || request.compressed === true
        ? body
        : await compress(body, { pledgedSrcSize: body.length });
    const answer = await this.#answered(request, body === undefined ? 'GET' : 'POST', sent, zstd);
    const parsed = request.answer.safeParse(parseJson(answer.body));
    if (parsed.success) return parsed.data;
    throw new AppError('SERVER_UNREACHABLE', `what answers at ${this.#settings.serverUrl} is no Leafward server`, {
      cause: parsed.error,
      hint: 'Check serverUrl: it is the address that you open in the browser.',
      retryable: true,
    });
  }

  /** What a GET answers, as it came. @throws as `request` */
  async bytes(request: PlainRequest): Promise<Buffer> {
    return (await this.#answered(request, 'GET')).body;
  }

  /** @throws as `request` */
  async remove(request: PlainRequest): Promise<void> {
    await this.#answered(request, 'DELETE');
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  async #answered(request: PlainRequest, method: Method, body?: Uint8Array, zstd = false): Promise<Answer> {
    let answer: Answer;
    try {
      answer = await this.#ask(request, method, body, zstd);
    } catch (thrown) {
      request.signal.throwIfAborted();
      throw this.#failure(thrown, request.timeoutMs);
    }
    if (answer.status >= 300) throw this.#refusal(answer);
    return answer;
  }

  /** undici's own request: its fetch takes a tenth of the CPU of a poll. */
  async #ask(request: PlainRequest, method: Method, body: Uint8Array | undefined, zstd: boolean): Promise<Answer> {
    const answer = await this.#dispatcher.request({
      origin: this.#origin,
      path: this.#prefix + request.path,
      method,
      ...(body === undefined ? {} : { body }),
      ...(request.query === undefined ? {} : { query: request.query }),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.#settings.apiKey}`,
        [agentHeaders.protocol]: `${protocolVersion.major}.${protocolVersion.minor}`,
        [agentHeaders.group]: this.#settings.groupId,
        ...(body === undefined ? {} : { 'content-type': 'application/octet-stream' }),
        ...(zstd ? { 'content-encoding': 'zstd' } : {}),
        ...request.headers,
      },
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs)]),
    });
    const { location } = answer.headers;
    return {
      status: answer.statusCode,
      location: typeof location === 'string' ? location : undefined,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }

  #refusal({ status, location, body }: Answer): AppError {
    const { serverUrl } = this.#settings;
    const told = problem.safeParse(parseJson(body));
    if (told.success && isCode(told.data.code)) {
      const { code, message, hint, details = {} } = told.data;
      const retryable = status >= 500 || status === 429 || status === 408;
      return new AppError(code, message, { hint, details, retryable });
    }
    const hint =
      location === undefined
        ? 'Check serverUrl; a proxy or another program may answer there.'
        : `It sends on to ${location.slice(0, 300)}: set serverUrl to the address of the server itself.`;
    return new AppError('SERVER_UNREACHABLE', `${serverUrl} answers ${status}, and not as a Leafward server`, {
      retryable: true,
      hint,
    });
  }

  #failure(cause: unknown, timeoutMs: number): AppError {
    const { serverUrl } = this.#settings;
    const tls = tlsErrorCode(cause);
    const { text, timedOut } = describeNetworkError(cause);
    if (tls !== undefined) {
      const hint = tlsHint(cause, 'serverCaFile (of a server with --tls auto: DATA_DIR/tls/ca.pem)');
      return new AppError(tls, `TLS with ${serverUrl} failed: ${text}`, {
        cause,
        retryable: true,
        ...(hint === undefined ? {} : { hint }),
      });
    }
    if (timedOut) {
      return new AppError('TIMEOUT', `${serverUrl} did not answer within ${timeoutMs / 1000} s`, {
        cause,
        retryable: true,
      });
    }
    return new AppError('SERVER_UNREACHABLE', `cannot reach ${serverUrl}: ${text}`, { cause, retryable: true });
  }
}

function makeDispatcher({ serverCaFile, httpProxy, env = process.env }: ServerClientSettings): Dispatcher {
  const ca = serverCaFile === undefined ? undefined : [readCertificates('serverCaFile', serverCaFile)];
  const tls = ca === undefined ? {} : { ca };
  const noProxy = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  const httpsProxy = httpProxy ?? env['https_proxy'] ?? env['HTTPS_PROXY'] ?? '';
  const plainProxy = httpProxy ?? env['http_proxy'] ?? env['HTTP_PROXY'] ?? '';
  const common = {
    connections: 4,
    keepAliveTimeout: 30_000,
    headersTimeout: 60_000,
    bodyTimeout: 60_000,
    maxResponseSize: maxAnswerBytes,
  };
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

/** Undefined when it is no JSON. */
function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}
