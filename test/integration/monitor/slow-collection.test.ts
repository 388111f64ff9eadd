import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Pace } from '../../../src/monitor/pace.ts';
import type { Host } from '../../../src/wire/api/deployment.ts';
import type { MetricInfo, SeriesAnswer } from '../../../src/wire/api/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { startWatching } from '../../support/watching.ts';

const odd = 'a.b%c d é';
const collections = 30;

test('databases and the twenty largest collections get their charts, whatever they are called', async () => {
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const shop = client.db('shop%-é');
  for (let at = 0; at < collections; at++) {
    await shop.collection(`c${at}`).insertOne({ text: 'x'.repeat(100 + at) });
  }
  await shop.collection(odd).insertMany(Array.from({ length: 50 }, () => ({ text: 'x'.repeat(2000) })));
  await shop.collection(odd).createIndex({ 'text.y': 1 });
  await shop.createCollection('view', { viewOn: 'c1', pipeline: [] });

  await using watching = await startWatching();
  await watching.api('POST', '/hosts', { host: mongod.host });
  await watching.startAgent();
  const found = await eventually(
    async () => {
      const [host] = await watching.api<Host[]>('GET', '/hosts');
      if (host === undefined) return undefined;
      const metrics = await watching.api<MetricInfo[]>('GET', `/hosts/${host.id}/metrics`);
      const names = metrics.map(({ name }) => name);
      return (
        names.some((name) => name.startsWith('indexStats.')) &&
        names.some((name) => name.startsWith('dbStats.')) && { host, names }
      );
    },
    { timeoutMs: 240_000, everyMs: 250, what: 'figures of databases and collections' },
  );
  const { host } = found;
  const to = Date.now();
  const values = async (...metrics: string[]) => {
    const query = new URLSearchParams({ from: String(to - 300_000), to: String(to + 60_000), points: '1000' });
    for (const metric of metrics) query.append('metric', metric);
    const { series } = await watching.api<SeriesAnswer>('GET', `/hosts/${host.id}/series?${query}`);
    return series.map(({ metric, points }) => [metric, points.findLast(([, min]) => min !== null)?.[2]] as const);
  };
  const sizes = new Map(await values('database.dataSize', 'collection.size'));
  const largest = [...sizes.keys()].filter((name) => name.startsWith('collection.size:'));
  assert.equal(largest.length, 20);
  assert.ok(Number(sizes.get('collection.size:shop%25-é.a%2Eb%25c d é')) > 100_000);
  assert.ok(sizes.has(`collection.size:shop%25-é.c${collections - 1}`));
  assert.ok(!sizes.has('collection.size:shop%25-é.c0'));
  assert.ok(Number(sizes.get('database.dataSize:shop%25-é')) > 100_000);
  // A use is a rate, which wants a second look; until then the index is named without a value.
  const uses = (await values('index.uses')).map(([metric]) => metric);
  assert.ok(uses.includes('index.uses:shop%25-é.a%2Eb%25c d é.text%2Ey_1'));
});

test('a pass over many collections rests between its commands and counts only its work', async () => {
  const pace = new Pace(new AbortController().signal);
  const begun = performance.now();
  for (let at = 0; at < 4; at++) await pace.run(() => delay(10));
  const elapsedMs = performance.now() - begun;
  assert.ok(pace.busyMs >= 38, String(pace.busyMs));
  assert.ok(elapsedMs >= pace.busyMs + 9 * 20 * 0.95, `${elapsedMs} ms for ${pace.busyMs} ms of work`);
});
