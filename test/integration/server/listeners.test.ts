import assert from 'node:assert/strict';
import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { type RunningServer, type ServerOptions, startServer } from '../../../src/cli/start-server.ts';
import { createLog } from '../../../src/runtime/log.ts';
import { testAuthority } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

interface Started extends AsyncDisposable {
  readonly server: RunningServer;
  readonly lines: readonly string[];
}

async function start(folder: TempDir, options: Partial<ServerOptions>): Promise<Started> {
  const lines: string[] = [];
  const log = createLog({ level: 'debug', format: 'text', write: (line) => void lines.push(line) });
  const server = await startServer({ dataDir: folder.file('data'), listen: '127.0.0.1:0', log, ...options });
  return { server, lines, [Symbol.asyncDispose]: () => server.close() };
}

interface Asked {
  readonly status: number;
  readonly body: string;
}

type Request = Omit<http.RequestOptions, 'headers'> & { readonly headers?: Readonly<Record<string, string>> };

function ask(options: Request, body?: object): Promise<Asked> {
  const { promise, resolve, reject } = Promise.withResolvers<Asked>();
  const headers = { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers };
  const request = http.request({ agent: false, ...options, headers }, (answer) => {
    let text = '';
    answer.setEncoding('utf8');
    answer.on('data', (part: string) => {
      text += part;
    });
    answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
  });
  request.once('error', reject);
  request.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

function tcp(address: string, path: string): Request {
  const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(address) ?? [];
  return { host, port, path };
}

test('one server listens on several addresses and on a Unix socket, and leaves none behind', async () => {
  await using folder = tempDir();
  const socketPath = folder.file('web.sock');
  const listen = [`unix:${socketPath}`, '127.0.0.1:0', '[::1]:0'];
  const started = await start(folder, { listen });
  const { listens, url } = started.server;
  const tcpListens = listens.filter((one) => !one.startsWith('unix:'));
  assert.equal(tcpListens.length, 2);
  assert.equal(url, `http://${tcpListens[0]}`);
  for (const address of tcpListens) assert.equal((await ask(tcp(address, '/health/ready'))).status, 200, address);
  assert.equal((await ask({ socketPath, path: '/health/ready' })).status, 200);
  assert.equal(statSync(socketPath).mode & 0o777, 0o660);
  await assert.rejects(start(folder, { listen: `unix:${socketPath}`, dataDir: folder.file('other') }), {
    code: 'ADDRESS_IN_USE',
  });
  await started.server.close();
  assert.ok(!existsSync(socketPath));
});

test('a socket that a killed server left is taken over; a file at its place is not', async () => {
  await using folder = tempDir();
  const socketPath = folder.file('web.sock');
  writeFileSync(socketPath, 'precious');
  await assert.rejects(start(folder, { listen: `unix:${socketPath}` }), { code: 'ADDRESS_IN_USE' });
  await using another = tempDir();
  const stale = another.file('web.sock');
  const left = createServer().listen(stale);
  await eventually(() => existsSync(stale));
  // Closing removes the name that it was made under.
  renameSync(stale, `${stale}.kept`);
  left.close();
  renameSync(`${stale}.kept`, stale);
  await using started = await start(another, { listen: `unix:${stale}` });
  assert.equal((await ask({ socketPath: stale, path: '/health/live' })).status, 200);
  assert.deepEqual(started.server.listens, [`unix:${stale}`]);
});

test('the address of a client is believed from a trusted proxy alone', async () => {
  await using folder = tempDir();
  const socketPath = folder.file('web.sock');
  await using started = await start(folder, {
    listen: ['127.0.0.1:0', `unix:${socketPath}`],
    trustProxy: ['127.0.0.9'],
  });
  const { server } = started;
  await server.admin({
    action: 'init',
    email: 'me@example.net',
    password: 'correct horse',
    groupName: 'G',
  });
  const [address = ''] = server.listens;
  const signIn = { method: 'POST', headers: { 'x-forwarded-for': '192.0.2.7, 198.51.100.1' } };
  const body = { email: 'me@example.net', password: 'wrong' };
  const refused = async (options: Request): Promise<void> =>
    assert.equal((await ask({ ...options, ...signIn }, body)).status, 401);
  // Not a proxy: what it says of others is not heard.
  await refused(tcp(address, '/api/v1/session'));
  // The proxy: the last address is the one that it saw itself.
  await refused({ ...tcp(address, '/api/v1/session'), localAddress: '127.0.0.9' });
  await refused({ socketPath, path: '/api/v1/session' });
  const from = await eventually(() => {
    const found = started.lines.flatMap((line) => /POST.*session.* from=(\S+)/.exec(line)?.[1] ?? []);
    return found.length >= 3 && found;
  });
  assert.deepEqual(from, ['127.0.0.1', '198.51.100.1', '198.51.100.1']);
});

test('certificate files that change are shown within seconds; a pair that does not fit changes nothing; old TLS is refused', async () => {
  await using folder = tempDir();
  const [before, after] = await Promise.all([testAuthority(), testAuthority()]);
  const files = { tlsCert: folder.file('cert.pem'), tlsKey: folder.file('key.pem') };
  const one = await before.issue(['localhost', '127.0.0.1']);
  writeFileSync(files.tlsCert, one.cert);
  writeFileSync(files.tlsKey, one.key);
  await using started = await start(folder, { listen: ['127.0.0.1:0', '[::1]:0'], ...files, tlsMinVersion: '1.3' });
  const shown = async (ca: string, index: number, versions = {}): Promise<string> => {
    const { host, port } = tcp(started.server.listens[index] ?? '', '');
    const socket: TLSSocket = connect({
      host: String(host),
      port: Number(port),
      servername: 'localhost',
      ca,
      ...versions,
    });
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    socket.once('secureConnect', () => resolve(socket.getProtocol() ?? ''));
    socket.once('error', reject);
    return promise.finally(() => socket.destroy());
  };
  assert.equal(await shown(before.ca, 0), 'TLSv1.3');
  await assert.rejects(shown(before.ca, 0, { maxVersion: 'TLSv1.2' }), /protocol version|alert/i);
  const two = await after.issue(['localhost', '127.0.0.1']);
  writeFileSync(files.tlsCert, two.cert);
  const said = /could not be read again; the old one stays.*does not belong to the certificate/;
  await eventually(() => started.lines.some((line) => said.test(line)), { timeoutMs: 240_000 });
  assert.equal(await shown(before.ca, 1), 'TLSv1.3');
  writeFileSync(files.tlsKey, two.key);
  await eventually(() => started.lines.some((line) => /have changed: it was read again/.test(line)), {
    timeoutMs: 240_000,
  });
  for (const index of [0, 1]) assert.equal(await shown(after.ca, index), 'TLSv1.3');
});
