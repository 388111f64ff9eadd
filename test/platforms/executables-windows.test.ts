import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.ts';
import { startMongod } from '../support/mongod.ts';
import { startProduct, untilSampled } from '../support/product.ts';
import { tempDir } from '../support/temp-dir.ts';
import { baseSystem } from './base-system.ts';
import { type Chroot, openChroot } from './chroot.ts';
import { releaseFile } from './release-files.ts';

const folder = '/opt/leafward';

/** wine 10 (Debian trixie) is the first that runs Node 26; it wants files as outputs, not pipes. */
async function wine(system: Chroot, command: string): Promise<{ readonly status: unknown; readonly output: string }> {
  const environment = 'WINEDEBUG=-all XDG_RUNTIME_DIR=/tmp';
  const run = `cd ${folder} && ${environment} /usr/lib/wine/wine64 ${command} >/tmp/out 2>/tmp/err </dev/null`;
  const { status } = await system.run(run, 180_000);
  return { status, output: `${system.read('/tmp/out')}${system.read('/tmp/err')}` };
}

async function wineMust(system: Chroot, command: string): Promise<string> {
  const { status, output } = await wine(system, command);
  assert.equal(status, 0, `${command}: ${output}`);
  return output;
}

/** A shell command that ends the processes of this system whose command line has these words. */
function stopProgram(words: string): string {
  const each = `tr '\\0' ' ' <$each/cmdline 2>/dev/null | grep -q '${words}' && kill \${each#/proc/}`;
  // The shell that runs this has the words in its own command line.
  return `for each in /proc/[0-9]*; do [ $each = /proc/$$ ] || { ${each}; }; done; true`;
}

async function setUp(system: Chroot): Promise<void> {
  system.write(`${folder}/leafward.exe`, releaseFile('win-x64.exe'));
  system.write(`${folder}/leafward-service.exe`, releaseFile('win-x64.exe', 'leafward-service'));
  await wineMust(system, 'wineboot --init');
  // It stays, as Windows' own parts do between two programs; the one that runs still is as good.
  await system.run('/usr/lib/wine/wineserver --persistent');
}

test('Windows x64 under wine: programs, the monitoring agent, the server as a service', {
  timeout: 900_000,
}, async (t) => {
  await using folderHere = tempDir('windows');
  const packages = ['wine64', 'ca-certificates'];
  await using system = await openChroot(baseSystem('trixie', { name: 'wine', packages }));
  await setUp(system);

  await t.test('version and licences', async () => {
    const said = JSON.parse(await wineMust(system, 'leafward.exe --version --json'));
    assert.equal(said.target, 'win-x64');
    assert.equal(said.node, process.versions.node);
    assert.match(await wineMust(system, 'leafward.exe licences'), /The Go Authors/);
  });

  await t.test('the monitoring agent polls a real mongod', async () => {
    await using mongod = await startMongod();
    await using product = await startProduct(folderHere);
    await product.api('POST', '/hosts', { host: mongod.host });
    const settings = [`serverUrl = ${product.url}`, `groupId = ${product.groupId}`, `apiKey = ${product.agentKey}`];
    system.write(`${folder}/agent.config`, `${settings.join('\r\n')}\r\nstateDir = C:\\leafward-agent\r\n`);
    const running = wine(system, 'leafward.exe monitoring-agent --settings agent.config');
    await untilSampled(product, [mongod.host], { least: 1 });
    await system.must(stopProgram('leafward.exe monitoring-agent'));
    await running;
  });

  await t.test('the server runs as a service: installed, started, stopped in order, uninstalled', async () => {
    system.write(`${folder}/password`, 'correct horse battery');
    const init =
      'leafward.exe admin init --data-dir C:\\\\leafward --email me@example.net --group Test --password-file password';
    await wineMust(system, init);
    const server = 'server --data-dir C:\\\\leafward --listen 127.0.0.1:0';
    const installed = await wineMust(system, `leafward-service.exe install leafward-server ${server}`);
    assert.match(installed, /^installed leafward-server/);
    // Its own start-up may still hold the list of services.
    const start = async (): Promise<boolean> => (await wine(system, 'net start leafward-server')).status === 0;
    await eventually(start, { what: 'the start of the service', timeoutMs: 60_000, everyMs: 1000 });
    const log = `${folder}/service.log`;
    const url = await eventually(() => /ready url=(\S+)/.exec(system.read(log))?.[1], {
      timeoutMs: 60_000,
      what: 'the server',
    });
    const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(10_000) });
    assert.equal(answer.status, 200);
    await wineMust(system, 'net stop leafward-server');
    const stopped = (): boolean => /stopping reason="?standard input was closed/.test(system.read(log));
    await eventually(stopped, { what: 'an end in order', timeoutMs: 30_000 });
    assert.match(await wineMust(system, 'leafward-service.exe uninstall leafward-server'), /^uninstalled/);
  });
});
