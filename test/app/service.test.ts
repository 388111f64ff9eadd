import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { runApp, startApp } from '../support/app.ts';
import { findOnPath, startChild } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const agents = ['monitoring-agent', 'backup-agent'] as const;
const linux = process.platform !== 'linux' && 'only Linux shows this';

function settingsIn(folder: TempDir, ...lines: string[]): string {
  const path = folder.file('agent.config');
  const all = [
    'groupId = g_1',
    'apiKey = lfw_one_secretsecretsecret',
    `stateDir = ${folder.file('state')}`,
    ...lines,
    '',
  ];
  if (!lines.some((line) => line.startsWith('serverUrl'))) all.unshift('serverUrl = http://127.0.0.1:9');
  writeFileSync(path, all.join('\n'));
  return path;
}

interface Status {
  readonly running: boolean;
  readonly healthy: boolean;
  readonly reasons: readonly string[];
  readonly status: {
    readonly pid: number;
    readonly gauges: Record<string, number>;
    readonly counters: Record<string, number>;
  } | null;
}

async function statusOf(agent: string, settings: string): Promise<{ readonly exit: unknown; readonly said: Status }> {
  const { status, stdout, stderr } = await runApp([agent, 'status', '--settings', settings, '--json']);
  assert.equal(stderr, '');
  return { exit: status, said: JSON.parse(stdout) as Status };
}

for (const agent of agents) {
  test(`${agent}: status tells one that runs, one that was killed, and none, and why it is not well`, async () => {
    await using folder = tempDir();
    const settings = settingsIn(folder);
    const none = await statusOf(agent, settings);
    assert.deepEqual([none.exit, none.said.running, none.said.status], [1, false, null]);
    await using app = startApp([agent, '--settings', settings]);
    await app.line(/asking the server/);
    const found = await eventually(
      async () => {
        const { exit, said } = await statusOf(agent, settings);
        return said.reasons.some((reason) => reason.includes('cannot reach http://127.0.0.1:9')) && { exit, said };
      },
      { what: 'a status with the reason', timeoutMs: 240_000 },
    );
    assert.equal(found.exit, 1);
    assert.equal(found.said.running, true);
    assert.equal(found.said.status?.pid, app.pid);
    assert.ok((found.said.status?.gauges['rssBytes'] ?? 0) > 2 ** 20);
    assert.ok((found.said.status?.counters['requests'] ?? 0) >= 1);
    assert.equal(statSync(folder.file('state/status.json')).mode & 0o777, 0o600);
    await app.crash();
    const killed = await statusOf(agent, settings);
    assert.equal(killed.exit, 1);
    assert.match(killed.said.reasons[0] ?? '', /ended without a word/);
    assert.doesNotMatch(JSON.stringify([found, killed]) + app.stdout() + app.stderr(), /secretsecret/);
  });

  test(`${agent}: a server that takes requests and never answers does not hold up the end`, async () => {
    await using folder = tempDir();
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => void sockets.add(socket.on('error', () => {})));
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const { port } = silent.address() as AddressInfo;
      await using app = startApp([agent, '--settings', settingsIn(folder, `serverUrl = http://127.0.0.1:${port}`)]);
      await eventually(() => sockets.size > 0, { what: 'a request', timeoutMs: 240_000 });
      // What is held up for ten seconds does not end well.
      assert.equal(await app.stop(), 0);
      assert.equal(existsSync(folder.file('state/status.json')), false);
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
  });
}

