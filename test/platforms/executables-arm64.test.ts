import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { startProduct, untilSampled } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { baseSystem } from './base-system.ts';
import { openChroot } from './chroot.ts';
import { releaseFile } from './release-files.ts';

const packages = ['qemu-user-static', 'libc6:arm64', 'libstdc++6:arm64', 'libatomic1:arm64'];
const leafward = 'qemu-aarch64-static /opt/leafward';

test('Linux arm64 under qemu: it says what it is, and watches a mongod', { timeout: 900_000 }, async (t) => {
  await using folder = tempDir('arm64');
  await using system = await openChroot(baseSystem('bookworm', { name: 'arm64', foreign: 'arm64', packages }));
  system.write('/opt/leafward', releaseFile('linux-arm64'));
  await system.must('chmod 755 /opt/leafward');

  await t.test('version and licences', async () => {
    const said = JSON.parse(await system.must(`${leafward} --version --json`));
    assert.equal(said.target, 'linux-arm64');
    assert.equal(said.node, process.versions.node);
    assert.match(await system.must(`${leafward} licences`), /Node\.js contributors/);
  });

  await t.test('the monitoring agent polls a real mongod', async () => {
    await using mongod = await startMongod();
    await using product = await startProduct(folder);
    await product.api('POST', '/hosts', { host: mongod.host });
    const settings = [`serverUrl = ${product.url}`, `groupId = ${product.groupId}`, `apiKey = ${product.agentKey}`];
    system.write('/etc/leafward/agent.config', `${settings.join('\n')}\nstateDir = /var/lib/leafward\n`);
    await system.must(
      'useradd --system leafward; install -d -o leafward /var/lib/leafward; chown -R leafward /etc/leafward',
    );
    const began = performance.now();
    const command = `${leafward} monitoring-agent --settings /etc/leafward/agent.config`;
    await system.must(
      `setpriv --reuid leafward --regid leafward --clear-groups ${command} >/tmp/agent.log 2>&1 & echo $! >/tmp/pid`,
    );
    await untilSampled(product, [mongod.host], { least: 1, timeoutMs: 120_000 });
    console.log(`# linux-arm64 under qemu: first sample after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await system.must('kill $(cat /tmp/pid)');
    const stopped = (): boolean => /stopping reason=SIGTERM/.test(system.read('/tmp/agent.log'));
    await eventually(stopped, { what: 'the end of the agent' });
  });
});
