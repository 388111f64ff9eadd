import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../build/paths.ts';
import { needTools } from '../../build/platform-tools.ts';
import { runApp } from '../support/app.ts';
import { testAuthority } from '../support/certificates.ts';
import { endChild, startChild } from '../support/child-process.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startReplicaSet } from '../support/replica-set.ts';
import { type TempDir, tempDir } from '../support/temp-dir.ts';
import { type SecureProduct, startSecureProduct, useBothAgents } from './secure-product.ts';

process.env['PATH'] = `${process.env['PATH']}:/usr/sbin`;
needTools(['caddy', 'nginx', 'squid', 'tinyproxy']);

interface Program extends AsyncDisposable {
  readonly port: number;
  /** Its log of requests. */
  log(): string;
}

interface Started {
  readonly command: readonly [string, ...string[]];
  readonly port: number;
  readonly logPath: string;
  readonly env?: Readonly<Record<string, string>>;
}

async function started({ command: [program, ...args], port, logPath, env = {} }: Started): Promise<Program> {
  let said = '';
  const child: ChildProcess = startChild(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => (said += part.toString()));
  const isUp = async (): Promise<boolean> => {
    assert.equal(child.exitCode, null, `${program} ended: ${said}`);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    return promise.finally(() => socket.destroy());
  };
  await eventually(isUp, { timeoutMs: 30_000, what: program });
  return {
    port,
    log: () => readFileSync(logPath, 'utf8'),
    [Symbol.asyncDispose]: () => endChild(child, 'SIGTERM'),
  };
}

async function startTinyproxy(folder: TempDir, allowed: number): Promise<Program> {
  const port = await freePort();
  const logPath = folder.file('tinyproxy.log');
  const lines = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Timeout 600',
    `LogFile "${logPath}"`,
    'LogLevel Connect',
    'BasicAuth me pass-1',
    `ConnectPort ${allowed}`,
  ];
  writeFileSync(folder.file('tinyproxy.conf'), `${lines.join('\n')}\n`);
  return started({ command: ['tinyproxy', '-d', '-c', folder.file('tinyproxy.conf')], port, logPath });
}

async function startSquid(folder: TempDir, allowed: number): Promise<Program> {
  const port = await freePort();
  const logs = folder.file('squid');
  mkdirSync(logs);
  chmodSync(logs, 0o777);
  chmodSync(folder.path, 0o755);
  const logPath = join(logs, 'access.log');
  writeFileSync(folder.file('squid.users'), `me:${execFileSync('openssl', ['passwd', '-apr1', 'pass-1']).toString()}`);
  const lines = [
    `http_port 127.0.0.1:${port}`,
    `auth_param basic program /usr/lib/squid/basic_ncsa_auth ${folder.file('squid.users')}`,
    'auth_param basic realm test',
    `acl allowed port ${allowed}`,
    'acl known proxy_auth REQUIRED',
    'http_access deny CONNECT !allowed',
    'http_access allow known',
    'http_access deny all',
    `access_log stdio:${logPath}`,
    `cache_log ${join(logs, 'cache.log')}`,
    `pid_filename ${join(logs, 'pid')}`,
    `coredump_dir ${logs}`,
    'cache deny all',
    'cache_effective_user proxy',
    'shutdown_lifetime 1 seconds',
  ];
  writeFileSync(folder.file('squid.conf'), `${lines.join('\n')}\n`);
  // By its own name: shared memory that a killed squid left is in the way of others of that name.
  return started({ command: ['squid', '-N', '-n', `t${port}`, '-f', folder.file('squid.conf')], port, logPath });
}

const proxies = { tinyproxy: startTinyproxy, squid: startSquid } as const;

for (const [name, start] of Object.entries(proxies)) {
  test(`both agents through ${name} with a login, large uploads and long polls included; MongoDB never`, async (t) => {
    await using folder = tempDir('proxies');
    await using product = await startSecureProduct(folder);
    await using set = await startReplicaSet({ members: 1 });
    await using client = await set.connect();
    await using proxy = await start(folder, product.port);
    const url = `http://127.0.0.1:${proxy.port}`;
    writeFileSync(folder.file('login'), 'me:pass-1\n', { mode: 0o600 });
    const lines = { httpProxy: url, httpProxyCredentialsFile: folder.file('login') };

    await t.test('what it refuses is told by the doctor', async () => {
      const doctor = async (changes: Record<string, string>): Promise<string> => {
        const { status, stdout } = await runApp(['doctor', '--settings', product.settingsFile('doctor', changes)]);
        assert.equal(status, 1, stdout);
        return stdout;
      };
      assert.match(
        await doctor({ httpProxy: url }),
        /demands a login, and none is set \(407\)\n.*httpProxyCredentialsFile/,
      );
      writeFileSync(folder.file('wrong'), 'me:wrong');
      const wrong = { httpProxy: url, httpProxyCredentialsFile: folder.file('wrong') };
      assert.match(await doctor(wrong), /refuses the login of me \(40[17]\)\n.*httpProxyCredentialsFile/);
      const closed = { ...lines, serverUrl: `https://127.0.0.1:${await freePort()}` };
      assert.match(await doctor(closed), /does not allow https:.* \(40[35]\)\n.*(ConnectPort|SSL_ports)/);
      const fine = await runApp(['doctor', '--settings', product.settingsFile('doctor', lines)]);
      assert.equal(fine.status, 0, fine.stdout);
    });

    await t.test('samples, a backup of 40 MB and settings pass', async () => {
      // The setting goes before a proxy of the environment that is dead.
      const env = { https_proxy: `http://127.0.0.1:${await freePort()}`, no_proxy: '' };
      await useBothAgents(product, set, client, { lines, env });
      const log = proxy.log();
      assert.match(log, new RegExp(`CONNECT 127\\.0\\.0\\.1:${product.port}\\b`));
      assert.ok(!log.includes(`:${set.members[0]?.port} `), 'MongoDB was asked for');
    });
  });
}

