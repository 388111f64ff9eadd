import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { test } from 'node:test';
import type { TlsOptions } from 'node:tls';
import { z } from 'zod';
import type { AppError } from '../../../src/runtime/errors.ts';
import { ServerClient } from '../../../src/wire/client.ts';
import { pinOf } from '../../../src/wire/server-trust.ts';
import { testAuthority } from '../../support/certificates.ts';
import { freePort } from '../../support/free-port.ts';
import { startProxy } from '../../support/proxy.ts';
import { type TempDir, tempDir } from '../../support/temp-dir.ts';

const answer = z.object({ fine: z.boolean() });
type Settings = Partial<ConstructorParameters<typeof ServerClient>[0]>;

interface Secure extends AsyncDisposable {
  readonly url: string;
}

async function listen(options: TlsOptions): Promise<Secure> {
  const server = createServer(options, (_, response) => void response.end('{"fine":true}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `https://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function ask(serverUrl: string, settings: Settings): Promise<boolean> {
  const client = new ServerClient({ serverUrl, groupId: 'g_1', apiKey: 'lfw_1_secret', env: {}, ...settings });
  try {
    const request = { path: '/x', answer, timeoutMs: 60_000, signal: new AbortController().signal };
    return (await client.request(request)).fine;
  } finally {
    await client.close();
  }
}

async function failure(serverUrl: string, settings: Settings): Promise<AppError> {
  return ask(serverUrl, settings).then(
    () => assert.fail('it was answered'),
    (thrown: AppError) => thrown,
  );
}

async function authority(folder: TempDir) {
  const made = await testAuthority();
  const caFile = folder.file('ca.pem');
  writeFileSync(caFile, made.ca);
  return { ...made, caFile };
}

test('a pin is one of the key of the server or of a CA above it, besides all other checks', async () => {
  await using folder = tempDir();
  const { caFile: serverCaFile, ca, issue } = await authority(folder);
  const mine = await issue(['127.0.0.1']);
  await using server = await listen({ ...mine, cert: `${mine.cert}\n${ca}` });
  const pin = pinOf(new X509Certificate(mine.cert).raw);
  const caPin = pinOf(new X509Certificate(ca).raw);
  const other = `sha256//${Buffer.alloc(32).toString('base64')}`;
  const hex = Buffer.from(pin.slice('sha256//'.length), 'base64').toString('hex');
  for (const serverPins of [[pin], [caPin], [other, pin], [pin.replace('//', '/')], [hex]]) {
    assert.equal(await ask(server.url, { serverCaFile, serverPins }), true, serverPins.join());
  }
  const wrong = await failure(server.url, { serverCaFile, serverPins: [other] });
  assert.equal(wrong.code, 'TLS_UNTRUSTED');
  assert.match(wrong.message, /its key is none of serverPins/);
  assert.ok(wrong.hint.includes(pin), wrong.hint);
  assert.equal((await failure(server.url, { serverPins: [pin] })).code, 'TLS_UNTRUSTED');
  for (const serverPins of [['sha256//short='], ['md5//x'], ['']]) {
    assert.throws(() => new ServerClient({ serverUrl: server.url, groupId: 'g', apiKey: 'k', serverPins }), {
      code: 'SETTINGS_INVALID',
    });
  }
});

test('TLS 1.0 and 1.1 are never spoken', async () => {
  await using folder = tempDir();
  const { caFile: serverCaFile, issue } = await authority(folder);
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  await using server = await listen({ ...(await issue(['127.0.0.1'])), ...old });
  const refused = await failure(server.url, { serverCaFile });
  assert.equal(refused.code, 'SERVER_UNREACHABLE');
  assert.match(refused.hint, /TLS 1.2 or 1.3/);
});

test('a client certificate is shown where it is demanded, its key opened by a password', async () => {
  await using folder = tempDir();
  const { caFile: serverCaFile, ca, issue } = await authority(folder);
  await using server = await listen({
    ...(await issue(['127.0.0.1'])),
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  });
  const none = await failure(server.url, { serverCaFile });
  assert.equal(none.code, 'SERVER_UNREACHABLE');
  assert.match(none.hint, /serverClientCertificateFile/);
  const { cert, key } = await issue(['agent.example.net']);
  const locked = createPrivateKey(key).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'geheim',
  });
  const pair = folder.file('agent.pem');
  writeFileSync(pair, `${cert}\n${String(locked)}`);
  const client = { serverCaFile, serverClientCertificateFile: pair };
  assert.equal(await ask(server.url, { ...client, serverClientKeyPassword: 'geheim' }), true);
  for (const [password, said] of [
    [undefined, /has an encrypted key/],
    ['wrong', /the password does not open/],
  ] as const) {
    const open = (): ServerClient =>
      new ServerClient({
        ...client,
        serverUrl: server.url,
        groupId: 'g',
        apiKey: 'k',
        serverClientKeyPassword: password,
      });
    assert.throws(open, said);
  }
  const stranger = await issue(['other.example.net']);
  writeFileSync(pair, `${cert}\n${stranger.key}`);
  await assert.rejects(ask(server.url, client), /a key of another certificate/);
  writeFileSync(pair, cert);
  await assert.rejects(ask(server.url, client), /holds no private key/);
});