test('clients that are idle, that trickle, and that do not read do not hold up the end of a server', async () => {
  await using folder = tempDir();
  await using app = startApp(commands['server']?.(folder) ?? []);
  const port = Number((await app.line(/ready url=http:\/\/127\.0\.0\.1:(\d+)/))[1]);
  const heads = [
    'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n',
    'POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{',
    'GET /settings/leafward-monitoring-agent.tar.gz HTTP/1.1\r\nhost: x\r\n\r\n',
    '',
  ];
  const sockets = heads.map((head) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write(head);
    return socket;
  });
  try {
    // The first one is answered; nobody reads from the others.
    await once(sockets[0] ?? assert.fail(), 'data');
    // What is held up for ten seconds does not end well.
    assert.equal(await app.stop(), 0);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test('the status is shown by a socket, read only', async () => {
  await using folder = tempDir();
  const path = folder.file('status.sock');
  const settings = settingsIn(folder, `statusListen = ${path}`);
  await using app = startApp(['monitoring-agent', '--settings', settings]);
  await app.line(/agent runs/);
  await app.line(/cannot reach/);
  assert.equal(statSync(path).mode & 0o777, 0o660);
  const unwell = await eventually(async () => {
    const answer = await ask(path, 'GET', '/status');
    return answer.status === 503 && answer;
  });
  assert.equal((JSON.parse(unwell.body) as { healthy: boolean }).healthy, false);
  const metrics = await ask(path, 'GET', '/metrics');
  assert.match(
    metrics.body,
    /^# TYPE leafward_monitoring_agent_sent_bytes_total counter\nleafward_monitoring_agent_sent_bytes_total \d+$/m,
  );
  assert.match(metrics.body, /^leafward_monitoring_agent_healthy 0$/m);
  assert.doesNotMatch(metrics.body + unwell.body, /secretsecret/);
  assert.equal((await ask(path, 'POST', '/status')).status, 405);
  assert.equal((await ask(path, 'GET', '/')).status, 404);
  assert.equal((await ask(path, 'GET', '/metrics', 'evil.example.net')).status, 403);
  // One that was killed leaves its socket: the next start takes its place.
  await app.crash();
  await using again = startApp(['monitoring-agent', '--settings', settings]);
  await again.line(/agent runs/);
  assert.equal((await ask(path, 'GET', '/metrics')).status, 200);
});

function ask(path: string, method: string, url: string, host = 'localhost'): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  request({ socketPath: path, method, path: url, headers: { host } }, (answer) => {
    let body = '';
    answer.setEncoding('utf8').on('data', (part: string) => {
      body += part;
    });
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
  })
    .on('error', reject)
    .end();
  return promise;
}

const commands: Readonly<Record<string, (folder: TempDir) => string[]>> = {
  server: (folder) => ['server', '--data-dir', folder.file('data'), '--listen', '127.0.0.1:0'],
  'monitoring-agent': (folder) => ['monitoring-agent', '--settings', settingsIn(folder)],
  'backup-agent': (folder) => ['backup-agent', '--settings', settingsIn(folder)],
  up: (folder) => ['up', '--data-dir', folder.file('data'), '--listen', '127.0.0.1:0', '--log-level', 'info'],
};
const works = /ready url=|agent runs|This link signs in/;

test('every program that runs long is found by its name', { skip: linux }, async () => {
  // The others below.
  for (const name of ['up', 'monitoring-agent']) {
    await using folder = tempDir();
    await using app = startApp(commands[name]?.(folder) ?? []);
    await app.line(works);
    assert.equal(readFileSync(`/proc/${app.pid}/comm`, 'utf8').trim(), 'leafward', name);
    if (findOnPath('pgrep') === undefined) continue;
    const found = execFileSync('pgrep', ['-x', 'leafward'], { encoding: 'utf8' }).trim().split('\n');
    assert.ok(found.includes(String(app.pid)), name);
  }
});

const noExecutable = process.env['LEAFWARD_BIN'] === undefined && 'only the built executable';

test('SIGUSR1 opens no port, and ends nothing', { skip: linux || noExecutable }, async () => {
  for (const name of ['server', 'monitoring-agent', 'backup-agent']) {
    await using folder = tempDir();
    await using app = startApp(commands[name]?.(folder) ?? []);
    await app.line(works);
    assert.equal(readFileSync(`/proc/${app.pid}/comm`, 'utf8').trim(), 'leafward', name);
    const before = listening(app.pid);
    app.signal('SIGUSR1');
    app.signal('SIGHUP');
    await app.line(/settings(, certificate and log)? were read again/);
    assert.deepEqual(listening(app.pid), before, name);
    assert.doesNotMatch(app.stderr(), /[Dd]ebugger/);
    assert.equal(await app.stop(), 0);
  }
});

/** Local addresses of the TCP sockets on which a process listens, as proc(5) writes them. */
function listening(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  const own = new Set(readdirSync(folder).map((name) => /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${name}`))?.[1]));
  return ['tcp', 'tcp6'].flatMap((kind) =>
    readFileSync(`/proc/${pid}/net/${kind}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && own.has(inode))
      .map(([, address = '']) => address),
  );
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}

/** Binds a datagram socket where systemd would, and prints what arrives there. */
const fakeSystemd = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('bound', flush=True)
while True:
    print(s.recv(65536).decode().replace('\\n', ' '), flush=True)
`;
const python = findOnPath('python3');
const noSystemd =
  python === undefined || findOnPath('systemd-notify') === undefined ? 'needs python3 and systemd-notify' : linux;

test('server and agents tell systemd that they are ready, then again and again that they make progress', {
  skip: noSystemd,
}, async () => {
  for (const name of ['server', 'monitoring-agent', 'backup-agent']) {
    await using folder = tempDir();
    const socket = folder.file('notify');
    const systemd = startChild(python ?? '', ['-c', fakeSystemd, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    let heard = '';
    systemd.stdout?.setEncoding('utf8').on('data', (part: string) => {
      heard += part;
    });
    const signs = (): number => heard.match(/WATCHDOG=1/g)?.length ?? 0;
    try {
      await eventually(() => heard.includes('bound'), { what: 'the socket' });
      await using app = startApp(commands[name]?.(folder) ?? [], {
        env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000' },
      });
      await app.line(works);
      await eventually(() => signs() >= 3, { what: `${name}: signs of life`, timeoutMs: 240_000 });
      assert.ok(heard.indexOf('READY=1') < heard.indexOf('WATCHDOG=1'));
      assert.match(heard, /STATUS=\S/);
      assert.equal(await app.stop(), 0);
    } finally {
      systemd.kill('SIGKILL');
    }
  }
});
