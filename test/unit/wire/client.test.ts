import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type { AppError } from '../../../src/runtime/errors.ts';
import { ServerClient } from '../../../src/wire/client.ts';
import { freePort } from '../../support/free-port.ts';

const answer = z.object({ fine: z.boolean() });

interface Listening extends AsyncDisposable {
  readonly url: string;
}

async function listen(listener: RequestListener): Promise<Listening> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers everything the same way. */
function says(status: number, body: string, headers: Record<string, string> = {}) {
  return (_: IncomingMessage, response: ServerResponse) => {
    response.writeHead(status, headers).end(body);
  };
}

async function ask(
  serverUrl: string,
  more: Partial<Parameters<ServerClient['request']>[0]> = {},
): Promise<z.infer<typeof answer>> {
  const client = new ServerClient({ serverUrl, groupId: 'g_1', apiKey: 'lfw_1_secret', env: {} });
  try {
    const request = { path: '/agent/v1/x', timeoutMs: 10_000, signal: new AbortController().signal, ...more };
    return await client.request({ ...request, answer });
  } finally {
    await client.close();
  }
}

test('what is sent keeps within its bandwidth, arrives whole, and is counted', async () => {
  const lengths: number[] = [];
  await using server = await listen((request, response) => {
    let length = 0;
    request.on('data', (part: Buffer) => {
      length += part.length;
    });
    request.on('end', () => {
      lengths.push(length);
      response.end('{"fine": true}');
    });
  });
  const maxBandwidth = 512 * 1024;
  const client = new ServerClient({
    serverUrl: server.url,
    groupId: 'g_1',
    apiKey: 'lfw_1_secret',
    env: {},
    maxBandwidth,
  });
  const { signal } = new AbortController();
  const body = Buffer.alloc(1024 * 1024, 'x');
  const begunMs = performance.now();
  const post = () => client.request({ path: '/x', answer, body, plain: true, timeoutMs: 1900, signal });
  await Promise.all([post(), post()]);
  // 2 MiB, without the last piece of 16 KiB; each body takes longer than the deadline of its answer.
  assert.ok(performance.now() - begunMs > 3900, String(performance.now() - begunMs));
  assert.deepEqual(lengths, [body.length, body.length]);
  assert.deepEqual(client.traffic, { sentBytes: 2 * body.length, requests: 2, failedRequests: 0 });
  await client.close();
});

async function failure(
  serverUrl: string,
  more: Partial<Parameters<ServerClient['request']>[0]> = {},
): Promise<AppError> {
  return ask(serverUrl, more).then(
    () => assert.fail('it was answered'),
    (thrown: AppError) => thrown,
  );
}

test('a request carries key, group and protocol; a body is zstd unless it is small or was compressed before', async () => {
  const seen: { line: string; headers: IncomingMessage['headers']; body: Buffer }[] = [];
  await using server = await listen((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      seen.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: Buffer.concat(parts) });
      response.end('{"fine":true}');
    });
  });
  assert.deepEqual(await ask(`${server.url}/below/`, { query: { version: 7, kind: 'a b' } }), { fine: true });
  const large = Buffer.alloc(2000, 'x');
  for (const more of [{ body: Buffer.from('small') }, { body: large }, { body: large, compressed: true }]) {
    await ask(server.url, { ...more, headers: { 'leafward-epoch': '3' } });
  }
  const [get, small, zstd, before] = seen;
  assert.match(get?.line ?? '', /^GET \/below\/agent\/v1\/x\?version=7&kind=a(\+|%20)b$/);
  assert.equal(get?.headers.authorization, 'Bearer lfw_1_secret');
  assert.equal(get.headers['leafward-group'], 'g_1');
  assert.equal(get.headers['leafward-protocol'], '1.0');
  assert.equal(get.headers['content-type'], undefined);
  assert.equal(small?.line, 'POST /agent/v1/x');
  assert.equal(small.headers['content-encoding'], undefined);
  assert.equal(small.headers['content-type'], 'application/octet-stream');
  assert.equal(small.headers['leafward-epoch'], '3');
  assert.equal(small.body.toString(), 'small');
  assert.equal(zstd?.headers['content-encoding'], 'zstd');
  assert.ok(zstdDecompressSync(zstd.body).equals(large));
  assert.equal(before?.headers['content-encoding'], 'zstd');
  assert.ok(before.body.equals(large));
});

