import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { serviceFile, usualPlace } from '../../src/runtime/service-files.ts';
import { eventually } from '../support/eventually.ts';

const executable = process.env['LEAFWARD_BIN'] ?? '';
const skip =
  executable === ''
    ? 'dist/leafward is not built'
    : process.platform !== 'linux' || process.getuid?.() !== 0
      ? 'only root of a Linux machine may start services'
      : false;
const nobody = 65_534;

interface Service extends Disposable {
  readonly folder: string;
  readonly pidFile: string;
  readonly log: string;
  run(action: string, as?: 'nobody'): { readonly status: number | null; readonly said: string };
  pid(): number;
}

/** The script that ships, with all its places in a folder of its own. */
async function service(withDaemonTool: boolean): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'leafward-init-'));
  chmodSync(folder, 0o755);
  const place = {
    ...usualPlace('monitoring-agent'),
    binary: executable,
    settings: join(folder, 'agent.config'),
    user: 'nobody',
    stateFolder: join(folder, 'state'),
    logFolder: join(folder, 'log'),
  };
  writeFileSync(place.settings, 'serverUrl = http://127.0.0.1:9\ngroupId = g_1\napiKey = lfw_1\n');
  const shipped = (await serviceFile('init', 'monitoring-agent', place)).replaceAll(
    '/run/leafward',
    join(folder, 'run'),
  );
  const script = join(folder, 'leafward-monitoring-agent');
  const text = withDaemonTool ? shipped : shipped.replace('if start-stop-daemon --help', 'if false');
  assert.equal(text === shipped, withDaemonTool);
  writeFileSync(script, text, { mode: 0o755 });
  const pidFile = join(folder, 'run', 'monitoring-agent.pid');
  const pid = (): number => Number(readFileSync(pidFile, 'utf8'));
  const run: Service['run'] = (action, as) => {
    const who = as === undefined ? {} : { uid: nobody, gid: nobody };
    const { status, stdout, stderr } = spawnSync(script, [action], { encoding: 'utf8', ...who });
    return { status, said: stdout + stderr };
  };
  return {
    folder,
    pidFile,
    log: join(folder, 'log', 'monitoring-agent.log'),
    run,
    pid,
    [Symbol.dispose]() {
      run('stop');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const runs = (pid: number): boolean => existsSync(`/proc/${pid}/exe`);

for (const withDaemonTool of [true, false]) {
  const how = withDaemonTool ? 'with start-stop-daemon' : 'with plain sh';

  test(`${how}: start, status, reload, restart, stop, each twice where that may happen`, { skip }, async () => {
    using agent = await service(withDaemonTool);
    assert.equal(agent.run('status').status, 3);
    assert.equal(agent.run('stop').status, 0);
    assert.deepEqual(agent.run('start'), { status: 0, said: 'leafward-monitoring-agent started\n' });
    const first = agent.pid();
    assert.equal(statSync(`/proc/${first}`).uid, nobody);
    assert.equal(statSync(agent.pidFile).uid, 0);
    assert.equal(readFileSync(`/proc/${first}/comm`, 'utf8').trim(), 'leafward');
    assert.equal(statSync(join(agent.folder, 'state')).uid, nobody);
    assert.equal(statSync(join(agent.folder, 'state')).mode & 0o777, 0o750);
    assert.deepEqual(agent.run('status'), { status: 0, said: `leafward-monitoring-agent runs as process ${first}\n` });
    assert.match(agent.run('start').said, /runs already as process/);
    assert.equal(agent.pid(), first);
    await eventually(() => /monitoring agent runs/.test(readFileSync(agent.log, 'utf8')), { what: 'its log' });
    assert.equal(agent.run('reload').status, 0);
    await eventually(() => /settings were read again/.test(readFileSync(agent.log, 'utf8')), { what: 'the reload' });
    assert.equal(agent.run('restart').status, 0);
    assert.notEqual(agent.pid(), first);
    assert.equal(runs(first), false);
    assert.equal(agent.run('try-restart').status, 0);
    const last = agent.pid();
    assert.deepEqual(agent.run('stop'), { status: 0, said: 'leafward-monitoring-agent stopped\n' });
    assert.equal(runs(last), false);
    assert.equal(agent.run('status').status, 3);
    assert.equal(agent.run('try-restart').status, 0);
    assert.equal(agent.run('status').status, 3);
    assert.equal(agent.run('reload').status, 7);
    assert.equal(agent.run('jump').status, 2);
  });

  test(`${how}: a pid file of a process that is gone, or of another program, is no reason to stay down, and kills nobody`, {
    skip,
  }, async () => {
    using agent = await service(withDaemonTool);
    assert.equal(agent.run('start').status, 0);
    process.kill(agent.pid(), 'SIGKILL');
    await eventually(() => agent.run('status').status === 1, { what: 'status of a dead process with a pid file' });
    assert.equal(agent.run('start').status, 0);
    assert.equal(agent.run('stop').status, 0);
    // This process has the number now.
    writeFileSync(agent.pidFile, `${process.pid}\n`);
    assert.equal(agent.run('status').status, 1);
    assert.equal(agent.run('reload').status, 7);
    assert.equal(agent.run('start').status, 0);
    assert.notEqual(agent.pid(), process.pid);
    assert.equal(agent.run('stop').status, 0);
  });

  test(`${how}: what keeps it from starting is said, and nothing is left`, { skip }, async () => {
    using agent = await service(withDaemonTool);
    writeFileSync(join(agent.folder, 'agent.config'), 'serverUrl = http://127.0.0.1:9\ngroupID = g_1\n');
    const { status, said } = agent.run('start');
    assert.equal(status, 1);
    assert.match(said, /did not start:\n.*groupID; did you mean groupId\?/);
    assert.equal(existsSync(agent.pidFile), false);
    rmSync(join(agent.folder, 'agent.config'));
    assert.equal(agent.run('start').status, 6);
    assert.equal(agent.run('start', 'nobody').status, 4);
    assert.equal(agent.run('status', 'nobody').status, 3);
  });

  test(`${how}: a link that the user put in place of the output leads to nothing of root's`, { skip }, async () => {
    using agent = await service(withDaemonTool);
    assert.equal(agent.run('start').status, 0);
    agent.run('stop');
    const secret = join(agent.folder, 'of-root');
    writeFileSync(secret, 'untouched\n', { mode: 0o600 });
    rmSync(join(agent.folder, 'log', 'monitoring-agent.out'));
    symlinkSync(secret, join(agent.folder, 'log', 'monitoring-agent.out'));
    assert.equal(agent.run('start').status, 1);
    assert.equal(readFileSync(secret, 'utf8'), 'untouched\n');
  });
}
