import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { type App, runApp } from '../../support/app.ts';
import { testAuthority, writeMongodCertificates } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { startOldMongod } from '../../support/old-mongod.ts';
import { type Product, startProduct, untilSampled } from '../../support/product.ts';
import { startReplicaSet } from '../../support/replica-set.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

interface ListedHost {
  readonly host: string;
  readonly status: { readonly health: string; readonly word: string; readonly detail?: string };
}
interface Watched {
  readonly product: Product;
  readonly agent: App;
  readonly folder: TempDir;
}

/** A server with an agent; the settings of the agent are kept for the doctor. */
async function watching(resources: AsyncDisposableStack): Promise<Watched> {
  const folder = resources.use(tempDir('bad-hosts'));
  const product = resources.use(await startProduct(folder));
  await product.api('PATCH', '', { intervalMs: 1000 });
  return { product, agent: resources.use(product.startAgent('agent', folder)), folder };
}

/** What the page says of a host, and what `leafward doctor` says: the step that failed with its next step. */
async function told(
  { product, folder }: Watched,
  host: string,
  wanted: RegExp,
  body: object = {},
): Promise<{ status: ListedHost['status']; failed: string }> {
  const known = await product.api<ListedHost[]>('GET', '/hosts');
  if (known.every((one) => one.host !== host)) await product.api('POST', '/hosts', { host, ...body });
  const status = await eventually(
    async () => {
      const found = (await product.api<ListedHost[]>('GET', '/hosts')).find((one) => one.host === host);
      return wanted.test(found?.status.detail ?? '') && found?.status;
    },
    { timeoutMs: 240_000, everyMs: 250, what: `${host}: ${wanted} on the page` },
  );
  const { stdout, stderr } = await runApp(['doctor', '--settings', folder.file('agent.config'), '--host', host]);
  const [, failed = ''] = /FAIL ([^]*?)(?=\n {2}\S|$)/.exec(stdout) ?? [];
  assert.notEqual(failed, '', `the doctor found nothing: ${stdout}${stderr}`);
  return { status, failed };
}

test('each kind of host that cannot be watched has its own sentence on the page and in the doctor, and hurts no other', {
  timeout: 600_000,
}, async () => {
  await using resources = new AsyncDisposableStack();
  const watched = await watching(resources);
  const healthy = resources.use(await startMongod());
  await watched.product.api('POST', '/hosts', { host: healthy.host });

  const web = createServer((_request, response) => response.end('hello'));
  web.listen(0, '127.0.0.1');
  await once(web, 'listening');
  resources.defer(() => void web.close());
  const address = web.address();
  assert.ok(address !== null && typeof address === 'object');
  const http = await told(watched, `127.0.0.1:${address.port}`, /is a web server, not MongoDB/);
  assert.match(
    http.failed,
    /MongoDB answers: .*web server, not MongoDB\n.*next: What answers at this port is not MongoDB/,
  );

  const old = resources.use(await startOldMongod('3.6.23', 6));
  const tooOld = await told(watched, old.host, /older than 4\.4/);
  assert.match(tooOld.failed, /older than 4\.4\n.*next: Leafward watches MongoDB 4\.4 and newer/);
  assert.ok(
    old.commands.every((name) => !/sasl|find|getMore/.test(name)),
    'nothing is asked beyond hello',
  );

  const set = resources.use(await startReplicaSet({ auth: { user: 'root', password: 'R00tSecret' } }));
  {
    await using client = await set.connect();
    const roles = [{ role: 'read', db: 'shop' }];
    await client.db('admin').command({ createUser: 'weak', pwd: 'We4kSecret', roles });
  }
  const host = set.hosts[0] ?? '';
  const withLogin = (username: string, password: string): void => {
    const lines = [`serverUrl = ${watched.product.url}`, `groupId = ${watched.product.groupId}`];
    lines.push(`apiKey = ${watched.product.agentKey}`, 'stateDir = agent-state');
    lines.push(`mongodbUsername = ${username}`, `mongodbPassword = ${password}`);
    writeFileSync(watched.folder.file('agent.config'), lines.join('\n'), { mode: 0o600 });
    watched.agent.signal('SIGHUP');
  };
  withLogin('weak', 'Wr0ngSecret');
  const wrong = await told(watched, host, /refuses the login/);
  assert.match(wrong.failed, /Login: .*refuses the login of weak on admin .*\n.*next: Check user and password/);
  withLogin('weak', 'We4kSecret');
  const weak = await told(watched, host, /not authorized/);
  assert.match(weak.failed, /Privileges: Refused: [^]*next: In mongosh[^]*grantRolesToUser\("weak"/);

  await untilSampled(watched.product, [healthy.host], { least: 5 });
  const said = [watched.agent, watched.product.server].map((app) => app.stdout() + app.stderr()).join('\n');
  for (const secret of ['Wr0ngSecret', 'We4kSecret', watched.product.agentKey, watched.product.apiToken]) {
    assert.ok(!`${said}${wrong.failed}${weak.failed}`.includes(secret), 'a secret was told');
  }
});

test('TLS to a host: no trust, another name, and a host that demands it', { timeout: 600_000 }, async () => {
  await using resources = new AsyncDisposableStack();
  const watched = await watching(resources);
  const authority = await testAuthority();
  const good = resources.use(tempDir('certificates'));
  const files = await writeMongodCertificates(good.path, authority);
  const start = (pem: { certificateKeyFile: string; caFile: string }) => {
    const args = ['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', pem.certificateKeyFile];
    return startMongod({ args: [...args, '--tlsCAFile', pem.caFile, '--tlsAllowConnectionsWithoutCertificates'] });
  };
  const secure = resources.use(await start(files));
  const plain = await told(watched, `127.0.0.1:${secure.port}`, /demands TLS/);
  assert.match(plain.failed, /demands TLS.*\n.*next: Turn TLS on for this host/);
  const untrusted = await told(watched, `localhost:${secure.port}`, /TLS with .* failed: .*certificate/, { tls: true });
  assert.match(untrusted.failed, /TLS: .*certificate.*\n.*next: Name a PEM file with the CA .* as mongodbTlsCaFile/);

  const lines = [`serverUrl = ${watched.product.url}`, `groupId = ${watched.product.groupId}`];
  lines.push(`apiKey = ${watched.product.agentKey}`, 'stateDir = agent-state', `mongodbTlsCaFile = ${files.caFile}`);
  writeFileSync(watched.folder.file('agent.config'), lines.join('\n'), { mode: 0o600 });
  watched.agent.signal('SIGHUP');
  const other = resources.use(tempDir('certificates'));
  const foreign = resources.use(await start(await writeMongodCertificates(other.path, authority, ['db.example.net'])));
  const mismatch = await told(
    watched,
    `localhost:${foreign.port}`,
    /the certificate is for DNS:db\.example\.net, not for localhost/,
    {
      tls: true,
    },
  );
  assert.match(mismatch.failed, /db\.example\.net, not for localhost\n.*next: Use a name that the certificate holds/);
  await untilSampled(watched.product, [`localhost:${secure.port}`]);
});
