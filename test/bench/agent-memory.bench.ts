import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startApp } from '../support/app.ts';
import { startFakeServer } from '../support/fake-server.ts';
import { replayHosts } from '../support/replay-mongod.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quantile, reportFigure } from './report-figure.ts';

/**
 * Memory that is the agent's own (RssAnon of the executable's process) while it polls: one real mongod, and a hundred hosts for
 * which another process answers with the recorded replies of that mongod. Looked at every half second after a warm-up.
 */
const warmUpMs = 30_000;
const watchedMs = 60_000;

interface Memory {
  readonly megabytes: number[];
  readonly samples: number;
  readonly cpuPercent: number;
}

async function watchAgent(hosts: readonly string[], intervalMs: number): Promise<Memory> {
  await using folder = tempDir('bench-memory');
  await using server = await startFakeServer({ intervalMs, hosts });
  const settings = folder.file('agent.config');
  const lines = [`serverUrl = ${server.url}`, 'groupId = g', 'apiKey = k', `stateDir = ${folder.file('state')}`];
  writeFileSync(settings, [...lines, 'importDiagnosticData = false', ''].join('\n'));
  await using agent = startApp(['monitoring-agent', '--settings', settings]);
  await agent.line(/monitoring agent runs/);
  await delay(warmUpMs);
  const before = server.numbers().samples;
  const cpuBefore = cpuMs(agent.pid);
  const megabytes: number[] = [];
  for (let waited = 0; waited < watchedMs; waited += 500) {
    await delay(500);
    megabytes.push(rssAnonMb(agent.pid));
  }
  const cpuPercent = ((cpuMs(agent.pid) - cpuBefore) / watchedMs) * 100;
  return { megabytes, samples: server.numbers().samples - before, cpuPercent };
}

function rssAnonMb(pid: number): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+) kB/.exec(text)?.[1]) / 1000;
}

/** User and system time; the kernel counts in hundredths of a second. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function report(what: string, goal: string, how: string, { megabytes, samples, cpuPercent }: Memory): void {
  const [first = 0] = megabytes;
  reportFigure({
    what,
    goal,
    measured: `${quantile(megabytes, 0.5).toFixed(0)} MB (highest ${Math.max(...megabytes).toFixed(0)} MB)`,
    remark: `${how}; ${samples} samples in ${watchedMs / 1000} s after ${warmUpMs / 1000} s of warm-up, ${cpuPercent.toFixed(1)} % of a core; first ${first.toFixed(0)} MB, last ${(megabytes.at(-1) ?? 0).toFixed(0)} MB`,
  });
}

await using set = await startReplicaSet({ members: 1 });
const one = set.hosts.slice(0, 1);
report(
  'agent memory (RssAnon) with 1 host',
  '60 MB',
  'executable, a real 6.0 every second',
  await watchAgent(one, 1000),
);
await using replayed = await replayHosts(`mongodb://${one[0] ?? ''}/`, 100);
report(
  'agent memory (RssAnon) with 100 hosts',
  '100 MB',
  'executable, recorded replies of a 6.0 with changing numbers at the wire, every 5 s',
  await watchAgent(replayed.hosts, 5000),
);
