/**
 * Thirty charts a second (an hour, six series each) of hosts that have a full hour, while 1,000 hosts report: requests begin
 * at their moment whether those before were answered or not, and are measured from that moment.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { eventually } from '../support/eventually.ts';
import { startFleetLoader } from '../support/fleet-loader.ts';
import { cpuSeconds, rssAnonMb } from '../support/process-use.ts';
import { type HostView, startProduct } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quantile, reportFigure } from './report-figure.ts';

const hosts = Number(process.env['LEAFWARD_TEST_HOSTS'] ?? 1000);
const pastHosts = Number(process.env['LEAFWARD_TEST_PAST_HOSTS'] ?? 30);
const chartsPerSecond = 30;
const seriesPerChart = 6;
const steadyMs = Number(process.env['LEAFWARD_TEST_STEADY_SECONDS'] ?? 60) * 1000;
const hourMs = 3_600_000;

interface MetricView {
  readonly name: string;
  readonly raw: boolean;
}

await using folder = tempDir('bench-pages');
await using product = await startProduct(folder);
const loader = await startFleetLoader(product, hosts, pastHosts);
await eventually(() => loader.progress().samples > 2 * hosts, {
  timeoutMs: 600_000,
  everyMs: 500,
  what: 'two samples of each host',
});

const dispatcher = new Agent({ connections: 64 });
const base = `${product.url}/api/v1/groups/${product.groupId}`;
const known = await product.api<HostView[]>('GET', '/hosts');
const charted = Array.from(
  { length: pastHosts },
  (_, i) => known.find(({ host }) => host.startsWith(`db${i}.`))?.id ?? '',
);
const metrics = (await product.api<MetricView[]>('GET', `/hosts/${charted[0]}/metrics`)).filter(({ raw }) => !raw);
const points = await checkStored();
await load(5000);
const cpu = cpuSeconds(product.server.pid);
const before = loader.progress().samples;
const began = performance.now();
const { tookMs, bytes, failed } = await load(steadyMs);
const seconds = (performance.now() - began) / 1000;
const cores = (cpuSeconds(product.server.pid) - cpu) / seconds;
const rate = (loader.progress().samples - before) / seconds;
loader.stop();
await dispatcher.close();
if (failed > 0) throw new Error(`${failed} charts were refused`);

reportFigure({
  what: `answer of a chart (1 h, ${seriesPerChart} series), ${chartsPerSecond} a second while 1,000 hosts report`,
  goal: 'p99 500 ms',
  measured: `p50 ${quantile(tookMs, 0.5).toFixed(0)} ms, p99 ${quantile(tookMs, 0.99).toFixed(0)} ms`,
  remark: `${tookMs.length} charts over ${seconds.toFixed(0)} s, each measured from the moment it was due; ${points} points and ${(bytes / tookMs.length / 1000).toFixed(0)} kB each; ${rate.toFixed(0)} samples a second acknowledged meanwhile; the server takes ${cores.toFixed(2)} cores, RssAnon ${rssAnonMb(product.server.pid).toFixed(0)} MB; clients and agents are on the same machine`,
});

/** An hour that is not there would make the figures worthless. */
async function checkStored(): Promise<number> {
  const { series } = JSON.parse((await chart(0)).toString('utf8')) as { series: { points: unknown[][] }[] };
  const counts = series.map((one) => one.points.filter(([, ...values]) => values[0] !== null).length);
  if (series.length < seriesPerChart || Math.max(...counts) < 300)
    throw new Error(`points stored: ${counts.join(', ')}`);
  return Math.max(...counts);
}

async function load(spanMs: number): Promise<{ tookMs: number[]; bytes: number; failed: number }> {
  const tookMs: number[] = [];
  let [bytes, failed] = [0, 0];
  const start = performance.now();
  const all: Promise<void>[] = [];
  for (let index = 0; (index * 1000) / chartsPerSecond < spanMs; index++) {
    const due = start + (index * 1000) / chartsPerSecond;
    await delay(Math.max(0, due - performance.now()));
    const one = chart(index).then(
      (body) => {
        tookMs.push(performance.now() - due);
        bytes += body.length;
      },
      () => {
        failed++;
      },
    );
    all.push(one);
  }
  await Promise.all(all);
  return { tookMs, bytes, failed };
}

/** Charts differ in host and metrics, as those of many people do. */
async function chart(index: number): Promise<Buffer> {
  const to = Date.now();
  const query = new URLSearchParams({ from: String(to - hourMs), to: String(to), points: '600' });
  for (let i = 0; i < seriesPerChart; i++)
    query.append('metric', metrics[(index * 5 + i) % metrics.length]?.name ?? '');
  const url = `${base}/hosts/${charted[index % charted.length]}/series?${query}`;
  const answer = await request(url, { headers: { authorization: `Bearer ${product.apiToken}` }, dispatcher });
  const body = Buffer.from(await answer.body.arrayBuffer());
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${body.toString('utf8').slice(0, 300)}`);
  return body;
}
