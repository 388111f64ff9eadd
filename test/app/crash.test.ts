import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { runApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { pointTimes, rawMetric, startProduct, untilSampled } from '../support/product.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

interface AgentView {
  readonly id: string;
  readonly role?: string;
  readonly status: { readonly word: string };
}

/** Waits until the agent has put so many samples on disk; the names of its files say how many are in each. */
async function untilOnDisk(folder: TempDir, samples: number): Promise<void> {
  const onDisk = (): number =>
    readdirSync(folder.file('agent-state/outbox'))
      .map((name) => Number(/-(\d+)\.lwsf$/.exec(name)?.[1] ?? 0))
      .reduce((sum, count) => sum + count, 0);
  await eventually(() => onDisk() >= samples, { what: `${samples} samples on disk` });
}

test('what was stored is there after the server was killed, and the agent goes on by itself', {
  timeout: 600_000,
}, async () => {
  await using folder = tempDir();
  await using set = await startReplicaSet({ members: 1 });
  await using product = await startProduct(folder);
  await product.api('PATCH', '', { intervalMs: 1000 });
  await product.api('POST', '/hosts', { host: set.hosts[0] });
  await using agent = product.startAgent('agent', folder);
  const [host] = await untilSampled(product, set.hosts, { least: 5 });
  assert.ok(host);
  for (let round = 0; round < 2; round++) {
    const before = await pointTimes(product, host.id, rawMetric);
    const killedAtMs = Date.now();
    await product.server.crash();
    // One or two may have been taken before.
    await untilOnDisk(folder, 4);
    await product.crashServer();
    const backAtMs = Date.now();
    const after = await pointTimes(product, host.id, rawMetric);
    const missing = before.filter((atMs) => !after.includes(atMs));
    assert.deepEqual(missing, []);
    await eventually(async () => (await pointTimes(product, host.id, rawMetric)).some((atMs) => atMs > backAtMs), {
      timeoutMs: 240_000,
      everyMs: 500,
      what: 'samples after the crash',
    });
    // What was taken while the server was away came later, with its own times.
    const times = await pointTimes(product, host.id, rawMetric);
    const away = times.filter((atMs) => atMs > killedAtMs && atMs < backAtMs);
    assert.ok(away.length > 0, `no samples of the ${backAtMs - killedAtMs} ms without a server`);
  }
  assert.equal(await agent.stop(), 0);
});

test('a second server on the data directory is refused and the first goes on', async () => {
  await using folder = tempDir();
  await using product = await startProduct(folder);

  const second = await runApp(['server', '--data-dir', product.dataDir, '--listen', '127.0.0.1:0']);
  assert.equal(second.status, 75);
  assert.match(second.stderr, /code: STORE_LOCKED/);
  assert.equal((await fetch(`${product.url}/health/ready`)).status, 200);
});

test('the other agent takes over after a kill', { timeout: 600_000 }, async () => {
  await using folder = tempDir();
  await using set = await startReplicaSet({ members: 1 });
  await using product = await startProduct(folder);
  await product.api('PATCH', '', { intervalMs: 1000 });
  await product.api('POST', '/hosts', { host: set.hosts[0] });
  await using first = product.startAgent('first', folder);
  const [host] = await untilSampled(product, set.hosts);
  assert.ok(host);
  await using second = product.startAgent('second', folder);
  await eventually(async () => (await product.api<AgentView[]>('GET', '/agents')).length === 2, {
    timeoutMs: 240_000,
    what: 'two agents',
  });
  await first.crash();
  const killedAt = Date.now();
  await eventually(async () => (await pointTimes(product, host.id, rawMetric)).some((atMs) => atMs > killedAt + 2000), {
    timeoutMs: 240_000,
    everyMs: 500,
    what: 'samples of the other agent',
  });
  assert.equal(await second.stop(), 0);
});

test('what an agent took while the server was away survives a kill of the agent', { timeout: 600_000 }, async () => {
  await using folder = tempDir();
  await using set = await startReplicaSet({ members: 1 });
  await using product = await startProduct(folder);
  await product.api('PATCH', '', { intervalMs: 1000 });
  await product.api('POST', '/hosts', { host: set.hosts[0] });
  const { awayMs, killedMs } = await (async () => {
    await using agent = product.startAgent('agent', folder);
    await untilSampled(product, set.hosts);
    await product.server.crash();
    const sinceMs = Date.now();
    await agent.line(/cannot reach http/);
    // One or two may have been taken before.
    await untilOnDisk(folder, 6);
    await agent.crash();
    return { awayMs: sinceMs, killedMs: Date.now() };
  })();
  await product.crashServer();
  await using agent = product.startAgent('agent', folder);
  const [host] = await untilSampled(product, set.hosts);
  assert.ok(host);
  const isAfter = async (): Promise<readonly number[] | false> => {
    const times = await pointTimes(product, host.id, rawMetric);
    return times.some((atMs) => atMs > killedMs) && times;
  };
  const times = await eventually(isAfter, { timeoutMs: 240_000, everyMs: 500, what: 'samples of the next run' });
  const kept = times.filter((atMs) => atMs > awayMs && atMs < killedMs);
  assert.ok(kept.length >= 2, `${kept.length} samples of ${killedMs - awayMs} ms`);
  assert.equal(await agent.stop(), 0);
});
