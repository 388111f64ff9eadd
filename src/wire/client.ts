import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { zstdCompress } from 'node:zlib';
import type { z } from 'zod';
import { type ErrorCode, errorKinds } from '../runtime/error-codes.ts';
import { AppError } from '../runtime/errors.ts';
import { problem } from './api/common.ts';
import { Bandwidth } from './bandwidth.ts';
import { openWay, type WaySettings, type WayToServer } from './dispatcher.ts';
import { agentHeaders, protocolVersion, tokenExpiresHeader } from './protocol.ts';
import type { ServerProxy } from './server-proxy.ts';
import { strangeAnswer, wayFailure } from './way-failure.ts';

export interface ServerClientSettings extends WaySettings {
  readonly groupId: string;
  readonly apiKey: string;
  /** Bytes a second that bodies may take; not set: as many as the network. */
  readonly maxBandwidth?: number | undefined;
  /** Told with every answer while the API token has less than a week left. */
  readonly onTokenExpiring?: ((expiresAt: string) => void) | undefined;
}

/** What a client sent since it was made. */
export interface Traffic {
  /** Bodies as they travelled. */
  sentBytes: number;
  requests: number;
  /** Without an answer, or with one that is an error. */
  failedRequests: number;
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

interface Answer {
  readonly status: number;
  /** Where it redirects to, if it does. */
  readonly location: string | undefined;
  readonly body: Buffer;
}

/** The agents' way to the server: one keep-alive pool, own CA, pins, proxy, deadlines; answers are checked, errors are AppErrors. */
export class ServerClient {
  readonly traffic: Traffic = { sentBytes: 0, requests: 0, failedRequests: 0 };
  readonly #bandwidth: Bandwidth | undefined;
  readonly #settings: ServerClientSettings;
  readonly #way: WayToServer;
  readonly #origin: string;
  /** Of the path, when the server is not at the root. */
  readonly #prefix: string;

  constructor(settings: ServerClientSettings) {
    this.#settings = settings;
    this.#bandwidth = settings.maxBandwidth === undefined ? undefined : new Bandwidth(settings.maxBandwidth);
    this.#way = openWay(settings);
    const { origin, pathname } = new URL(settings.serverUrl);
    this.#origin = origin;
    this.#prefix = pathname.replace(/\/$/, '');
  }

  /** Which proxy the requests take. */
  get proxy(): ServerProxy | undefined {
    return this.#way.proxy;
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
    if (sent !== undefined) await this.#bandwidth?.turn(sent.length, request.signal);
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
    await this.#way.dispatcher.destroy();
  }

  async #answered(request: PlainRequest, method: Method, body?: Uint8Array, zstd = false): Promise<Answer> {
    let answer: Answer;
    this.traffic.requests++;
    this.traffic.sentBytes += body?.length ?? 0;
    try {
      answer = await this.#ask(request, method, body, zstd);
    } catch (thrown) {
      request.signal.throwIfAborted();
      this.traffic.failedRequests++;
      throw wayFailure(thrown, this.#place, request.timeoutMs);
    }
    if (answer.status < 300) return answer;
    this.traffic.failedRequests++;
    throw this.#refusal(answer);
  }

  /** undici's own request: its fetch takes a tenth of the CPU of a poll. */
  async #ask(request: PlainRequest, method: Method, body: Uint8Array | undefined, zstd: boolean): Promise<Answer> {
    const bodyMs = body === undefined ? 0 : (this.#bandwidth?.bodyMs(body.length) ?? 0);
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(request.timeoutMs + bodyMs)]);
    const answer = await this.#way.dispatcher.request({
      origin: this.#origin,
      path: this.#prefix + request.path,
      method,
      ...(body === undefined ? {} : { body: this.#paced(body, signal) }),
      ...(request.query === undefined ? {} : { query: request.query }),
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.#settings.apiKey}`,
        [agentHeaders.protocol]: `${protocolVersion.major}.${protocolVersion.minor}`,
        [agentHeaders.group]: this.#settings.groupId,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/octet-stream', 'content-length': String(body.length) }),
        ...(zstd ? { 'content-encoding': 'zstd' } : {}),
        ...request.headers,
      },
      signal,
    });
    const { location, [tokenExpiresHeader]: expires } = answer.headers;
    if (typeof expires === 'string') this.#settings.onTokenExpiring?.(expires);
    return {
      status: answer.statusCode,
      location: typeof location === 'string' ? location : undefined,
      body: Buffer.from(await answer.body.arrayBuffer()),
    };
  }

  #paced(body: Uint8Array, signal: AbortSignal): Uint8Array | Readable {
    const bandwidth = this.#bandwidth;
    if (bandwidth === undefined || bandwidth.bodyMs(body.length) === 0) return body;
    return Readable.from(bandwidth.paced(body, signal), { objectMode: false });
  }

  #refusal(answer: Answer): AppError {
    const { status, body } = answer;
    const told = problem.safeParse(parseJson(body));
    if (told.success && isCode(told.data.code)) {
      const { code, message, hint, details = {} } = told.data;
      const retryable = status >= 500 || status === 429 || status === 408;
      return new AppError(code, message, { hint, details, retryable });
    }
    return strangeAnswer(answer, this.#place);
  }

  get #place(): { readonly serverUrl: string; readonly proxy: ServerProxy | undefined } {
    return { serverUrl: this.#settings.serverUrl, proxy: this.#way.proxy };
  }
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
