import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { quantile } from '../bench/report-figure.ts';
import { eventually } from '../support/eventually.ts';
import { type Flood, type ServedAgent, startFlood, startServedAgent } from '../support/flood.ts';
import { rssAnonMb } from '../support/process-use.ts';
import { startProduct } from '../support/product.ts';
import { serviceEnvironment } from '../support/service-environment.ts';
import { tempDir } from '../support/temp-dir.ts';

// The program is started from here, with what its units set.
Object.assign(process.env, serviceEnvironment);

/** Small numbers of what test/bench/floods.bench.ts does in full. */
const idle = 400;
const [slow, streams, passwords] = [30, 260, 40];
/** Copies of what thirty slow readers asked for would be twice that. */
const growthMb = 300;

test('agents are served while others hold connections, read slowly, guess passwords and open live pages without end', {
  timeout: 600_000,
}, async (context) => {
  await using folder = tempDir('floods');
  await using product = await startProduct(folder);
  await using agent = await startServedAgent(product);
  await agent.send(20, 1);
  const quietMb = rssAnonMb(product.server.pid);
  const group = `/api/v1/groups/${product.groupId}`;

  await using silent = startFlood(product, 'idle', idle);
  await eventually(() => silent.state().open > idle / 2, { what: 'idle connections' });
  await using reading = startFlood(product, 'slow', slow, { path: '/api/v1/openapi.json' });
  await eventually(() => reading.state().open === slow, { what: 'slow readers' });
  await served(context, agent, quietMb, 'idle connections and slow readers');

  await using pages = startFlood(product, 'streams', streams, { token: product.apiToken, path: `${group}/stream` });
  await eventually(() => answered(pages, '200') >= 200 && answered(pages, '429') > 0, {
    what: 'the bound of live pages',
  });
  await using guessing = startFlood(product, 'passwords', passwords);
  await eventually(() => answered(guessing, '401') > 20, { what: 'refused passwords' });
  await served(context, agent, quietMb, 'guesses and live pages');
  const faults = Object.keys(guessing.state().statuses).filter((status) => Number(status) >= 500);
  assert.deepEqual(faults, []);
  const hosts = await product.api<unknown[]>('GET', '/hosts');
  assert.equal(hosts.length, 1, 'and people too');
});

async function served(context: TestContext, agent: ServedAgent, quietMb: number, during: string): Promise<void> {
  const { tookMs, highestMb } = await agent.send(60, 5);
  const p99 = quantile(tookMs, 0.99).toFixed(0);
  context.diagnostic(`${during}: samples acknowledged in ${p99} ms (p99), ${(highestMb - quietMb).toFixed(0)} MB more`);
  assert.ok(highestMb - quietMb < growthMb, `${quietMb} MB, then ${highestMb} MB`);
}

function answered(flood: Flood, status: string): number {
  return flood.state().statuses[status] ?? 0;
}
