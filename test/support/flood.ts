import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { schemaHash } from '../../src/model/schema-hash.ts';
import { AgentClient } from './agent-client.ts';
import { endChild, hasEnded, startChild } from './child-process.ts';
import { rssAnonMb } from './process-use.ts';
import type { Product } from './product.ts';

export type FloodKind = 'idle' | 'slow' | 'streams' | 'passwords' | 'downloads';

interface FloodState {
  readonly open: number;
  readonly made: number;
  readonly statuses: Readonly<Record<string, number>>;
}

export interface Flood extends AsyncDisposable {
  /** What the clients have seen so far. */
  state(): FloodState;
}

/** Clients in a process of their own (flood-main.ts); they end with the scope. */
export function startFlood(
  product: Product,
  kind: FloodKind,
  count: number,
  { token = '', path = '' }: { readonly token?: string; readonly path?: string } = {},
): Flood {
  const args = [join(import.meta.dirname, 'flood-main.ts'), kind, product.url, String(count), token, path];
  const child = startChild(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let state: FloodState = { open: 0, made: 0, statuses: {} };
  let rest = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    const last = lines.at(-1);
    if (last !== undefined) state = JSON.parse(last) as FloodState;
  });
  return {
    state() {
      if (hasEnded(child)) throw new Error(`the flood ended with ${child.exitCode ?? child.signalCode}`);
      return state;
    },
    [Symbol.asyncDispose]: () => endChild(child, 'SIGKILL'),
  };
}

export interface Service {
  /** How long each acknowledgement took, ms. */
  readonly tookMs: readonly number[];
  readonly highestMb: number;
}

const schema = { names: ['serverStatus.uptimeMillis', 'serverStatus.connections.current'] };

/** An agent that is the active one of the product's group and watches one host. */
export async function startServedAgent(product: Product): Promise<ServedAgent> {
  const agent = new AgentClient({ serverUrl: product.url, groupId: product.groupId, apiKey: product.agentKey });
  await agent.hello();
  const { id } = await product.api<{ id: string }>('POST', '/hosts', {
    host: `db-${randomBytes(3).toString('hex')}:27017`,
  });
  await agent.untilActive();
  return new ServedAgent(product, agent, id);
}

export class ServedAgent implements AsyncDisposable {
  readonly #product: Product;
  readonly #agent: AgentClient;
  readonly #hostId: string;

  constructor(product: Product, agent: AgentClient, hostId: string) {
    this.#product = product;
    this.#agent = agent;
    this.#hostId = hostId;
  }

  /** Sends samples one after another; throws when one is not acknowledged. */
  async send(count: number, everyMs: number): Promise<Service> {
    const hash = schemaHash(schema.names);
    const tookMs: number[] = [];
    let highestMb = 0;
    for (let sent = 0; sent < count; sent++) {
      const run = { stream: this.#hostId, source: 0 as const, schemaHash: hash };
      const began = performance.now();
      const values = [Float64Array.of(sent, 5)];
      await this.#agent.samples({
        schemas: sent === 0 ? [{ hash, names: schema.names }] : [],
        runs: [{ ...run, times: [Date.now()], values }],
        gaps: [],
      });
      tookMs.push(performance.now() - began);
      highestMb = Math.max(highestMb, rssAnonMb(this.#product.server.pid));
      await delay(everyMs);
    }
    return { tookMs, highestMb };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.close();
  }
}
