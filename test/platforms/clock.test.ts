import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { needTools } from '../../build/platform-tools.ts';
import type { Host } from '../../src/wire/api/deployment.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { tempDir } from '../support/temp-dir.ts';
import { startSecureProduct, useBothAgents } from './secure-product.ts';

needTools(['faketime']);

const library = ['x86_64', 'aarch64']
  .map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`)
  .find((path) => existsSync(path));

/** A process that believes another time of day; how long things take stays as it is. */
function wrongClock(offset: string): Record<string, string> {
  assert.ok(library !== undefined, 'libfaketime is not where Debian puts it');
  return { LD_PRELOAD: library, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1' };
}

const hourMs = 3_600_000;
const cases = [
  { what: 'agents that are an hour late', agents: wrongClock('-1h'), server: {}, serverMs: 0 },
  { what: 'agents that are an hour early', agents: wrongClock('+1h'), server: {}, serverMs: 0 },
  { what: 'a server that is an hour late', agents: {}, server: wrongClock('-1h'), serverMs: -hourMs },
  { what: 'a server that is an hour early', agents: {}, server: wrongClock('+1h'), serverMs: hourMs },
];

for (const { what, agents, server, serverMs } of cases) {
  test(`${what}: samples, backups and TLS work as ever, at the time of the server`, async () => {
    await using folder = tempDir('clock');
    await using product = await startSecureProduct(folder, [], server);
    await using set = await startReplicaSet({ members: 1 });
    await using client = await set.connect();
    await useBothAgents(product, set, client, { lines: {}, env: agents });
    const [host] = await product.api<Host[]>('GET', '/hosts');
    const behindMs = Date.now() + serverMs - (host?.lastSampleAtMs ?? 0);
    assert.ok(Math.abs(behindMs) < 60_000, `the last sample is ${behindMs} ms off`);
  });
}
