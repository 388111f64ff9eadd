import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eventually } from '../../support/eventually.ts';
import { startMongod } from '../../support/mongod.ts';
import { testPollers } from '../../support/test-poller.ts';

const never = new AbortController().signal;
const polls = 2000;
/** A sample has 16 KB and its reply twice that: one that stays at every poll would be 30 MB. */
const leakBytes = 15 * 2 ** 20;

test('two thousand polls leave no memory, file or connection behind', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  await using mongod = await startMongod();
  await using client = await mongod.connect();
  const admin = client.db('admin');
  await using pollers = await testPollers();
  const { outbox } = pollers.share;
  const poller = pollers.add({ host: mongod.host, tls: false });
  let samples = 0;
  const poll = async (times: number): Promise<void> => {
    for (let at = 0; at < times; at++) {
      await poller.poll(never);
      const batch = await outbox.first();
      if (batch === undefined) continue;
      await outbox.sent(batch);
      samples++;
    }
  };
  const held = async () => {
    // What was freed gives its buffers back in later turns of the event loop.
    for (let turn = 0; turn < 4; turn++) {
      collectGarbage();
      await delay(20);
    }
    const { heapUsed, external } = process.memoryUsage();
    const { connections } = await admin.command({ serverStatus: 1 });
    return { bytes: heapUsed + external, files: readdirSync('/proc/self/fd').length, connections: connections.current };
  };
  // The single commands give a sample at every poll, FTDC only one a second.
  await admin.command({ setParameter: 1, diagnosticDataCollectionEnabled: false });
  await eventually(
    async () => {
      await poll(20);
      return poller.report?.collection === 'commands';
    },
    { timeoutMs: 240_000, what: 'single commands' },
  );
  await poll(300);
  const before = await held();
  await poll(polls);
  const after = await held();
  assert.ok(samples > polls, String(samples));
  assert.ok(after.bytes - before.bytes < leakBytes, `${after.bytes - before.bytes} bytes more`);
  // The driver may open its second connection meanwhile; a leak would be one in every few polls.
  assert.ok(after.files <= before.files + 4, `${after.files} files, ${before.files} before`);
  assert.ok(
    after.connections <= before.connections + 4,
    `${after.connections} connections, ${before.connections} before`,
  );
});
