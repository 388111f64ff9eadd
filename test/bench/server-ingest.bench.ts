/**
 * The server as a process takes 1,000 hosts × 2,300 numbers every 10 s: CPU of all its threads and anonymous memory over a
 * steady span, first alone, then with a page open that reads the deployment every 2 s.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { startFleetLoader } from '../support/fleet-loader.ts';
import { cpuSeconds, rssAnonMb } from '../support/process-use.ts';
import { type HostView, pointTimes, rawMetric, startProduct } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { reportFigure } from './report-figure.ts';

const hosts = 1000;
const warmUpMs = 30_000;
const steadyMs = Number(process.env['LEAFWARD_TEST_STEADY_SECONDS'] ?? 90) * 1000;
const withPageMs = 30_000;

await using folder = tempDir('bench-ingest');
await using product = await startProduct(folder);
const loader = await startFleetLoader(product, hosts);
await eventually(() => loader.progress().samples > 0, { timeoutMs: 120_000, what: 'the first samples' });
await delay(warmUpMs);
const alone = await measure(steadyMs);
await checkStored();
const paging = new AbortController();
const page = openPage(paging.signal);
const watched = await measure(withPageMs);
paging.abort();
const answers = await page;
loader.stop();

const perSecond = (alone.numbers / alone.seconds / 1000).toFixed(0);
reportFigure({
  what: 'server CPU to ingest 1,000 hosts × 2,300 numbers every 10 s',
  goal: '1 core',
  measured: `${alone.cores.toFixed(2)} cores`,
  remark: `all threads, over ${alone.seconds.toFixed(0)} s, ${perSecond},000 numbers a second acknowledged (recorded replies with noise, members of ${Math.ceil(hosts / 3)} sets, reports and alert looks included); ${watched.cores.toFixed(2)} cores while a page reads the deployment every 2 s (answer after ${answers.medianMs.toFixed(0)} ms, ${(answers.bytes / 1e6).toFixed(1)} MB)`,
});
reportFigure({
  what: 'server RssAnon meanwhile',
  goal: '400 MB',
  measured: `${alone.highestMb.toFixed(0)} MB`,
  remark: `highest of one reading a second; at the end ${alone.lastMb.toFixed(0)} MB; ${watched.highestMb.toFixed(0)} MB with the page`,
});

async function measure(spanMs: number) {
  const { pid } = product.server;
  const from = { cpu: cpuSeconds(pid), at: performance.now(), numbers: loader.progress().numbers };
  let highestMb = 0;
  while (performance.now() - from.at < spanMs) {
    await delay(1000);
    if (loader.exitCode() !== null) throw new Error(`the loader ended with ${loader.exitCode()}`);
    highestMb = Math.max(highestMb, rssAnonMb(pid));
  }
  const seconds = (performance.now() - from.at) / 1000;
  const cores = (cpuSeconds(pid) - from.cpu) / seconds;
  return { cores, seconds, numbers: loader.progress().numbers - from.numbers, highestMb, lastMb: rssAnonMb(pid) };
}

/** What was acknowledged is there: a host of which a chart shows less would make the figures worthless. */
async function checkStored(): Promise<void> {
  const [host] = (await product.api<HostView[]>('GET', '/hosts')).toReversed();
  const times = await pointTimes(product, host?.id ?? '', rawMetric);
  const expected = Math.floor(alone.seconds / 10);
  if (times.length < expected) throw new Error(`${times.length} samples of a host, expected ${expected}`);
}

/** What the Deployment page does while it is open: the stream of events, and the picture when there is news. */
async function openPage(signal: AbortSignal): Promise<{ medianMs: number; bytes: number }> {
  const headers = { authorization: `Bearer ${product.apiToken}` };
  const base = `${product.url}/api/v1/groups/${product.groupId}`;
  const stream = await fetch(`${base}/stream`, { headers, signal });
  const reading = stream.body?.pipeTo(new WritableStream()).catch(() => {});
  const took: number[] = [];
  let bytes = 0;
  while (!signal.aborted) {
    const began = performance.now();
    bytes = (await (await fetch(`${base}/topology`, { headers })).arrayBuffer()).byteLength;
    took.push(performance.now() - began);
    await delay(2000, undefined, { signal }).catch(() => {});
  }
  await reading;
  return { medianMs: took.toSorted((a, b) => a - b)[Math.floor(took.length / 2)] ?? Number.NaN, bytes };
}
