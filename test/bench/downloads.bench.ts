/** The agent's archive from a server of its own: first byte, one download's rate, memory with 50 at once. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { startApp } from '../support/app.ts';
import { rssAnonMb } from '../support/process-use.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quantile, reportFigure } from './report-figure.ts';

interface Download {
  readonly firstByteMs: number;
  readonly totalMs: number;
  readonly bytes: number;
}

async function download(url: string): Promise<Download> {
  const began = performance.now();
  const sent = request(url, { agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${response.statusCode} from the archive's address`);
  let bytes = 0;
  let firstByteMs = Number.NaN;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    if (bytes === 0) firstByteMs = performance.now() - began;
    bytes += chunk.length;
  }
  return { firstByteMs, totalMs: performance.now() - began, bytes };
}

await using folder = tempDir();
const args = ['server', '--data-dir', folder.file('data'), '--listen', '127.0.0.1:0', '--log-level', 'debug'];
await using server = startApp(args);
const origin = (await server.line(/ready url=(\S+)/))[1] ?? '';
const readyAt = performance.now();
await server.line(/agent archives are ready/, 120_000);
const preparedSeconds = (performance.now() - readyAt) / 1000;
const url = `${origin}/settings/leafward-monitoring-agent.tar.gz`;
await download(url);
const alone: Download[] = [];
for (let run = 0; run < 7; run++) alone.push(await download(url));
const rate = quantile(
  alone.map(({ bytes, totalMs }) => bytes / 1000 / totalMs),
  0.5,
);
reportFigure({
  what: 'archive: first byte',
  goal: '50 ms',
  measured: `${quantile(
    alone.map(({ firstByteMs }) => firstByteMs),
    0.5,
  ).toFixed(1)} ms`,
  remark: `median of ${alone.length}; one download runs at ${rate.toFixed(0)} MB/s; ready ${preparedSeconds.toFixed(1)} s after the server's first start`,
});
const before = rssAnonMb(server.pid);
let highest = 0;
const sampler = setInterval(() => {
  highest = Math.max(highest, rssAnonMb(server.pid));
}, 50);
const startAll = performance.now();
const all = await Promise.all(Array.from({ length: 50 }, () => download(url)));
const seconds = (performance.now() - startAll) / 1000;
clearInterval(sampler);
const megabytes = all.reduce((sum, { bytes }) => sum + bytes, 0) / 1e6;
reportFigure({
  what: 'archive: memory that 50 downloads at once add',
  goal: 'flat',
  measured: `${Math.max(0, highest - before).toFixed(0)} MB (RssAnon ${highest.toFixed(0)} MB)`,
  remark: `${megabytes.toFixed(0)} MB sent at ${(megabytes / seconds).toFixed(0)} MB/s`,
});
