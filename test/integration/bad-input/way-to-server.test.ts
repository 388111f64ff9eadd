import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { runApp, startApp } from '../../support/app.ts';
import { testAuthority } from '../../support/certificates.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { startProduct } from '../../support/product.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

type Lines = Readonly<Record<string, string>>;

function settingsFile(folder: TempDir, lines: Lines): string {
  const path = folder.file('agent.config');
  const text = Object.entries({ stateDir: 'state', ...lines }).map(([name, value]) => `${name} = ${value}`);
  writeFileSync(path, `${text.join('\n')}\n`, { mode: 0o600 });
  return path;
}

interface Doctor {
  readonly status: number | NodeJS.Signals;
  readonly text: string;
  /** The step that failed, with its next step. */
  readonly failed: string;
}

async function doctor(folder: TempDir, lines: Lines): Promise<Doctor> {
  const { status, stdout, stderr } = await runApp(['doctor', '--settings', settingsFile(folder, lines)]);
  const [, failed = ''] = /FAIL ([^]*?)(?=\n {2}\S|$)/.exec(stdout) ?? [];
  return { status, text: stdout + stderr, failed };
}

test('a wrong key and a wrong group are told apart, the agent says it once and goes on asking, nothing repeats the key', async () => {
  await using folder = tempDir('keys');
  await using product = await startProduct(folder);
  const wrongKey = product.agentKey.replace(/.{6}$/, 'AAAAAA');
  const right = { serverUrl: product.url, groupId: product.groupId, apiKey: product.agentKey };
  const key = await doctor(folder, { ...right, apiKey: wrongKey });
  assert.equal(key.status, 1, key.text);
  assert.match(
    key.failed,
    /Agent key is accepted: this server does not know the apiKey\n.*next: .*Settings > Agent keys/,
  );
  const group = await doctor(folder, { ...right, groupId: 'g_0123456789abcdef0123' });
  assert.match(
    group.failed,
    /belongs to another group than groupId names\n.*next: Copy groupId and apiKey from the same/,
  );
  const good = await doctor(folder, right);
  assert.equal(good.status, 0, good.text);

  await using agent = startApp([
    'monitoring-agent',
    '--settings',
    settingsFile(folder, { ...right, apiKey: wrongKey }),
  ]);
  await agent.line(/does not know the apiKey.*code=KEY_REFUSED.*next=/);
  const refusals = () => product.server.stdout() + product.server.stderr();
  await eventually(() => agent.stdout().length > 0);
  assert.equal(await agent.stop(), 0);
  assert.equal(agent.stdout().match(/KEY_REFUSED/g)?.length, 1, 'logged once');
  const said = [agent.stdout(), agent.stderr(), refusals(), key.text, group.text, good.text].join('\n');
  for (const secret of [wrongKey, product.agentKey, product.apiToken]) assert.ok(!said.includes(secret));
});

test('a server that is down, and one that is none, are told with the next step', async () => {
  await using folder = tempDir('down');
  const facts = { groupId: 'g_1', apiKey: 'lfw_1_secretsecret' };
  const down = await doctor(folder, { ...facts, serverUrl: `http://127.0.0.1:${await freePort()}` });
  assert.equal(down.status, 1);
  assert.match(
    down.failed,
    /Server answers: cannot reach .*nothing listens there.*\n.*next: Check serverUrl, DNS, firewall/,
  );
  const noName = await doctor(folder, { ...facts, serverUrl: 'http://no-such-name.invalid:8080' });
  assert.match(noName.failed, /(?:the name does not resolve|name resolution does not work at the moment)\n.*next: /);
});

