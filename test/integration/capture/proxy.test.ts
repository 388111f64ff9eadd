import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { startBackupServer } from '../../support/backup-server.ts';
import { assertIsOplog, backUp, startCapturing, untilCaptured, untilScanned } from '../../support/capturing.ts';
import { freePort } from '../../support/free-port.ts';
import { startProxy } from '../../support/proxy.ts';
import { startReplicaSet } from '../../support/replica-set.ts';

test('blocks, slices and long polls of a backup go through the proxy with its login, nothing for MongoDB does', async () => {
  await using set = await startReplicaSet({ members: 1 });
  await using client = await set.connect();
  const blobs = client.db('shop').collection('blobs');
  await blobs.insertMany(Array.from({ length: 100 }, () => ({ body: randomBytes(50_000) })));
  await using server = await startBackupServer();
  const state = backUp(server, set, {});
  await using proxy = await startProxy({ user: 'me', password: 'p@ss' });
  const env = { http_proxy: `http://127.0.0.1:${await freePort()}`, HTTPS_PROXY: proxy.url };
  await using capturing = await startCapturing(server, { httpProxy: proxy.url, httpProxyCredentials: 'me:p@ss', env });
  await untilScanned(state, capturing);
  await blobs.insertOne({ body: randomBytes(10 * 2 ** 20) });
  await untilCaptured(state, client);
  await assertIsOplog(state, client);
  const lines = proxy.seen.map((line) => line.replace(/\?.*$/, ''));
  for (const route of ['hello', 'backup/tasks', 'backup/scan/blocks', 'backup/slices']) {
    assert.ok(
      lines.some((line) => line.endsWith(`/agent/v1/${route}`)),
      `${route} in ${[...new Set(lines)].join('\n')}`,
    );
  }
  assert.equal(proxy.refused(), 0);
  assert.ok(!proxy.seen.some((line) => line.includes(set.hosts[0] ?? '')));
  assert.ok(!capturing.lines.some((line) => line.includes('p@ss')));
});
