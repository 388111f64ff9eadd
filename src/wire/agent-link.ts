import { hostname } from 'node:os';
import type { z } from 'zod';
import { buildInfo } from '../runtime/build-info.ts';
import { AppError } from '../runtime/errors.ts';
import type { AgentIdentity } from './agent-identity.ts';
import { type HelloAnswer, type HelloRequest, helloAnswer } from './agent-messages.ts';
import type { ServerClient } from './client.ts';
import { agentHeaders, agentRoutes } from './protocol.ts';

export const requestTimeoutMs = 30_000;

interface LinkParts {
  readonly client: ServerClient;
  readonly identity: Omit<AgentIdentity, 'release'>;
  readonly kind: HelloRequest['kind'];
  readonly signal: AbortSignal;
}

interface PostOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** The body is already zstd. */
  readonly compressed?: boolean;
  /** The body is sent as it is: what it holds is compressed. */
  readonly plain?: boolean;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** An agent's way to the server: says who it is with every request, and says hello by itself when the server asks for it. */
export class AgentLink {
  readonly #parts: LinkParts;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  async hello(): Promise<HelloAnswer> {
    const { client, identity, kind, signal } = this.#parts;
    const body = {
      kind,
      agentId: identity.agentId,
      instanceId: identity.instanceId,
      hostname: hostname() || 'unknown',
      version: buildInfo.version,
      target: buildInfo.target,
      publicKey: identity.publicKey.toString('base64'),
      pid: process.pid,
    };
    return client.request({
      path: agentRoutes.hello,
      answer: helloAnswer,
      body: Buffer.from(JSON.stringify(body)),
      headers: this.#headers(),
      timeoutMs: requestTimeoutMs,
      signal,
    });
  }

  /** A long poll: the server may take `waitSeconds` to answer. */
  async poll<S extends z.ZodType>(
    path: string,
    answer: S,
    version: number,
    waitSeconds: number,
    until?: AbortSignal,
  ): Promise<z.output<S>> {
    const { client, signal } = this.#parts;
    return this.#known(() =>
      client.request({
        path,
        query: { version, waitSeconds },
        answer,
        headers: this.#headers(),
        timeoutMs: waitSeconds * 1000 + requestTimeoutMs,
        signal: until === undefined ? signal : AbortSignal.any([signal, until]),
      }),
    );
  }

  /** What a GET answers, as it came. */
  async bytes(
    path: string,
    query: Readonly<Record<string, string | number>>,
    timeoutMs: number,
    until: AbortSignal,
  ): Promise<Buffer> {
    const { client, signal } = this.#parts;
    const either = AbortSignal.any([signal, until]);
    return this.#known(() => client.bytes({ path, query, headers: this.#headers(), timeoutMs, signal: either }));
  }

  async post<S extends z.ZodType>(
    path: string,
    answer: S,
    body: Uint8Array,
    options: PostOptions = {},
  ): Promise<z.output<S>> {
    const { client, signal } = this.#parts;
    const { headers = {}, timeoutMs = requestTimeoutMs, compressed = false, plain = false } = options;
    return this.#known(() =>
      client.request({
        path,
        answer,
        body,
        compressed,
        plain,
        headers: { ...this.#headers(), ...headers },
        timeoutMs,
        signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
      }),
    );
  }

  /** A server that was restarted or restored may not know this agent any more. */
  async #known<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (thrown) {
      if (!(thrown instanceof AppError) || thrown.code !== 'NOT_FOUND') throw thrown;
      await this.hello();
      return work();
    }
  }

  #headers(): Record<string, string> {
    const { agentId, instanceId } = this.#parts.identity;
    return {
      [agentHeaders.agent]: agentId,
      ...(instanceId === '' ? {} : { [agentHeaders.instance]: instanceId }),
      [agentHeaders.sentAt]: String(Date.now()),
    };
  }
}
