import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { SamplesMessage } from '../../src/model/sample.ts';
import { buildInfo } from '../../src/runtime/build-info.ts';
import {
  helloAnswer,
  type ReportRequest,
  type SamplesAnswer,
  type SettingsAnswer,
  samplesAnswer,
  settingsAnswer,
} from '../../src/wire/agent-messages.ts';
import { ServerClient } from '../../src/wire/client.ts';
import { agentHeaders, agentRoutes } from '../../src/wire/protocol.ts';
import { encodeSamples } from '../../src/wire/sample-frames.ts';
import { eventually } from './eventually.ts';

interface AgentClientSettings {
  readonly serverUrl: string;
  readonly groupId: string;
  readonly apiKey: string;
  /** Default true; else the server takes the times of its samples as they are, however long a message was under way. */
  readonly tellsTime?: boolean;
}

/** Speaks the agent protocol with what a test or bench gives it; nothing is sent by itself or sent again. */
export class AgentClient {
  readonly agentId = `a_${randomBytes(12).toString('hex')}`;
  readonly #instanceId = randomBytes(16).toString('hex');
  readonly #client: ServerClient;
  readonly #stop = new AbortController();
  readonly #startedAtMs = Date.now();
  readonly #tellsTime: boolean;
  #epoch = 0;

  constructor({ tellsTime = true, ...settings }: AgentClientSettings) {
    this.#tellsTime = tellsTime;
    this.#client = new ServerClient({ ...settings, env: {} });
  }

  async hello(): Promise<void> {
    const hello = {
      kind: 'monitoring',
      agentId: this.agentId,
      instanceId: this.#instanceId,
      hostname: 'loader',
      version: buildInfo.version,
      target: 'linux-x64',
      publicKey: randomBytes(32).toString('base64'),
      pid: process.pid,
    };
    await this.#request(agentRoutes.hello, helloAnswer, Buffer.from(JSON.stringify(hello)));
  }

  /** The epoch that it tells is the one of samples from then on. */
  async settings(version: number, waitSeconds: number): Promise<SettingsAnswer> {
    const answer = await this.#request(agentRoutes.settings, settingsAnswer, undefined, { version, waitSeconds });
    this.#epoch = answer.epoch;
    return answer;
  }

  /** Waits until the group's samples are taken from this agent. */
  async untilActive(): Promise<SettingsAnswer> {
    return eventually(
      async () => {
        const answer = await this.settings(-1, 0);
        return answer.role === 'active' ? answer : undefined;
      },
      { timeoutMs: 240_000, everyMs: 100, what: 'the agent to be the active one' },
    );
  }

  async report(parts: Partial<Pick<ReportRequest, 'hosts' | 'sets'>>): Promise<void> {
    const agent = { cpuPercent: 1, rssBytes: 1e8, outboxSamples: 0, outboxBytes: 0, startedAtMs: this.#startedAtMs };
    const body = { atMs: Date.now(), hosts: [], sets: [], clusters: [], documents: [], events: [], agent, ...parts };
    await this.#request(agentRoutes.report, z.object({ ok: z.literal(true) }), Buffer.from(JSON.stringify(body)));
  }

  samples(message: SamplesMessage): Promise<SamplesAnswer> {
    return this.#request(agentRoutes.samples, samplesAnswer, encodeSamples(message));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#client.close();
  }

  #request<S extends z.ZodType>(
    path: string,
    answer: S,
    body?: Uint8Array,
    query?: Readonly<Record<string, number>>,
  ): Promise<z.output<S>> {
    return this.#client.request({
      path,
      answer,
      ...(body === undefined ? {} : { body }),
      ...(query === undefined ? {} : { query }),
      headers: {
        [agentHeaders.agent]: this.agentId,
        [agentHeaders.instance]: this.#instanceId,
        [agentHeaders.epoch]: String(this.#epoch),
        ...(this.#tellsTime && { [agentHeaders.sentAt]: String(Date.now()) }),
      },
      timeoutMs: 240_000,
      signal: this.#stop.signal,
    });
  }
}