test('the server tells its own problems; only what may pass is tried again', async () => {
  for (const [status, retryable] of [
    [404, false],
    [409, false],
    [429, true],
    [503, true],
  ] as const) {
    const told = { code: 'NOT_FOUND', message: 'no such thing', hint: 'look elsewhere', details: { at: 3 } };
    await using server = await listen(says(status, JSON.stringify(told)));
    const { code, message, hint, details, retryable: again } = await failure(server.url);
    assert.deepEqual({ code, message, hint, details }, told);
    assert.equal(again, retryable, `${status}`);
  }
});

test('what is no Leafward server is said to be none', async () => {
  await using web = await listen(says(502, '<html>bad gateway</html>'));
  const other = await failure(web.url);
  assert.equal(other.code, 'SERVER_UNREACHABLE');
  assert.equal(other.message, `${web.url} answers 502, and not as a Leafward server`);
  assert.match(other.hint, /^Check serverUrl; a proxy/);
  for (const body of ['', '<html></html>', '{"fine":3}', '[]']) {
    await using server = await listen(says(200, body));
    assert.equal((await failure(server.url)).message, `what answers at ${server.url} is no Leafward server`);
  }
});

test('a server that moved is named, and gets no key', async () => {
  let visits = 0;
  await using there = await listen((_, response) => {
    visits++;
    response.end('{"fine":true}');
  });
  await using here = await listen(says(301, '', { location: `${there.url}/agent/v1/x` }));
  const moved = await failure(here.url);
  assert.equal(moved.code, 'SERVER_UNREACHABLE');
  assert.equal(
    moved.hint,
    `It sends on to ${there.url}/agent/v1/x: set serverUrl to the address of the server itself.`,
  );
  assert.equal(visits, 0);
});

test('one that hangs, before or within its answer, one that cuts the connection, and one that is not there', async () => {
  await using silent = await listen(() => undefined);
  await using slow = await listen((_, response) => {
    response.writeHead(200).write('{"fi');
  });
  for (const { url } of [silent, slow]) {
    const late = await failure(url, { timeoutMs: 200 });
    assert.equal(late.code, 'TIMEOUT');
    assert.equal(late.message, `${url} did not answer within 0.2 s`);
  }
  await using cut = await listen((request) => request.socket.destroy());
  const broken = await failure(cut.url);
  assert.equal(broken.code, 'SERVER_UNREACHABLE');
  await using cutLater = await listen((request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{"fi', () => request.socket.destroy());
  });
  assert.equal((await failure(cutLater.url)).code, 'SERVER_UNREACHABLE');
  const nobody = `http://127.0.0.1:${await freePort()}`;
  const none = await failure(nobody);
  assert.equal(none.message, `cannot reach ${nobody}: nothing listens there (connection refused)`);
  for (const { retryable } of [broken, none]) assert.equal(retryable, true);
});

test('an answer without end is cut off', async () => {
  await using endless = await listen((_, response) => {
    const block = Buffer.alloc(2 ** 20, ' ');
    const more = (): void => {
      while (!response.destroyed && response.write(block)) {}
    };
    response.on('drain', more);
    more();
  });
  assert.equal((await failure(endless.url)).code, 'SERVER_UNREACHABLE');
});

test('who stops gets the reason of the stop, not an error of the network', async () => {
  await using silent = await listen(() => undefined);
  const stop = new AbortController();
  const reason = new Error('the agent stops');
  const asked = failure(silent.url, { signal: stop.signal });
  stop.abort(reason);
  assert.equal(await asked, reason);
});
