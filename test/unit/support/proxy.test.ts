import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { fetch, ProxyAgent } from 'undici';
import { startProxy } from '../../support/proxy.ts';

test('forwards through a tunnel for the right credentials, and refuses everyone else', async () => {
  const origin = createServer((_request, response) => response.end('hello'));
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  try {
    const address = origin.address();
    assert.ok(address !== null && typeof address === 'object');
    const host = `127.0.0.1:${address.port}`;
    await using proxy = await startProxy({ user: 'u', password: 'p' });
    const get = async (url: string): Promise<string> => {
      const dispatcher = new ProxyAgent({ uri: url, proxyTunnel: true });
      try {
        return await (await fetch(`http://${host}/`, { dispatcher })).text();
      } finally {
        await dispatcher.close();
      }
    };
    assert.equal(await get(proxy.url.replace('//', '//u:p@')), 'hello');
    assert.deepEqual(proxy.seen, [`CONNECT ${host}`]);
    await assert.rejects(get(proxy.url.replace('//', '//u:wrong@')));
    assert.equal(proxy.refused(), 1);
  } finally {
    origin.closeAllConnections();
    origin.close();
  }
});
