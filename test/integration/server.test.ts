import assert from 'node:assert/strict';
import { randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { agentHeaders } from '../../src/wire/protocol.ts';
import { type App, runApp, startApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';

const env = { LEAFWARD_ALLOW_ROOT: 'true' };
const email = 'ann@example.net';

interface Init {
  readonly groupId: string;
  readonly agentKey: string;
  readonly apiToken: string;
}

test('set-up without a page, then requests under the token; everything survives kill -9', async () => {
  await using dir = tempDir('server');
  const keys = await init(dir);
  const hosts = (url: string) => request(url, `/api/v1/groups/${keys.groupId}/hosts`, { token: keys.apiToken });
  await using first = await start(dir);
  const added = await request(first.url, `/api/v1/groups/${keys.groupId}/hosts`, {
    method: 'POST',
    token: keys.apiToken,
    body: JSON.stringify({ host: 'db1' }),
  });
  assert.equal(added.status, 201, added.body);
  await first.app.crash();
  await using second = await start(dir);
  assert.deepEqual(
    JSON.parse((await hosts(second.url)).body).map(({ host }: { host: string }) => host),
    ['db1:27017'],
  );
  assert.equal(await second.app.stop(), 0);
});

test('a second server on the same data directory is refused with the next step', async () => {
  await using dir = tempDir('server');
  await using first = await start(dir);
  const second = await runApp(['server', '--data-dir', dir.path, '--listen', '127.0.0.1:0'], { env });
  assert.equal(second.status, 75);
  assert.match(second.stderr, new RegExp(`process ${first.app.pid}\\b`));
  assert.match(second.stderr, /STORE_LOCKED/);
});

test('a data directory of a newer version is refused and left as it is', async () => {
  await using dir = tempDir('server');
  await init(dir);
  const path = dir.file('leafward.db');
  const database = new DatabaseSync(path);
  database.exec('UPDATE schema_parts SET version = 99');
  database.close();
  const refused = await runApp(['server', '--data-dir', dir.path, '--listen', '127.0.0.1:0'], { env });
  assert.equal(refused.status, 78);
  assert.match(refused.stderr, /newer leafward/);
});

test('listening beyond loopback without TLS is refused, and allowed when it is meant', async () => {
  await using dir = tempDir('server');
  const args = ['server', '--data-dir', dir.path, '--listen', '0.0.0.0:0'];
  const refused = await runApp(args, { env });
  assert.equal(refused.status, 78);
  assert.match(refused.stderr, /INSECURE_LISTEN/);
  await using allowed = startApp([...args, '--insecure-http'], { env });
  await allowed.line(/ready url=/);
});

test('--tls auto serves a certificate of its own CA, kept over restarts', async () => {
  await using dir = tempDir('server');
  const ca = async (): Promise<string> => {
    await using server = await start(dir, '--tls', 'auto');
    const pem = readFileSync(dir.file('tls/ca.pem'), 'utf8');
    const trusted = await request(server.url, '/health/ready', { ca: pem });
    assert.equal(trusted.status, 200);
    const local = await request(server.url.replace('127.0.0.1', 'localhost'), '/health/live', { ca: pem });
    assert.equal(local.status, 200);
    await assert.rejects(request(server.url, '/health/ready', {}), /certificate/);
    return pem;
  };
  assert.equal(await ca(), await ca());
  assert.equal(statSync(dir.file('tls/ca-key.pem')).mode & 0o777, 0o600);
});

test('a certificate of its own takes in the name that the owner gives, without a restart', async () => {
  await using dir = tempDir('server');
  await using server = await start(dir, '--tls', 'auto');
  const ca = readFileSync(dir.file('tls/ca.pem'), 'utf8');
  const names = () => new X509Certificate(readFileSync(dir.file('tls/server.pem'))).subjectAltName ?? '';
  assert.doesNotMatch(names(), /leafward\.example\.net/);
  const { link } = JSON.parse(
    (await runApp(['admin', 'setup-link', '--data-dir', dir.path, '--json'], { env })).stdout,
  );
  const owner = { email, password: 'correct horse battery', groupName: 'Shop' };
  const body = JSON.stringify({ ...owner, token: link.split('/setup/')[1], publicUrl: 'https://leafward.example.net' });
  assert.equal((await request(server.url, '/api/v1/setup', { method: 'POST', body, ca })).status, 200);
  await eventually(() => /leafward\.example\.net/.test(names()), { what: 'a certificate with the new name' });
  assert.equal((await request(server.url, '/health/live', { ca })).status, 200);
});

test('leafward admin talks to the running server over a socket that only its user may open', async () => {
  await using dir = tempDir('server');
  await using server = await start(dir);
  assert.equal(statSync(dir.file('admin.sock')).mode & 0o777, 0o600);
  assert.equal(statSync(dir.path).mode & 0o777, 0o700);
  const link = await runApp(['admin', 'setup-link', '--data-dir', dir.path, '--json'], { env });
  const token = JSON.parse(link.stdout).link.split('/setup/')[1];
  assert.equal(JSON.parse((await request(server.url, `/api/v1/setup?token=${token}`)).body).valid, true);
  await init(dir);
  const again = await runApp(['admin', 'setup-link', '--data-dir', dir.path], { env });
  assert.equal(again.status, 75);
  const reset = await runApp(['admin', 'user', 'reset-password', '--data-dir', dir.path, '--email', email, '--json'], {
    env,
  });
  const { password } = JSON.parse(reset.stdout);
  const body = JSON.stringify({ email, password });
  assert.equal((await request(server.url, '/api/v1/session', { method: 'POST', body })).status, 200);
});

test('a body of 1 GB is refused and never held in memory', async () => {
  await using dir = tempDir('server');
  const keys = await init(dir);
  await using server = await start(dir);
  const headers = {
    authorization: `Bearer ${keys.agentKey}`,
    [agentHeaders.group]: keys.groupId,
    [agentHeaders.protocol]: '1.0',
    'content-type': 'application/octet-stream',
  };
  const before = residentBytes(server.app);
  for (const sendsLength of [true, false]) {
    // Who still writes when the connection ends may miss the answer.
    const status = await eventually(() => postHuge(server.url, headers, sendsLength), { what: 'an answer' });
    assert.equal(status, 413, `content-length sent: ${sendsLength}`);
  }
  const grown = residentBytes(server.app) - before;
  // What a server's first requests cost by themselves (compiled code, pages of the heap) is up to 70 MB on a slow machine.
  assert.ok(grown < 400e6, `grew by ${grown} bytes`);
  assert.equal((await request(server.url, '/health/live')).status, 200, 'it goes on');
  assert.equal(await server.app.stop(), 0);
});

test('connections that do not finish their request are let go', { timeout: 600_000 }, async () => {
  await using dir = tempDir('server');
  await using server = await start(dir);
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n');
  socket.resume();
  await once(socket, 'close');
  assert.equal((await request(server.url, '/health/live')).status, 200);
});

test('live events reach an open page, and stopping does not wait for it or for long polls', async () => {
  await using dir = tempDir('server');
  const keys = await init(dir);
  await using server = await start(dir);
  const stream = await fetch(`${server.url}/api/v1/groups/${keys.groupId}/stream`, {
    headers: { authorization: `Bearer ${keys.apiToken}` },
  });
  let seen = '';
  const reading = (async () => {
    const decoder = new TextDecoder();
    for await (const part of stream.body ?? []) seen += decoder.decode(part, { stream: true });
  })();
  const agent = { id: `a_${randomBytes(12).toString('hex')}`, instance: randomBytes(16).toString('hex') };
  const headers = agentHeaderFields(keys, agent);
  await sayHello(server.url, headers, agent);
  const { version } = JSON.parse((await request(server.url, '/agent/v1/settings?version=0', { headers })).body);
  const poll = request(server.url, `/agent/v1/settings?version=${version}&waitSeconds=30`, { headers });
  await request(server.url, `/api/v1/groups/${keys.groupId}/hosts`, {
    method: 'POST',
    token: keys.apiToken,
    body: JSON.stringify({ host: 'db1' }),
  });
  assert.equal((await poll).status, 200);
  await eventually(() => seen.includes('"type":"hosts"'), { what: 'the event of the new host' });
  const next = JSON.parse((await poll).body).version;
  const last = request(server.url, `/agent/v1/settings?version=${next}&waitSeconds=30`, { headers });
  // Whoever comes after it and is answered: then it is in the hands of the server too.
  for (const _ of [1, 2]) assert.equal((await request(server.url, '/health/live')).status, 200);
  // Half a minute is what the long poll would wait.
  const started = performance.now();
  assert.equal(await server.app.stop(), 0);
  assert.ok(performance.now() - started < 25_000, 'stopping took too long');
  assert.equal((await last).status, 200, 'the request in flight was answered');
  await reading;
});

test('a standby takes over when the lease of the active agent has ended', { timeout: 600_000 }, async () => {
  await using dir = tempDir('server');
  const keys = await init(dir);
  await using server = await start(dir);
  const agents = [1, 2].map(() => ({
    id: `a_${randomBytes(12).toString('hex')}`,
    instance: randomBytes(16).toString('hex'),
  }));
  const poll = async (at: number, version: number, waitSeconds: number) => {
    const agent = agents[at];
    assert.ok(agent !== undefined);
    const headers = agentHeaderFields(keys, agent);
    if (version === 0) await sayHello(server.url, headers, agent);
    const path = `/agent/v1/settings?version=${version}&waitSeconds=${waitSeconds}`;
    return JSON.parse((await request(server.url, path, { headers })).body);
  };
  assert.equal((await poll(0, 0, 0)).role, 'active');
  const { role, version } = await poll(1, 0, 0);
  assert.equal(role, 'standby');
  const taken = await eventually(
    async () => {
      const answer = await poll(1, version, 30);
      return answer.role === 'active' && answer;
    },
    { timeoutMs: 240_000, what: 'the second agent to be the active one' },
  );
  assert.equal(taken.epoch, 2);
});

test('keys, tokens and one-time links never reach the log', async () => {
  await using dir = tempDir('server');
  const keys = await init(dir);
  await using server = await start(dir, '--log-level', 'debug');
  const secret = 'S3cretS3cretS3cretS3cretS3cret';
  await request(server.url, `/api/v1/setup?token=${secret}`);
  await request(server.url, `/sign-in/${secret}`);
  await request(server.url, `/settings/agents/${secret}/x.tar.gz`);
  await request(server.url, `/api/v1/groups/${keys.groupId}/hosts?apikey=${keys.agentKey}`, { token: keys.apiToken });
  await eventually(() => (server.app.stdout().match(/request method/g) ?? []).length >= 4, { what: 'four lines' });
  const log = server.app.stdout() + server.app.stderr();
  for (const word of [secret, keys.apiToken, keys.agentKey]) assert.equal(log.includes(word), false);
});

test('a data directory that others may read is closed to them, and one that cannot be written is named', async () => {
  await using dir = tempDir('server');
  chmodSync(dir.path, 0o755);
  await using server = await start(dir);
  assert.equal(statSync(dir.path).mode & 0o777, 0o700);
  writeFileSync(dir.file('file'), '');
  const refused = await runApp(['server', '--data-dir', dir.file('file/x'), '--listen', '127.0.0.1:0'], { env });
  assert.equal(refused.status, 78);
  assert.match(refused.stderr, /data directory/);
  const busy = await runApp(['server', '--data-dir', dir.file('other'), '--listen', new URL(server.url).host], { env });
  assert.match(busy.stderr, /ADDRESS_IN_USE/);
});

interface Running extends AsyncDisposable {
  readonly app: App;
  readonly url: string;
}

async function start(dir: TempDir, ...more: string[]): Promise<Running> {
  const app = startApp(['server', '--data-dir', dir.path, '--listen', '127.0.0.1:0', ...more], { env });
  try {
    const [, url = ''] = await app.line(/ready url=(\S+)/);
    return { app, url, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
  } catch (thrown) {
    await app[Symbol.asyncDispose]();
    throw thrown;
  }
}

async function init(dir: TempDir): Promise<Init> {
  writeFileSync(dir.file('password'), 'correct horse battery\n');
  const flags = ['--data-dir', dir.path, '--email', email, '--password-file', dir.file('password'), '--group', 'Shop'];
  const { status, stdout, stderr } = await runApp(['admin', 'init', ...flags, '--json'], { env });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

interface Ask {
  readonly method?: string;
  readonly token?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly ca?: string;
}

async function request(url: string, path: string, ask: Ask = {}): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const headers: Record<string, string> = { connection: 'close', ...ask.headers };
  if (ask.token !== undefined) headers['authorization'] = `Bearer ${ask.token}`;
  if (ask.body !== undefined) headers['content-type'] = 'application/json';
  const module = url.startsWith('https') ? https : http;
  const options = { method: ask.method ?? 'GET', headers, ...(ask.ca === undefined ? {} : { ca: ask.ca }) };
  const sent = module.request(`${url}${path}`, options, (response) => {
    let body = '';
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      body += part;
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    response.on('error', reject);
  });
  sent.on('error', reject);
  sent.end(ask.body);
  return promise;
}

/** Sends 1 GB as far as the server takes it; gives back the status, undefined when the connection ended before it came. */
async function postHuge(
  url: string,
  headers: Record<string, string>,
  sendsLength: boolean,
): Promise<number | undefined> {
  const total = 2 ** 30;
  const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
  const length: Record<string, string> = sendsLength ? { 'content-length': String(total) } : {};
  const sent = http.request(`${url}/agent/v1/hello`, { method: 'POST', headers: { ...headers, ...length } });
  sent.on('response', (response) => {
    resolve(response.statusCode ?? 0);
    sent.destroy();
  });
  sent.on('error', (thrown: NodeJS.ErrnoException) => {
    if (thrown.code === 'EPIPE' || thrown.code === 'ECONNRESET') resolve(undefined);
    else reject(thrown);
  });
  const part = Buffer.alloc(2 ** 20);
  let left = total;
  const more = (): void => {
    while (left > 0 && !sent.destroyed) {
      left -= part.length;
      if (!sent.write(part)) {
        sent.once('drain', more);
        return;
      }
    }
  };
  more();
  return promise;
}

function residentBytes(app: App): number {
  const text = readFileSync(`/proc/${app.pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+)/.exec(text)?.[1]) * 1024;
}

function agentHeaderFields(keys: Init, agent: { id: string; instance: string }): Record<string, string> {
  return {
    authorization: `Bearer ${keys.agentKey}`,
    [agentHeaders.protocol]: '1.0',
    [agentHeaders.group]: keys.groupId,
    [agentHeaders.agent]: agent.id,
    [agentHeaders.instance]: agent.instance,
  };
}

async function sayHello(
  url: string,
  headers: Record<string, string>,
  agent: { id: string; instance: string },
): Promise<void> {
  const body = JSON.stringify({
    kind: 'monitoring',
    agentId: agent.id,
    instanceId: agent.instance,
    hostname: 'mon1',
    version: '0.1.0',
    target: 'linux-x64',
    publicKey: randomBytes(32).toString('base64'),
    pid: 1,
  });
  const reply = await request(url, '/agent/v1/hello', { method: 'POST', headers, body });
  assert.equal(reply.status, 200, reply.body);
}
