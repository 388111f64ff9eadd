import { z } from 'zod';
import type { AgentIdentity } from '../wire/agent-identity.ts';
import { AgentLink } from '../wire/agent-link.ts';
import {
  type AnswersRequest,
  type HelloAnswer,
  type ReportRequest,
  type SamplesAnswer,
  type SettingsAnswer,
  samplesAnswer,
  settingsAnswer,
} from '../wire/agent-messages.ts';
import type { ServerClient } from '../wire/client.ts';
import { agentHeaders, agentRoutes } from '../wire/protocol.ts';

const anything = z.unknown();

/** The monitoring agent's messages to the server. */
export class ServerLink {
  readonly #link: AgentLink;

  constructor(client: ServerClient, identity: Omit<AgentIdentity, 'release'>, signal: AbortSignal) {
    this.#link = new AgentLink({ client, identity, kind: 'monitoring', signal });
  }

  async hello(): Promise<HelloAnswer> {
    return this.#link.hello();
  }

  /** Long poll; answers at once when `version` is not the server's. */
  async settings(version: number, waitSeconds: number): Promise<SettingsAnswer> {
    return this.#link.poll(agentRoutes.settings, settingsAnswer, version, waitSeconds);
  }

  async samples(body: Uint8Array, epoch: number, compressed: boolean): Promise<SamplesAnswer> {
    const headers = { [agentHeaders.epoch]: String(epoch) };
    return this.#link.post(agentRoutes.samples, samplesAnswer, body, { compressed, headers });
  }

  async report(report: ReportRequest): Promise<void> {
    await this.#link.post(agentRoutes.report, anything, Buffer.from(JSON.stringify(report)));
  }

  async answer(answers: AnswersRequest): Promise<void> {
    await this.#link.post(agentRoutes.answers, anything, Buffer.from(JSON.stringify(answers)));
  }
}
