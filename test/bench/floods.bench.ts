/**
 * Agents are served under floods in full numbers: 10,000 idle connections, slow readers of a large answer, guessed passwords,
 * live pages, downloads. Each from a process of its own, on the same machine; test/app/floods.test.ts does it small.
 */
import { eventually } from '../support/eventually.ts';
import { type FloodKind, startFlood, startServedAgent } from '../support/flood.ts';
import { rssAnonMb } from '../support/process-use.ts';
import { startProduct } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quantile, reportFigure } from './report-figure.ts';

await using folder = tempDir('bench-floods');
await using product = await startProduct(folder, ['--log-level', 'debug']);
await product.server.line(/agent archives are ready/, 120_000);
await using agent = await startServedAgent(product);
const quiet = await agent.send(200, 10);

const floods: readonly (readonly [kind: FloodKind, count: number, what: string, token: string, path: string])[] = [
  ['idle', 10_000, '10,000 idle connections that come back when they are let go', '', ''],
  ['slow', 500, '500 clients that read a byte a second of the largest public answer', '', '/api/v1/openapi.json'],
  ['passwords', 200, '200 clients that guess passwords, each guess from another address', '', ''],
  [
    'streams',
    2000,
    '2,000 live pages asked for with a token',
    product.apiToken,
    `/api/v1/groups/${product.groupId}/stream`,
  ],
  [
    'downloads',
    100,
    '100 downloads of the agent at once, again and again',
    '',
    '/settings/leafward-monitoring-agent.tar.gz',
  ],
];

for (const [kind, count, what, token, path] of floods) {
  const beforeMb = rssAnonMb(product.server.pid);
  await using flood = startFlood(product, kind, count, { token, path });
  await eventually(() => flood.state().made >= count, { timeoutMs: 60_000, what: `${count} clients` });
  const { tookMs, highestMb } = await agent.send(300, 50);
  const { made, open, statuses } = flood.state();
  const seen = Object.entries(statuses).map(([status, times]) => `${times} × ${status}`);
  reportFigure({
    what: `samples acknowledged during ${what}`,
    goal: 'p99 1 s',
    measured: `p99 ${quantile(tookMs, 0.99).toFixed(0)} ms`,
    remark: `quiet ${quantile(quiet.tookMs, 0.99).toFixed(0)} ms; RssAnon ${beforeMb.toFixed(0)} MB before, ${highestMb.toFixed(0)} MB at most; ${made} attempts, ${open} open at the end${seen.length > 0 ? `, answers: ${seen.join(', ')}` : ''}`,
  });
}