test('a proxy that refuses, is not there or cannot go on is named, with the next step', async () => {
  await using folder = tempDir();
  const { caFile: serverCaFile, issue } = await authority(folder);
  await using server = await listen(await issue(['127.0.0.1']));
  await using proxy = await startProxy({ user: 'me', password: 'p:ss' });
  const through = { serverCaFile, httpProxy: proxy.url };
  assert.equal(await ask(server.url, { ...through, httpProxyCredentials: 'me:p:ss' }), true);
  const plainServer = server.url.replace('https:', 'http:');
  for (const url of [server.url, plainServer]) {
    const none = await failure(url, through);
    assert.equal(none.code, 'SERVER_UNREACHABLE');
    assert.equal(none.message, `the proxy ${proxy.url} demands a login, and none is set (407)`);
    assert.match(none.hint, /httpProxyCredentialsFile/);
    const wrong = await failure(url, { ...through, httpProxyCredentials: 'me:geheim' });
    assert.equal(wrong.message, `the proxy ${proxy.url} refuses the login of me (407)`);
  }
  const dead = `http://127.0.0.1:${await freePort()}`;
  for (const url of [server.url, plainServer]) {
    const gone = await failure(url, { serverCaFile, httpProxy: dead });
    assert.equal(gone.message, `cannot reach the proxy ${dead}: nothing listens there (connection refused)`);
    assert.match(gone.hint, /Check httpProxy or https_proxy/);
  }
  const nowhere = `https://127.0.0.1:${await freePort()}`;
  const beyond = await failure(nowhere, { ...through, httpProxyCredentials: 'me:p:ss' });
  assert.match(beyond.message, new RegExp(`the proxy ${proxy.url} cannot reach ${nowhere}`));
  const untrusted = await failure(server.url, { httpProxy: proxy.url, httpProxyCredentials: 'me:p:ss' });
  assert.equal(untrusted.code, 'TLS_UNTRUSTED');
  assert.match(untrusted.message, new RegExp(`TLS with ${server.url} through the proxy ${proxy.url} failed`));
});

test('a proxy that is itself reached by TLS; its own certificate counts', async () => {
  await using folder = tempDir();
  const { caFile: serverCaFile, issue } = await authority(folder);
  await using server = await listen(await issue(['127.0.0.1']));
  await using proxy = await startProxy(undefined, await issue(['127.0.0.1']));
  assert.match(proxy.url, /^https:/);
  assert.equal(await ask(server.url, { serverCaFile, httpProxy: proxy.url }), true);
  assert.deepEqual(proxy.seen, [`CONNECT ${new URL(server.url).host}`]);
  const untrusted = await failure(server.url, { httpProxy: proxy.url });
  assert.equal(untrusted.code, 'TLS_UNTRUSTED');
  assert.match(untrusted.message, new RegExp(`TLS with the proxy ${proxy.url} failed`));
});
