import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../src/runtime/log.ts';
import { createShutdown } from '../../../src/runtime/shutdown.ts';

test('closes in the reverse order, each after the one before has ended, and aborts the signal first', async () => {
  const shutdown = createShutdown({ log: silentLog });
  const seen: string[] = [];
  for (const name of ['store', 'http']) {
    shutdown.onClose(name, async () => {
      seen.push(`${name} ${shutdown.signal.aborted}`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${name} closed`);
    });
  }
  shutdown.begin('test');
  shutdown.begin('again');
  await shutdown.done();
  assert.deepEqual(seen, ['http true', 'http closed', 'store true', 'store closed']);
});

test('one part that cannot close keeps no other from closing', async () => {
  const shutdown = createShutdown({ log: silentLog });
  let closed = false;
  shutdown.onClose('store', async () => {
    closed = true;
  });
  shutdown.onClose('http', async () => {
    throw new Error('stuck');
  });
  shutdown.begin('test');
  await assert.rejects(shutdown.done(), { message: 'stuck' });
  assert.equal(closed, true);
});