/** The example of the documentation, with addresses and files of this test. */
function documented(language: string, changes: readonly (readonly [string | RegExp, string])[]): string {
  const page = readFileSync(join(root, 'docs', 'install', 'tls.md'), 'utf8');
  let text = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(page)?.[1] ?? assert.fail(`no ${language} in tls.md`);
  for (const [from, to] of changes) {
    assert.ok(typeof from === 'string' ? text.includes(from) : from.test(text), `${from} in the example`);
    text = text.replace(from, to);
  }
  return text;
}

interface Front {
  readonly cert: string;
  readonly key: string;
}

async function startNginx(folder: TempDir, product: SecureProduct, files: Front): Promise<Program> {
  const port = await freePort();
  const logPath = folder.file('nginx-access.log');
  const example = documented('nginx', [
    ['server 127.0.0.1:8080; ', `server unix:${product.socket}; `],
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['server_name leafward.example.net', 'server_name localhost'],
    ['/etc/ssl/leafward.crt', files.cert],
    ['/etc/ssl/leafward.key', files.key],
  ]);
  const temp = folder.file('nginx');
  mkdirSync(temp);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${temp}/${kind};`,
  );
  const conf = `user root; daemon off; pid ${temp}/pid; error_log ${temp}/error.log; events {}\nhttp { access_log ${logPath}; ${paths.join(' ')}\n${example}}\n`;
  writeFileSync(folder.file('nginx.conf'), conf);
  return started({ command: ['nginx', '-e', `${temp}/error.log`, '-c', folder.file('nginx.conf')], port, logPath });
}

async function startCaddy(folder: TempDir, product: SecureProduct, files: Front): Promise<Program> {
  const port = await freePort();
  const logPath = folder.file('caddy-access.log');
  const example = documented('caddy', [
    [
      'leafward.example.net {',
      `https://127.0.0.1:${port} {\n    tls ${files.cert} ${files.key}\n    log {\n output file ${logPath}\n }`,
    ],
    ['127.0.0.1:8080', `unix/${product.socket}`],
  ]);
  writeFileSync(folder.file('Caddyfile'), `{\n admin off\n auto_https disable_redirects\n}\n${example}`);
  const env = { HOME: folder.path, XDG_DATA_HOME: folder.path, XDG_CONFIG_HOME: folder.path };
  const command = ['caddy', 'run', '--adapter', 'caddyfile', '--config', folder.file('Caddyfile')] as const;
  return started({ command, port, logPath, env });
}

const fronts = { nginx: startNginx, caddy: startCaddy } as const;

for (const [name, start] of Object.entries(fronts)) {
  test(`both agents through ${name} before the server, as the documentation sets it up`, async () => {
    await using folder = tempDir('fronts');
    await using product = await startSecureProduct(folder, ['--trust-proxy', 'loopback', '--log-level', 'debug']);
    await using set = await startReplicaSet({ members: 1 });
    await using client = await set.connect();
    const authority = await testAuthority();
    const issued = await authority.issue(['127.0.0.1', 'localhost']);
    const files = { cert: folder.file('front.crt'), key: folder.file('front.key') };
    writeFileSync(files.cert, issued.cert);
    writeFileSync(files.key, issued.key);
    writeFileSync(folder.file('front-ca.pem'), authority.ca);
    await using front = await start(folder, product, files);
    const lines = { serverUrl: `https://127.0.0.1:${front.port}`, serverCaFile: folder.file('front-ca.pem') };
    await useBothAgents(product, set, client, { lines });
    // By the socket there is no address but the one that the proxy tells.
    const from = new Set(
      [...product.server.stdout().matchAll(/route=\/agent\/v1\/\S+ .*from=(\S+)/g)].map(([, ip]) => ip),
    );
    assert.deepEqual([...from], ['127.0.0.1']);
    assert.match(front.log(), /\/agent\/v1\/samples/);
  });
}
