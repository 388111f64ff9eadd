import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { MonitoringAgent } from '../../../src/monitor/agent.ts';
import type { Host } from '../../../src/wire/api/deployment.ts';
import type { SeriesAnswer } from '../../../src/wire/api/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { startWatching, type Watching } from '../../support/watching.ts';

const patience = { timeoutMs: 240_000, everyMs: 200 };

async function watchedHost(watching: Watching, name: string): Promise<Host> {
  return eventually(
    async () =>
      (await watching.api<Host[]>('GET', '/hosts')).find(
        ({ host, lastSampleAtMs }) => host === name && lastSampleAtMs !== null,
      ),
    { ...patience, what: `samples of ${name}` },
  );
}

/** Until the agent holds so many more samples for a server that does not take them. */
async function untilWaiting(agent: MonitoringAgent, more: number): Promise<void> {
  const waiting = (): number => agent.health().gauges['waitingSamples'] ?? 0;
  const before = waiting();
  await eventually(() => waiting() >= before + more, { ...patience, what: `${more} samples that wait` });
}

type Points = SeriesAnswer['series'][number]['points'];

async function pointsOf(watching: Watching, hostId: string): Promise<Points> {
  const to = Date.now();
  const query = new URLSearchParams({
    metric: 'serverStatus.uptimeMillis',
    from: String(to - 300_000),
    to: String(to),
    points: '2000',
  });
  return (await watching.api<SeriesAnswer>('GET', `/hosts/${hostId}/series?${query}`)).series[0]?.points ?? [];
}

test('samples taken while the server is away arrive later, each at its own time', async () => {
  await using mongod = await startMongod();
  await using watching = await startWatching();
  await watching.api('POST', '/hosts', { host: mongod.host });
  const agent = await watching.startAgent();
  const { id } = await watchedHost(watching, mongod.host);
  await watching.stopServer();
  const awayMs = Date.now();
  await eventually(() => watching.lines.some((line) => /cannot reach http/.test(line)), patience);
  await untilWaiting(agent, 6);
  const backMs = Date.now();
  await watching.startServerAgain();
  await eventually(() => watching.lines.some((line) => /works again/.test(line)), patience);
  const points = await eventually(async () => {
    const all = await pointsOf(watching, id);
    return (all.at(-1)?.[0] ?? 0) > backMs && all;
  }, patience);
  const times = points.filter(([, min]) => min !== null).map(([atMs]) => atMs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
  const inside = times.filter((atMs) => atMs > awayMs && atMs < backMs);
  assert.ok(inside.length >= 4, `${inside.length} samples in ${backMs - awayMs} ms`);
  const told = watching.lines.filter((line) => /cannot reach http/.test(line));
  assert.equal(told.length, 1, told.join('\n'));
});

test('an agent that starts while the server is away polls the hosts of last time', async () => {
  await using mongod = await startMongod();
  await using watching = await startWatching();
  await watching.api('POST', '/hosts', { host: mongod.host });
  const settings = watching.agentSettings();
  const first = await watching.startAgent(settings);
  const { id } = await watchedHost(watching, mongod.host);
  await first.close();
  await watching.stopServer();
  const startMs = Date.now();
  const agent = await watching.startAgent(settings);
  await eventually(() => watching.lines.some((line) => /hosts of last time/.test(line)), patience);
  await untilWaiting(agent, 5);
  const backMs = Date.now();
  await watching.startServerAgain();
  const inside = await eventually(async () => {
    const points = await pointsOf(watching, id).catch(() => []);
    const times = points.filter(([, min]) => min !== null).map(([atMs]) => atMs);
    return (times.at(-1) ?? 0) > backMs && times.filter((atMs) => atMs > startMs && atMs < backMs);
  }, patience);
  assert.ok(inside.length >= 3, `${inside.length} samples in ${backMs - startMs} ms`);
});

test('a revoked key is told once with what to do, polling goes on, and a new key takes up where it was left', async () => {
  await using mongod = await startMongod();
  await using watching = await startWatching();
  await watching.api('POST', '/hosts', { host: mongod.host });
  const settings = watching.agentSettings();
  const first = await watching.startAgent(settings);
  const { id } = await watchedHost(watching, mongod.host);
  const keys = await watching.api<{ id: string }[]>('GET', '/keys');
  for (const key of keys) await watching.api('DELETE', `/keys/${key.id}`);
  const revokedMs = Date.now();
  await eventually(() => watching.lines.some((line) => /was revoked/.test(line)), patience);
  await untilWaiting(first, 4);
  const refusals = watching.lines.filter((line) => line.includes('KEY_REFUSED'));
  assert.equal(refusals.length, 1, refusals.join('\n'));
  assert.match(refusals[0] ?? '', /WARN .*next="The key is wrong or was revoked. Make a new one under Settings/);
  const closedMs = Date.now();
  await first.close();
  assert.notDeepEqual(readdirSync(`${settings.stateDir}/outbox`), []);
  const { secret } = await watching.api<{ secret: string }>('POST', '/keys', { name: 'new', scope: 'monitoring' });
  await watching.startAgent({ ...settings, apiKey: secret });
  const times = await eventually(async () => {
    const all = (await pointsOf(watching, id)).filter(([, min]) => min !== null).map(([atMs]) => atMs);
    return all.some((atMs) => atMs > revokedMs && atMs < closedMs) && (all.at(-1) ?? 0) > closedMs && all;
  }, patience);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});
