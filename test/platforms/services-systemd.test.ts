import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../build/paths.ts';
import { type ServiceName, serviceFile, usualPlace } from '../../src/runtime/service-files.ts';
import { findOnPath } from '../support/child-process.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const services: readonly ServiceName[] = ['server', 'monitoring-agent', 'backup-agent'];
const absent = (program: string): string | false => findOnPath(program) === undefined && `${program} is not installed`;
/** In tenths: 2.0. */
const mostExposure = 20;

async function unitIn(folder: TempDir, service: ServiceName): Promise<string> {
  // ExecStart must name a program that is there.
  const unit = await serviceFile('systemd', service, { ...usualPlace(service), binary: '/bin/true' });
  const path = folder.file(`leafward-${service}.service`);
  writeFileSync(path, unit);
  return path;
}

test('systemd-analyze verify finds nothing to say about any unit', { skip: absent('systemd-analyze') }, async () => {
  await using folder = tempDir();
  for (const service of services) {
    const path = await unitIn(folder, service);
    const { status, stderr, stdout } = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
    assert.deepEqual([status, stderr, stdout], [0, '', ''], service);
    // Its status is 0 for what it does not know: the empty output counts, and a mistake is not silent.
    writeFileSync(path, readFileSync(path, 'utf8').replace('NoNewPrivileges=', 'NoNewPriviledges='));
    const wrong = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
    assert.match(wrong.stderr, /NoNewPriviledges/);
  }
});

test('exposure of each unit is at most 2.0', { skip: absent('systemd-analyze') }, async () => {
  await using folder = tempDir();
  for (const service of services) {
    const path = await unitIn(folder, service);
    const words = ['security', '--offline=true', `--threshold=${mostExposure}`, '--no-pager', path];
    const { status, stdout, stderr } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    const exposure = /Overall exposure level for .*: ([\d.]+)/.exec(stdout)?.[1];
    assert.equal(status, 0, stdout + stderr);
    assert.ok(Number(exposure) <= mostExposure / 10, stdout);
    console.log(`# systemd-analyze security leafward-${service}.service: ${exposure}`);
  }
});

test('users and folders are made in another root, as in an image', {
  skip: absent('systemd-sysusers') || absent('systemd-tmpfiles'),
}, async () => {
  await using folder = tempDir();
  const image = folder.file('image');
  mkdirSync(join(image, 'etc'), { recursive: true });
  for (const name of ['passwd', 'group', 'shadow', 'gshadow']) writeFileSync(join(image, 'etc', name), '');
  const conf = (kind: string): string => join(root, 'packaging', 'service', kind, 'leafward.conf');
  const users = spawnSync('systemd-sysusers', [`--root=${image}`, conf('sysusers')], { encoding: 'utf8' });
  assert.equal(users.status, 0, users.stderr);
  assert.match(
    readFileSync(join(image, 'etc', 'passwd'), 'utf8'),
    /^leafward:.*:\/var\/lib\/leafward:\/usr\/sbin\/nologin$/m,
  );
  const files = spawnSync('systemd-tmpfiles', [`--root=${image}`, '--create', conf('tmpfiles')], { encoding: 'utf8' });
  assert.equal(files.status, 0, files.stderr);
  for (const path of ['run/leafward', 'var/lib/leafward', 'var/log/leafward'])
    assert.ok(existsSync(join(image, path)), path);
});

const executable = process.env['LEAFWARD_BIN'] ?? '';
const noTrace =
  (executable === ''
    ? 'dist/leafward is not built'
    : process.getuid?.() !== 0 && 'only root may run it as another user') ||
  absent('strace') ||
  absent('systemd-analyze');

test('the system calls of server and agents are those that the units let through', { skip: noTrace }, async () => {
  const allowed = allowedCalls();
  for (const service of services) {
    // Where another user may come.
    const folder = mkdtempSync(join(tmpdir(), 'leafward-calls-'));
    try {
      const settings = join(folder, 'x.config');
      const common = 'serverUrl = http://127.0.0.1:9\ngroupId = g_1\napiKey = lfw_1\nstateDir = state\n';
      writeFileSync(settings, service === 'server' ? 'dataDir = data\nlisten = 127.0.0.1:0\ntls = auto\n' : common);
      for (const name of ['', 'x.config']) chownSync(join(folder, name), 65_534, 65_534);
      const run = ['timeout', '--signal=TERM', '8', executable, service, '--settings', settings];
      spawnSync('strace', ['-u', 'nobody', '-ff', '-qq', '-o', join(folder, 'trace'), ...run], {
        cwd: folder,
        // Nobody is there, but systemd-notify is run, and it is under the same filter.
        env: { ...process.env, NOTIFY_SOCKET: join(folder, 'nobody') },
      });
      const called = new Set<string>();
      for (const name of readdirSync(folder).filter((entry) => entry.startsWith('trace'))) {
        for (const line of readFileSync(join(folder, name), 'utf8').split('\n')) {
          const call = /^([a-z_0-9]+)\(/.exec(line)?.[1];
          if (call !== undefined) called.add(call);
        }
      }
      assert.ok(called.has('listen') || called.has('connect'), [...called].join(' '));
      const refused = [...called].filter((call) => !allowed.has(call));
      console.log(`# system calls of leafward ${service}: ${called.size}, all of them let through`);
      assert.deepEqual(refused, [], service);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

/** As SystemCallFilter of the units: @system-service without @privileged and @resources. */
function allowedCalls(): Set<string> {
  const groups = new Map<string, string[]>();
  let group = '';
  for (const line of spawnSync('systemd-analyze', ['syscall-filter', '--no-pager'], { encoding: 'utf8' }).stdout.split(
    '\n',
  )) {
    if (line.startsWith('@')) {
      group = line.trim();
      groups.set(group, []);
    } else if (/^ {4}[@a-z_0-9-]+$/.test(line)) groups.get(group)?.push(line.trim());
  }
  const members = (name: string): string[] =>
    (groups.get(name) ?? []).flatMap((member) => (member.startsWith('@') ? members(member) : [member]));
  // What execve needs is always let through.
  const allowed = new Set([...members('@system-service'), ...members('@default'), 'execve']);
  for (const name of ['@privileged', '@resources']) for (const call of members(name)) allowed.delete(call);
  assert.ok(allowed.size > 200);
  return allowed;
}
