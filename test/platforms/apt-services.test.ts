import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startProduct } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { baseSystem } from './base-system.ts';
import { openChroot } from './chroot.ts';
import { publish, throwAwayKey } from './releases.ts';

test('server and backup agent from apt, beside each other: both run as leafward; a purge keeps the backups of the server', async () => {
  await using folder = tempDir('apt-services');
  const keyFile = throwAwayKey(folder, 'publisher');
  await using product = await startProduct(folder);
  await publish(folder, { release: '1', keyFile, repositories: join(product.dataDir, 'repositories') });
  await using system = await openChroot(baseSystem('bookworm'));
  system.write(
    '/etc/apt/sources.list.d/leafward.sources',
    await (await fetch(`${product.url}/repo/leafward.sources`)).text(),
  );
  await system.must('apt-get update -qq && apt-get install -y leafward-server leafward-backup-agent');

  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  system.write('/etc/leafward/server.d/address.config', `listen = 127.0.0.1:${port}\n`);
  const agent = `serverUrl = ${url}\ngroupId = g\napiKey = lfw_wrong\n`;
  system.write('/etc/leafward/backup-agent.d/group.config', agent);
  await system.must('/etc/init.d/leafward-server start');
  await eventually(async () => (await fetch(`${url}/health/ready`)).ok, { what: 'the server', timeoutMs: 30_000 });
  const link = await system.must(
    "su -s /bin/sh leafward -c 'leafward admin setup-link --data-dir /var/lib/leafward/server'",
  );
  assert.match(link, /\/setup\//);
  await system.must('/etc/init.d/leafward-backup-agent start');
  const users = await system.must(
    'stat -c %U /proc/$(cat /run/leafward/server.pid) /proc/$(cat /run/leafward/backup-agent.pid)',
  );
  assert.deepEqual(users.trim().split('\n'), ['leafward', 'leafward']);
  const owned = await system.must('stat -c "%n %U %a" /var/lib/leafward/*');
  assert.match(owned, /^\/var\/lib\/leafward\/backup-agent leafward 750$/m);

  await system.must('apt-get purge -y leafward-backup-agent');
  assert.equal((await fetch(`${url}/health/live`)).status, 200, 'the server goes on');
  assert.equal((await system.run('ls -d /var/lib/leafward/backup-agent /etc/leafward/backup-agent*')).status, 2);
  const said = await system.must('apt-get purge -y leafward-server');
  assert.match(said, /with all backups, stays in \/var\/lib\/leafward\/server/);
  await system.must(
    'test -e /var/lib/leafward/server && test ! -e /etc/leafward && test ! -e /etc/init.d/leafward-server',
  );
});
