import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { after, before, test } from 'node:test';
import { addressKind } from '../../../../src/wire/outbound/address-kind.ts';
import { Outbound, type ResolveHost } from '../../../../src/wire/outbound/outbound.ts';
import { outboundRules } from '../../../../src/wire/outbound/outbound-rules.ts';

const closed = { allowPrivate: false, allow: [] };
const requests: string[] = [];
const http = createServer((request, response) => {
  requests.push(`${request.method} ${request.url}`);
  if (request.url === '/redirect') response.writeHead(302, { location: '/elsewhere' }).end();
  else if (request.url === '/endless') {
    response.writeHead(200);
    const more = () => {
      while (response.writable && response.write(Buffer.alloc(65_536, 'x')));
    };
    response.on('drain', more);
    more();
  } else if (request.url === '/cut')
    response.writeHead(200, { 'content-length': '100' }).write('only this', () => response.destroy());
  else if (request.url !== '/never') response.end(`heard by ${request.headers.host}`);
});
let port = 0;
before(async () => {
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  port = (http.address() as AddressInfo).port;
});
after(() => {
  http.closeAllConnections();
  http.close();
});

/** Resolves a name to one address after the other, one each time it is asked. */
function names(...addresses: readonly string[]): ResolveHost & { asked: number } {
  const resolve = Object.assign(
    async () => [{ address: addresses[Math.min(resolve.asked++, addresses.length - 1)] ?? '', family: 4 }],
    { asked: 0 },
  );
  return resolve;
}
const guard = (settings: { allowPrivate: boolean; allow: string[] }, resolve?: ResolveHost) =>
  new Outbound(() => outboundRules(settings), resolve);

test('addresses are public, private or special in every spelling', () => {
  const kinds: Readonly<Record<string, readonly string[]>> = {
    public: ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'],
    private: [
      '127.0.0.1',
      '10.2.3.4',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.7.7',
      '100.64.0.1',
      '::1',
      'fc00::1',
      'fe80::1%eth0',
      '::ffff:7f00:1',
      '::ffff:10.0.0.1',
      '64:ff9b::7f00:1',
    ],
    special: [
      '0.0.0.0',
      '169.254.169.254',
      '::ffff:a9fe:a9fe',
      '64:ff9b::a9fe:a9fe',
      'fd00:ec2::254',
      '100.100.100.200',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      '::7f00:1',
      '2002:7f00:1::',
      '64:ff9b:1::1',
      '2001:0:1::',
      'ff02::1',
      '4000::1',
      'nonsense',
      '',
    ],
  };
  for (const [kind, addresses] of Object.entries(kinds)) {
    for (const address of addresses) assert.equal(addressKind(address).kind, kind, address);
  }
});

test('a server as it is installed calls no address of its own network, by name or by number', async () => {
  const outbound = guard(closed, names('127.0.0.1'));
  const urls = [
    `http://127.0.0.1:${port}/`,
    `http://[::1]:${port}/`,
    `http://2130706433:${port}/`,
    `http://0x7f.1:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`,
    `http://hook.example.net:${port}/`,
  ];
  for (const url of urls)
    await assert.rejects(outbound.request(url, { method: 'POST' }), { code: 'OUTBOUND_REFUSED' }, url);
  await assert.rejects(outbound.connect({ host: '127.0.0.1', port }), { code: 'OUTBOUND_REFUSED' });
  await assert.rejects(outbound.connect({ host: 'mail.example.net', port }), {
    message: /mail\.example\.net leads to an address that is loopback$/,
  });
  await assert.rejects(outbound.address('mail.example.net'), { code: 'OUTBOUND_REFUSED' });
  await assert.rejects(outbound.address('::ffff:127.0.0.1'), { code: 'OUTBOUND_REFUSED' });
  await assert.rejects(outbound.request('file:///etc/passwd', { method: 'GET' }), { code: 'OUTBOUND_REFUSED' });
  assert.deepEqual(requests, []);
});