test('TLS to the server: no trust, another name, an expired certificate, and what does not speak it', async () => {
  await using folder = tempDir('tls');
  const authority = await testAuthority();
  writeFileSync(folder.file('ca.pem'), authority.ca);
  const serve = async (names: readonly string[], expired = false) => {
    const { cert, key } = await authority.issue(names, { expired });
    const label = names.join('-') + String(expired);
    writeFileSync(folder.file(`${label}.crt`), cert);
    writeFileSync(folder.file(`${label}.key`), key, { mode: 0o600 });
    const files = ['--tls-cert', folder.file(`${label}.crt`), '--tls-key', folder.file(`${label}.key`)];
    const app = startApp(['server', '--data-dir', folder.file(label), '--listen', '127.0.0.1:0', ...files]);
    return { app, url: (await app.line(/ready url=(\S+)/))[1] ?? '' };
  };
  const facts = { groupId: 'g_1', apiKey: 'lfw_1_secretsecret', serverCaFile: 'ca.pem' };
  await using resources = new AsyncDisposableStack();
  const right = await serve(['127.0.0.1']);
  resources.use(right.app);
  const trusted = await doctor(folder, { ...facts, serverUrl: right.url });
  assert.match(trusted.text, /Server answers: .*its certificate is trusted/);
  const { serverCaFile: _, ...noCa } = facts;
  const untrusted = await doctor(folder, { ...noCa, serverUrl: right.url });
  assert.match(untrusted.failed, /TLS with .*certificate.*\n.*next: Name a PEM file with the CA .* as serverCaFile/);
  const plain = await doctor(folder, { ...facts, serverUrl: right.url.replace('https', 'http') });
  assert.match(plain.failed, /closed without an answer \(what speaks TLS does so/);

  const other = await serve(['leafward.example.net']);
  resources.use(other.app);
  const mismatch = await doctor(folder, { ...facts, serverUrl: other.url });
  assert.match(
    mismatch.failed,
    /the certificate is for DNS:leafward\.example\.net, not for 127\.0\.0\.1\n.*next: Use a name that the certificate holds/,
  );
  const old = await serve(['127.0.0.1'], true);
  resources.use(old.app);
  const expired = await doctor(folder, { ...facts, serverUrl: old.url });
  assert.match(expired.failed, /expired\n.*next: Renew the certificate/);
});

test('a CA file that is missing or none is named before anything starts', async () => {
  await using folder = tempDir('ca');
  writeFileSync(folder.file('none.pem'), 'not a certificate');
  const facts = { groupId: 'g_1', apiKey: 'lfw_1_s', serverUrl: 'https://127.0.0.1:9' };
  for (const [line, message] of [
    [{ serverCaFile: 'missing.pem' }, /cannot read serverCaFile .*missing\.pem.*\nnext: Check the path/],
    [{ mongodbTlsCaFile: 'missing.pem' }, /cannot read mongodbTlsCaFile .*missing\.pem/],
    [{ serverCaFile: 'none.pem' }, /serverCaFile .*none\.pem holds no PEM certificate.*\nnext: It begins with/],
  ] as const) {
    const refused = await runApp(['monitoring-agent', '--settings', settingsFile(folder, { ...facts, ...line })]);
    assert.equal(refused.status, 78, refused.stderr);
    assert.match(refused.stderr, message);
  }
});

test('a typo in a settings file is refused with the line and a suggestion, before anything is made', async () => {
  await using folder = tempDir('typo');
  const file = settingsFile(folder, { serverUrl: 'http://127.0.0.1:9', groupId: 'g_1', apiKei: 'lfw_1_secretsecret' });
  for (const command of ['monitoring-agent', 'doctor']) {
    const { status, stderr } = await runApp([command, '--settings', file]);
    assert.equal(status, 78);
    assert.match(
      stderr,
      /agent\.config line 4: there is no setting apiKei; did you mean apiKey\?\nnext: .*\ncode: SETTINGS_INVALID/,
    );
    assert.doesNotMatch(stderr, /secretsecret/);
  }
  writeFileSync(folder.file('server.config'), 'listn = 127.0.0.1:0\n');
  const server = await runApp([
    'server',
    '--settings',
    folder.file('server.config'),
    '--data-dir',
    folder.file('data'),
  ]);
  assert.equal(server.status, 78);
  assert.match(server.stderr, /line 1: there is no setting listn; did you mean listen\?/);
});
