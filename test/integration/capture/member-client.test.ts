import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemberClient } from '../../../src/capture/source/member-client.ts';
import { eventually } from '../../support/eventually.ts';
import { freePort } from '../../support/free-port.ts';
import { startMongod } from '../../support/mongod.ts';

const { signal } = new AbortController();

test('a member that was away when it was first asked is reached as soon as it is there, by the same client', async () => {
  const port = await freePort();
  const client = new MemberClient({ host: `127.0.0.1:${port}`, tls: false }, 1);
  await assert.rejects(client.hello(signal), /cannot reach/);
  await using _mongod = await startMongod({ port });
  const reached = async (): Promise<boolean> => (await client.hello(signal)).maxWireVersion > 0;
  assert.equal(await eventually(reached, { timeoutMs: 240_000, what: 'an answer' }), true);
  await client.close();
  await assert.rejects(client.hello(signal), 'what was closed stays closed');
});