test('a name that first leads to the outside and then inside is judged by where the socket would go', async () => {
  const rebinding = names('192.0.43.8', '127.0.0.1');
  const outbound = guard(closed, rebinding);
  assert.deepEqual(await outbound.address('hook.example.net'), { address: '192.0.43.8', family: 4 });
  await assert.rejects(outbound.request(`http://hook.example.net:${port}/`, { method: 'POST' }), {
    code: 'OUTBOUND_REFUSED',
  });
  assert.equal(rebinding.asked, 2, 'the address that was judged is the one that the socket got');
  assert.deepEqual(requests, []);
});

test('what an administrator allows is called: all private ones, networks, names; the metadata service only by its own line', async () => {
  const url = `http://hook.example.net:${port}/`;
  const to = (address: string, allow: string[], allowPrivate = false) =>
    guard({ allowPrivate, allow }, names(address)).request(url, { method: 'GET' });
  assert.deepEqual((await to('127.0.0.1', [], true)).body, `heard by hook.example.net:${port}`);
  for (const line of ['127.0.0.0/8', '127.0.0.1', 'hook.example.net', 'HOOK.example.net.', '*.example.net']) {
    assert.equal((await to('127.0.0.1', [line])).status, 200, line);
  }
  for (const line of ['10.0.0.0/8', 'example.net', '*.hook.example.net']) {
    await assert.rejects(to('127.0.0.1', [line]), { code: 'OUTBOUND_REFUSED' }, line);
  }
  await assert.rejects(to('169.254.169.254', [], true), { message: /a metadata service/ });
  assert.equal(
    outboundRules({ allowPrivate: false, allow: ['169.254.169.254'] }).refusal('x', '::ffff:a9fe:a9fe'),
    undefined,
  );
  for (const line of ['10.0.0.0/33', '10.0.0/8', 'a b', '10.0.0.0/-1', '/8', 'http://x', '*']) {
    assert.throws(() => outboundRules({ allowPrivate: false, allow: [line] }), { code: 'INPUT_INVALID' }, line);
  }
});

test('no redirect is followed; an answer is cut at 64 KiB; one that never comes or breaks off ends in time', async () => {
  const outbound = guard({ allowPrivate: true, allow: [] });
  const at = (path: string, timeoutMs = 60_000) =>
    outbound.request(`http://127.0.0.1:${port}${path}`, { method: 'POST', body: '{}', timeoutMs });
  requests.length = 0;
  const { status, headers } = await at('/redirect');
  assert.deepEqual([status, headers['location']], [302, '/elsewhere']);
  assert.deepEqual(requests, ['POST /redirect']);
  assert.equal((await at('/endless')).body.length, 65_536);
  await assert.rejects(at('/never', 100), { name: 'TimeoutError' });
  await assert.rejects(at('/cut'), { code: 'UND_ERR_SOCKET' });
});

test('it serves as the fetch of other clients', async () => {
  const outbound = guard({ allowPrivate: true, allow: [] });
  const answer = await outbound.fetch(`http://127.0.0.1:${port}/token`, {
    method: 'POST',
    body: new URLSearchParams({ a: 'b' }),
  });
  assert.deepEqual([answer.status, await answer.text()], [200, `heard by 127.0.0.1:${port}`]);
  assert.equal((await outbound.fetch(new URL(`http://127.0.0.1:${port}/redirect`))).status, 302);
});

test('a plain socket connects, and gives up in time where nobody takes it', async () => {
  const outbound = guard({ allowPrivate: true, allow: [] });
  const server = createTcpServer((socket) => socket.end('220 hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = await outbound.connect({ host: 'localhost', port: (server.address() as AddressInfo).port });
  assert.equal(String((await once(socket, 'data'))[0]), '220 hello');
  socket.destroy();
  server.close();
  const never = new AbortController();
  const waiting = guard({ allowPrivate: true, allow: [] }, () => new Promise(() => {})).connect({
    host: 'slow.example.net',
    port: 25,
    signal: never.signal,
  });
  never.abort();
  await assert.rejects(waiting, { code: 'TIMEOUT' });
});
