import { hostname } from 'node:os';
import { z } from 'zod';
import { buildInfo } from '../runtime/build-info.ts';
import { AppError } from '../runtime/errors.ts';
import {
  type AnswersRequest,
  type HelloAnswer,
  helloAnswer,
  type ReportRequest,
  type SamplesAnswer,
  type SettingsAnswer,
  samplesAnswer,
  settingsAnswer,
} from '../wire/agent-messages.ts';
import type { ServerClient } from '../wire/client.ts';
import { agentHeaders, agentRoutes } from '../wire/protocol.ts';
import type { AgentIdentity } from './identity.ts';

const requestTimeoutMs = 30_000;
const anything = z.unknown();

/** The agent's messages to the server. Says hello by itself when the server asks for it. */
export class ServerLink {
  readonly #client: ServerClient;
  readonly #identity: Omit<AgentIdentity, 'release'>;
  readonly #signal: AbortSignal;

  constructor(client: ServerClient, identity: Omit<AgentIdentity, 'release'>, signal: AbortSignal) {
    this.#client = client;
    this.#identity = identity;
    this.#signal = signal;
  }

  async hello(): Promise<HelloAnswer> {
    const { agentId, instanceId, publicKey } = this.#identity;
    const body = {
      kind: 'monitoring',
      agentId,
      instanceId,
      hostname: hostname() || 'unknown',
      version: buildInfo.version,
      target: buildInfo.target,
      publicKey: publicKey.toString('base64'),
      pid: process.pid,
    };
    return this.#client.request({
      path: agentRoutes.hello,
      answer: helloAnswer,
      body: Buffer.from(JSON.stringify(body)),
      headers: this.#headers(),
      timeoutMs: requestTimeoutMs,
      signal: this.#signal,
    });
  }

  /** Long poll; answers at once when `version` is not the server's. */
  async settings(version: number, waitSeconds: number): Promise<SettingsAnswer> {
    return this.#known(() =>
      this.#client.request({
        path: agentRoutes.settings,
        query: { version, waitSeconds },
        answer: settingsAnswer,
        headers: this.#headers(),
        timeoutMs: waitSeconds * 1000 + requestTimeoutMs,
        signal: this.#signal,
      }),
    );
  }

  async samples(body: Uint8Array, epoch: number, compressed: boolean): Promise<SamplesAnswer> {
    return this.#known(() =>
      this.#client.request({
        path: agentRoutes.samples,
        answer: samplesAnswer,
        body,
        compressed,
        headers: { ...this.#headers(), [agentHeaders.epoch]: String(epoch) },
        timeoutMs: requestTimeoutMs,
        signal: this.#signal,
      }),
    );
  }

  async report(report: ReportRequest): Promise<void> {
    await this.#post(agentRoutes.report, report);
  }

  async answer(answers: AnswersRequest): Promise<void> {
    await this.#post(agentRoutes.answers, answers);
  }

  async #post(path: string, body: unknown): Promise<void> {
    const bytes = Buffer.from(JSON.stringify(body));
    await this.#known(() =>
      this.#client.request({
        path,
        answer: anything,
        body: bytes,
        headers: this.#headers(),
        timeoutMs: requestTimeoutMs,
        signal: this.#signal,
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
    return {
      [agentHeaders.agent]: this.#identity.agentId,
      ...(this.#identity.instanceId === '' ? {} : { [agentHeaders.instance]: this.#identity.instanceId }),
      [agentHeaders.sentAt]: String(Date.now()),
    };
  }
}
