import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../../../src/wire/api/deployment.ts';
import { testAuthority, writeMongodCertificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { startProxy } from '../../support/proxy.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { startWatching, type Watching } from '../../support/watching.ts';

const patience = { timeoutMs: 240_000, everyMs: 100 };

async function sampled(watching: Watching, name: string): Promise<Host> {
  return eventually(
    async () =>
      (await watching.api<Host[]>('GET', '/hosts')).find(
        ({ host, lastSampleAtMs }) => host === name && lastSampleAtMs !== null,
      ),
    { ...patience, what: `samples of ${name}` },
  );
}

test('everything for the server goes through the proxy with its login, nothing for MongoDB does', async () => {
  await using mongod = await startMongod();
  await using watching = await startWatching();
  await using proxy = await startProxy({ user: 'me', password: 'p@ss' });
  await watching.api('POST', '/hosts', { host: mongod.host });
  const httpProxy = proxy.url.replace('://', '://me:p%40ss@');
  await watching.startAgent({ httpProxy });
  await sampled(watching, mongod.host);
  // The page's own way is not the agent's: everything below came from the agent.
  for (const message of ['POST hello', 'GET settings', 'POST samples', 'POST report']) {
    const [method, route] = message.split(' ');
    const begins = `${method} ${watching.serverUrl}/agent/v1/${route}`;
    await eventually(() => proxy.seen.some((line) => line.startsWith(begins)), { ...patience, what: message });
  }
  assert.equal(proxy.refused(), 0);
  assert.ok(!proxy.seen.some((line) => line.includes(mongod.host)));
  assert.ok(!watching.lines.some((line) => line.includes('p@ss') || line.includes('p%40ss')));
});

test('no_proxy holds for the proxy of the settings file too', async () => {
  await using mongod = await startMongod();
  await using watching = await startWatching();
  await using proxy = await startProxy();
  await watching.api('POST', '/hosts', { host: mongod.host });
  await watching.startAgent({ httpProxy: proxy.url, env: { no_proxy: '127.0.0.1' } });
  await sampled(watching, mongod.host);
  assert.deepEqual(proxy.seen, []);
});

test('over HTTPS the proxy carries a tunnel, and the own CA is trusted through it', async () => {
  await using mongod = await startMongod();
  await using watching = await startWatching({ tls: 'auto' });
  await using proxy = await startProxy();
  await watching.api('POST', '/hosts', { host: mongod.host });
  await watching.startAgent({ env: { https_proxy: proxy.url } });
  await sampled(watching, mongod.host);
  assert.ok(proxy.seen.length > 0);
  assert.deepEqual([...new Set(proxy.seen)], [`CONNECT ${new URL(watching.serverUrl).host}`]);
});

test('a replica set that demands TLS is watched with its CA', async () => {
  await using folder = tempDir('mongod-tls');
  const files = await writeMongodCertificates(folder.path, await testAuthority());
  await using set = await startReplicaSet({ members: 1, tls: files });
  await using watching = await startWatching();
  const host = set.hosts[0] ?? '';
  await watching.api('POST', '/hosts', { host });
  await watching.startAgent({ mongodbTls: true, mongodbTlsCaFile: files.caFile });
  assert.equal((await sampled(watching, host)).problem, null);
});
