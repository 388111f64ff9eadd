import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../build/paths.ts';
import type { NewDownloadAnswer } from '../../src/wire/api/downloads.ts';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { type Product, startProduct, untilSampled } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { baseSystem } from './base-system.ts';
import { openChroot } from './chroot.ts';
import { listing, owner, pidOf } from './installed.ts';

const agents = ['monitoring-agent', 'backup-agent'] as const;
const needs = { name: 'curl', packages: ['curl', 'ca-certificates', 'libatomic1', 'logrotate'] } as const;

interface AgentView {
  readonly kind: string;
  readonly state: string;
}

test('both agents from one archive: unpack, install, run as leafward, install again, uninstall, purge', async (t) => {
  await using folder = tempDir('install');
  await using product = await startProduct(folder);
  await using mongod = await startMongod();
  await using system = await openChroot(baseSystem('bookworm', needs));
  const before = await listing(system, ['/var/lib/logrotate', '/run']);
  const began = performance.now();
  const made = await product.api<NewDownloadAnswer>('POST', '/downloads', { agent: 'both' });
  const install = (agent: string, more = ''): string =>
    `cd /root/leafward-agents && ./leafward ${agent} install --settings ${agent}.config ${more}`;

  await t.test('a dry run changes nothing', async () => {
    await system.must(`cd /root && curl -fsS ${made.tarGzUrl} | tar -xz`);
    const unpacked = await listing(system, ['/var/lib/logrotate', '/run']);
    const said = await system.must(install('monitoring-agent', '--dry-run'));
    assert.match(said, /would: user leafward/);
    assert.deepEqual(await listing(system, ['/var/lib/logrotate', '/run']), unpacked);
  });

  await t.test('both run as leafward, and watch', async () => {
    for (const agent of agents) {
      const said = await system.must(install(agent));
      assert.match(said, new RegExp(`leafward-${agent} runs, and starts with this machine`));
    }
    for (const agent of agents) assert.equal(await owner(system, agent), 'leafward');
    await product.api('POST', '/hosts', { host: mongod.host });
    await untilSampled(product, [mongod.host], { least: 1 });
    const seconds = (performance.now() - began) / 1000;
    console.log(`# bookworm: from curl to the first sample ${seconds.toFixed(1)} s`);
    assert.ok(seconds <= 60, `${seconds} s`);
    await eventually(() => reporting(product, 'backup'), { what: 'the backup agent', timeoutMs: 30_000 });
    const owners = await system.must('stat -c "%n %U:%G %a" /etc/leafward /etc/leafward/* /var/lib/leafward/*');
    assert.deepEqual(owners.trim().split('\n'), [
      '/etc/leafward root:leafward 750',
      '/etc/leafward/backup-agent.config root:leafward 640',
      '/etc/leafward/monitoring-agent.config root:leafward 640',
      '/var/lib/leafward/backup-agent leafward:leafward 750',
      '/var/lib/leafward/monitoring-agent leafward:leafward 750',
    ]);
    for (const agent of agents) {
      assert.notEqual((await system.must(`ls /etc/rc2.d/S*leafward-${agent}`)).trim(), '');
    }
  });

  await t.test('installed again it goes on as it is; started again when it was stopped', async () => {
    const pid = await pidOf(system, 'monitoring-agent');
    assert.doesNotMatch(await system.must(install('monitoring-agent')), /done: /);
    assert.equal(await pidOf(system, 'monitoring-agent'), pid);
    await system.must('/etc/init.d/leafward-monitoring-agent stop');
    assert.match(await system.must(install('monitoring-agent')), /done: run .*leafward-monitoring-agent restart/);
    assert.equal(await owner(system, 'monitoring-agent'), 'leafward');
  });

  await t.test('its log is turned by the file that came with it', async () => {
    await system.must('logrotate --force /etc/logrotate.d/leafward-monitoring-agent');
    const log = '/var/log/leafward/monitoring-agent.log';
    await eventually(() => /\S/.test(system.read(log)), { what: 'lines in the new log', timeoutMs: 30_000 });
  });

  await t.test('uninstall stops it and keeps settings and data; purge leaves nothing', async () => {
    await system.must('leafward monitoring-agent uninstall');
    await system.must('leafward backup-agent status --settings /etc/leafward/backup-agent.config');
    assert.equal((await system.run('test -e /etc/init.d/leafward-monitoring-agent')).status, 1);
    await system.must('test -s /etc/leafward/monitoring-agent.config && test -d /var/lib/leafward/monitoring-agent');
    await system.must('leafward monitoring-agent uninstall --purge');
    await system.must('cp /usr/local/bin/leafward /tmp/ && /tmp/leafward backup-agent uninstall --purge');
    assert.notEqual((await system.run('pidof leafward')).status, 0);
    const left = (await listing(system, ['/var/lib/logrotate', '/run'])).filter(
      (path) => !before.includes(path) && !path.startsWith('/root/'),
    );
    assert.deepEqual(left, []);
    assert.equal((await system.run('getent passwd leafward')).status, 2);
  });
});

test('the shell script installs from the archive without a key', async () => {
  await using folder = tempDir('install-script');
  await using product = await startProduct(folder);
  await using system = await openChroot(baseSystem('bookworm', needs));
  system.write('/root/install.sh', example('install.sh'));
  system.write('/root/key', product.agentKey);
  await system.must(
    `SERVER_URL=${product.url} GROUP_ID=${product.groupId} API_KEY_FILE=/root/key AGENT=backup-agent sh /root/install.sh`,
  );
  assert.equal(await owner(system, 'backup-agent'), 'leafward');
  await eventually(() => reporting(product, 'backup'), { what: 'its report', timeoutMs: 30_000 });
  await system.must('leafward backup-agent uninstall --purge');
});

test('the steps of the Dockerfile make a system in which the agent runs as its user', async () => {
  await using folder = tempDir('dockerfile');
  await using product = await startProduct(folder);
  await using system = await openChroot(baseSystem('bookworm'));
  const steps = example('Dockerfile').replaceAll('\\\n', '').split('\n');
  const arg = `SERVER_URL=${product.url} AGENT=monitoring-agent TARGETARCH=amd64`;
  for (const step of steps.filter((line) => line.startsWith('RUN '))) {
    await system.must(`export ${arg}; ${step.slice(4)}`, 300_000);
  }
  const env = steps.find((line) => line.startsWith('ENV '))?.slice(4) ?? '';
  system.write('/secret', product.agentKey);
  const group = `LEAFWARD_SERVER_URL=${product.url} LEAFWARD_GROUP_ID=${product.groupId} LEAFWARD_API_KEY_FILE=/secret`;
  const line = `${env} ${group} /usr/local/bin/leafward monitoring-agent`;
  await system.must(`su -s /bin/sh leafward -c '${line} >/tmp/agent.log 2>&1 & echo $! >/tmp/agent.pid'`);
  await eventually(() => reporting(product, 'monitoring'), { what: 'its report', timeoutMs: 30_000 });
  await system.must('kill "$(cat /tmp/agent.pid)"');
});

function example(name: string): string {
  return readFileSync(join(root, 'docs', 'install', 'examples', name), 'utf8');
}

async function reporting(product: Product, kind: string): Promise<boolean> {
  return (await product.api<AgentView[]>('GET', '/agents')).some((agent) => agent.kind === kind);
}
