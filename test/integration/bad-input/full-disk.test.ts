import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { runApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { pointTimes, rawMetric, startProduct, untilSampled } from '../../support/product.ts';
import { smallDisk, whyNoSmallDisk } from '../../support/small-disk.ts';
import { tempDir } from '../../support/temp-dir.ts';

const skip = whyNoSmallDisk() ?? false;
/** That the disk stays full. */
const leastMs = 10_000;

interface Topology {
  readonly verdict: { readonly health: string; readonly title: string; readonly detail: string };
  readonly blind: unknown;
}

test('while the disk of the server is full nothing is lost, the page says why, and all arrives when there is space', {
  skip,
  timeout: 600_000,
}, async () => {
  await using small = smallDisk(24);
  await using folder = tempDir('full-disk');
  await using mongod = await startMongod();
  mkdirSync(small.file('server'));
  await using product = await startProduct({
    ...folder,
    file: (name) => (name === 'server' ? small.file(name) : folder.file(name)),
  });
  await using agent = product.startAgent('agent', folder);
  await product.api('PATCH', '', { intervalMs: 1000 });
  await product.api('POST', '/hosts', { host: mongod.host });
  const [host] = await untilSampled(product, [mongod.host], { least: 5 });
  assert.ok(host);

  const filledAtMs = Date.now();
  // Again and again: the server itself gives space back (a checkpoint, an archive that was being prepared).
  await eventually(
    () => {
      small.fill();
      return /the disk of the server's data directory is full.*code=STORE_FULL/.test(agent.stdout());
    },
    { timeoutMs: 240_000, everyMs: 200, what: 'an agent that is told of the full disk' },
  );
  const acknowledged = await pointTimes(product, host.id, rawMetric);
  const shown = await eventually(async () => {
    const { verdict, blind } = await product.api<Topology>('GET', '/topology');
    return verdict.title === 'The disk of the server is full' && { verdict, blind };
  });
  assert.equal(shown.verdict.health, 'bad');
  assert.match(shown.verdict.detail, /agents keep their samples.*Free disk space/);
  assert.equal(shown.blind, null, 'agents still report: the hosts are known');
  const ready = await fetch(`${product.url}/health/ready`);
  const readyBody: unknown = await ready.json();
  assert.deepEqual([ready.status, (readyBody as { code?: string }).code], [507, 'STORE_FULL']);
  // Pages and scripts are answered all the while, also beyond the minute in which their last use is written down.
  const kept = await eventually(
    async () => {
      const [view] = await product.api<{ outboxSamples: number; role: string }[]>('GET', '/agents');
      // Several of a second may wait: those of one host are wanted over a while.
      return view !== undefined && view.outboxSamples >= 10 && Date.now() - filledAtMs > leastMs && view;
    },
    { timeoutMs: 240_000, what: 'ten samples that wait with the agent' },
  );
  assert.equal(kept.role, 'active');

  small.free();
  const freedAtMs = Date.now();
  await agent.line(/works again.*after=STORE_FULL/, 180_000);
  const times = await eventually(
    async () => {
      const all = await pointTimes(product, host.id, rawMetric);
      return (all.at(-1) ?? 0) > freedAtMs + 2000 && all;
    },
    { timeoutMs: 240_000, everyMs: 500, what: 'samples from after the space was freed' },
  );
  for (const atMs of acknowledged) assert.ok(times.includes(atMs), `the sample of ${atMs} was shown and is gone`);
  // Ten and more waited with the agent, few of them with other figures of the host.
  const since = times.filter((atMs) => atMs > filledAtMs && atMs < freedAtMs);
  assert.ok(since.length >= 5, `${since.length} samples of ${freedAtMs - filledAtMs} ms`);
  await eventually(async () => (await product.api<Topology>('GET', '/topology')).verdict.health === 'ok', {
    timeoutMs: 240_000,
  });
  assert.equal((await fetch(`${product.url}/health/ready`)).status, 200);

  await product.crashServer();
  const after = await pointTimes(product, host.id, rawMetric);
  for (const atMs of times) assert.ok(after.includes(atMs), `the sample of ${atMs} did not survive kill -9`);
  const told = product.server.stdout() + product.server.stderr() + agent.stdout() + agent.stderr();
  for (const secret of [product.agentKey, product.apiToken]) assert.ok(!told.includes(secret));
});

test('a server that is started on a full disk says so, and not that another one runs', { skip }, async () => {
  await using small = smallDisk(8);
  await using folder = tempDir('full-disk');
  await using product = await startProduct({
    ...folder,
    file: (name) => (name === 'server' ? small.file(name) : folder.file(name)),
  });
  await product.server.stop();
  small.fill();
  const refused = await runApp(['server', '--data-dir', product.dataDir, '--listen', '127.0.0.1:0']);
  assert.equal(refused.status, 74, refused.stderr);
  assert.match(
    refused.stderr,
    /the disk of the data directory .* is full\nnext: Free disk space there, then start again.*\ncode: STORE_FULL/,
  );
  const fresh = await runApp(['server', '--data-dir', small.file('other'), '--listen', '127.0.0.1:0']);
  assert.match(fresh.stderr, /code: STORE_FULL/);
  small.free();
  await product.crashServer();
  assert.equal((await product.api<unknown[]>('GET', '/hosts')).length, 0);
});
