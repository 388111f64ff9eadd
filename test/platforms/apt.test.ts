import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { type Product, startProduct, untilSampled } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { baseSystem } from './base-system.ts';
import { type Chroot, openChroot } from './chroot.ts';
import { groupSettings } from './group-settings.ts';
import { assertGoesOn, assertInstalled, listing, owner, pidOf } from './installed.ts';
import { publish, throwAwayKey } from './releases.ts';

const service = 'leafward-monitoring-agent';
const init = `/etc/init.d/${service}`;
const names = "dpkg-query -W -f '${Package}\\n'";
/** What apt and dpkg keep of their own work. */
const ofApt = ['/run/adduser', '/var/lib/apt', '/var/lib/dpkg', '/var/cache', '/var/log/apt'];
const log = '/var/log/leafward/monitoring-agent.log';

interface AgentView {
  readonly id: string;
  readonly version: string;
  readonly state: string;
}

for (const release of ['bookworm', 'trixie'] as const) {
  test(`apt on Debian ${release}: install, configure, run, edit, upgrade, remove, purge`, async (t) => {
    await using folder = tempDir('apt');
    const keyFile = throwAwayKey(folder, 'publisher');
    await using product = await startProduct(folder);
    const repositories = join(product.dataDir, 'repositories');
    await publish(folder, { release: '1', keyFile, repositories });
    await using mongod = await startMongod();
    await using system = await openChroot(baseSystem(release));
    await system.must('apt-get update -qq');
    const before = await listing(system, ofApt);
    const installed = await system.must(names);
    await addSource(system, product);
    await system.must('apt-get update -qq');
    const began = performance.now();

    await t.test('it installs with what it needs, and does not run', async () => {
      const said = await system.must(`apt-get install -y ${service}`);
      await assertInstalled(system, init, said);
      assert.equal(await system.must(`dpkg -V leafward ${service}`), '');
    });

    await t.test('without settings it says what is missing, and ends', async () => {
      const { status, output } = await system.run(`${init} start`);
      assert.equal(status, 1);
      assert.match(output, /monitoring-agent\.config line \d+: \w+ is still @/);
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
      console.log(`# ${release}: from apt-get install to the first sample ${seconds.toFixed(1)} s`);
      assert.ok(seconds <= 60, `${seconds} s`);
    });

    await t.test('settings that are edited hold after a reload', async () => {
      await system.must("sed -i 's/^#logLevel.*/logLevel = debug/' /etc/leafward/monitoring-agent.config");
      await system.must(`${init} reload`);
      await eventually(() => /settings were read again.*logLevel/.test(system.read(log)), {
        what: 'the reload',
        timeoutMs: 20_000,
      });
    });

    await t.test('an upgrade asks nothing, keeps the settings and starts the agent again', async () => {
      const pid = await pidOf(system);
      const kept = await system.must('cd /etc/leafward && sha256sum monitoring-agent.config monitoring-agent.d/*');
      await publish(folder, { release: '2', keyFile, repositories });
      await system.must('apt-get update -qq && apt-get upgrade -y');
      assert.match(await system.must(`dpkg-query -W -f '\${Version}' ${service}`), /-2$/);
      await system.must(`cd /etc/leafward && echo '${kept.trim()}' | sha256sum --check`);
      await assertGoesOn(system, product, { pid, hostId });
      assert.equal((await product.api<AgentView[]>('GET', '/agents')).length, 1, 'it is still the same agent');
    });

    await t.test('what is stopped stays stopped at an upgrade', async () => {
      await system.must(`${init} stop`);
      await system.must(`apt-get install -y --reinstall ${service}`);
      assert.equal((await system.run(`${init} status`)).status, 3);
      await system.must(`${init} start`);
    });

    await t.test('remove stops it and keeps the settings; installed again, it starts with them', async () => {
      await system.must(`apt-get remove -y ${service}`);
      assert.equal((await system.run('pidof leafward')).status, 1);
      assert.match(system.read('/etc/leafward/monitoring-agent.d/group.config'), /^apiKey/m);
      assert.match(system.read('/etc/leafward/monitoring-agent.config'), /^logLevel = debug$/m);
      await system.must(`apt-get install -y ${service} && ${init} start`);
      assert.equal(await owner(system), 'leafward');
    });

    await t.test('purge leaves the user, and nothing else', async () => {
      const came = (await system.must(names)).split('\n').filter((name) => !installed.split('\n').includes(name));
      await system.must(`apt-get purge -y ${came.join(' ')}`);
      const left = (await listing(system, ofApt)).filter((path) => !before.includes(path));
      assert.deepEqual(left, ['/etc/apt/sources.list.d/leafward.sources']);
      assert.match(await system.must('getent passwd leafward'), /:\/var\/lib\/leafward:\/usr\/sbin\/nologin$/m);
    });
  });
}

test('apt refuses a package that was changed, and an index that another key signed', async (t) => {
  await using folder = tempDir('apt-refused');
  const keyFile = throwAwayKey(folder, 'publisher');
  await using product = await startProduct(folder);
  const repositories = join(product.dataDir, 'repositories');
  await publish(folder, { release: '1', keyFile, repositories });
  const pool = join(repositories, 'apt', 'pool', 'main', 'l', 'leafward');
  const name = readdirSync(pool).find((file) => file.startsWith(`${service}_`)) ?? '';

  await t.test('one byte of a package', async () => {
    await using system = await openChroot(baseSystem('bookworm'));
    await addSource(system, product);
    const intact = readFileSync(join(pool, name));
    const changed = Buffer.from(intact);
    changed[changed.length - 10] = (changed.at(-10) ?? 0) ^ 1;
    writeFileSync(join(pool, name), changed);
    const { status, output } = await system.run(`apt-get update -qq && apt-get install -y ${service}`);
    writeFileSync(join(pool, name), intact);
    assert.equal(status, 100);
    assert.match(output, /Hash Sum mismatch/);
    assert.equal((await system.run(`dpkg -s ${service}`)).status, 1, 'nothing is installed');
  });

  await t.test('another key', async () => {
    await using system = await openChroot(baseSystem('bookworm'));
    await addSource(system, product);
    const other = throwAwayKey(folder, 'somebody');
    await publish(folder, { release: '2', keyFile: other, repositories: folder.file('others') });
    const stranger = readFileSync(folder.file('others/apt/dists/stable/InRelease'));
    writeFileSync(join(repositories, 'apt', 'dists', 'stable', 'InRelease'), stranger);
    const { status, output } = await system.run('apt-get update --error-on=any');
    assert.equal(status, 100);
    assert.match(output, /NO_PUBKEY|Missing key|not signed|could not be verified/i);
    assert.equal((await system.run(`apt-get install -y ${service}`)).status, 100, 'it knows no such package');
  });
});

/** The file that the server gives, as an administrator would copy it. */
async function addSource(system: Chroot, product: Product): Promise<void> {
  const answer = await fetch(`${product.url}/repo/leafward.sources`);
  assert.equal(answer.status, 200);
  system.write('/etc/apt/sources.list.d/leafward.sources', await answer.text());
}
