import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { schemaHash } from '../../src/model/schema-hash.ts';
import type { SeriesAnswer } from '../../src/wire/api/metrics.ts';
import { AgentClient } from '../support/agent-client.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';

const metric = 'serverStatus.connections.current';
const schema = { hash: schemaHash([metric]), names: [metric] };
const hosts = 4;
const kills = 6;
/** Acknowledged in each life of the server at least, so that no kill comes to a server that has done nothing. */
const leastPerLife = 40;

/** Values of acknowledged samples of one host, by their times. */
type Acknowledged = Map<number, number>;

test('every sample that was acknowledged is there after the server was killed again and again', {
  timeout: 600_000,
}, async (t) => {
  await using folder = tempDir();
  await using product = await startProduct(folder);
  const ids: string[] = [];
  for (let i = 0; i < hosts; i++) {
    ids.push((await product.api<{ id: string }>('POST', '/hosts', { host: `db${i}.example.net` })).id);
  }
  const facts = { serverUrl: product.url, groupId: product.groupId, apiKey: product.agentKey };
  const agent = new AgentClient({ ...facts, tellsTime: false });
  await agent.hello();
  await agent.untilActive();
  const taken = ids.map((): Acknowledged => new Map());
  const stop = new AbortController();
  // From the middle of an hour into the next one: the first becomes columns meanwhile.
  const startMs = Math.floor(Date.now() / 3_600_000 - 1) * 3_600_000 - 400_000;
  const sending = ids.map((id, i) => send(agent, { id, taken: taken[i] ?? new Map(), startMs, signal: stop.signal }));
  const count = (): number => taken.reduce((sum, { size }) => sum + size, 0);
  for (let kill = 0; kill < kills; kill++) {
    const before = count();
    await eventually(() => count() >= before + leastPerLife, { timeoutMs: 240_000, what: 'acknowledged samples' });
    await delay(Math.random() * 400);
    await product.crashServer();
  }
  stop.abort();
  await Promise.all(sending);
  await checkAll(t, product, ids, taken);
  await agent.close();
});

interface Sending {
  readonly id: string;
  readonly taken: Acknowledged;
  readonly startMs: number;
  readonly signal: AbortSignal;
}

/** A sample a message, one after the other; what fails is not sent again, and may be there or not. */
async function send(agent: AgentClient, { id, taken, startMs, signal }: Sending): Promise<void> {
  for (let at = 0; !signal.aborted; at++) {
    const timeMs = startMs + at * 1000;
    const run = {
      stream: id,
      source: 0 as const,
      schemaHash: schema.hash,
      times: [timeMs],
      values: [Float64Array.of(at)],
    };
    try {
      const answer = await agent.samples({ schemas: [schema], runs: [run], gaps: [] });
      if (answer.appendedSamples === 1) taken.set(timeMs, at);
    } catch {
      await delay(20);
    }
  }
}

async function checkAll(t: TestContext, product: Product, ids: readonly string[], taken: readonly Acknowledged[]) {
  let acknowledged = 0;
  for (const [i, id] of ids.entries()) {
    const wanted = taken[i] ?? new Map();
    const stored = await points(product, id, Math.min(...wanted.keys()), Math.max(...wanted.keys()));
    const lost = [...wanted].filter(([timeMs, value]) => stored.get(timeMs) !== value);
    assert.deepEqual(lost, [], `host ${i}: ${lost.length} of ${wanted.size} acknowledged samples are lost`);
    acknowledged += wanted.size;
  }
  t.diagnostic(`${acknowledged} acknowledged samples of ${ids.length} hosts, ${kills} kills, none lost`);
}

/** Raw points; read in spans so short that no two samples share a point. */
async function points(product: Product, id: string, fromMs: number, toMs: number): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (let from = fromMs; from <= toMs; from += 500_000) {
    const query = new URLSearchParams({ metric, from: String(from), to: String(from + 500_000), points: '2000' });
    const { series } = await product.api<SeriesAnswer>('GET', `/hosts/${id}/series?${query}`);
    for (const [timeMs, , average] of series[0]?.points ?? []) if (average !== null) found.set(timeMs, average);
  }
  return found;
}
