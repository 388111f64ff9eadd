import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemberClient } from '../../../src/capture/source/member-client.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import { startReplicaSet } from '../../support/replica-set.ts';

/** InterruptedDueToReplStateChange, as a member says it that steps down. */
const stepsDown = 11_602;

test('a member that says again and again that its state changes gives errors that can be read, and is read again after that', async () => {
  await using set = await startReplicaSet({ args: ['--setParameter', 'enableTestCommands=1'] });
  const [member] = set.members;
  assert.ok(member);
  await using admin = await member.connect();
  const client = new MemberClient({ host: member.host, tls: false }, 1);
  const { signal } = new AbortController();
  const find = { find: 'oplog.rs', limit: 1, singleBatch: true };
  try {
    await (await client.cursor('local', find, signal)).close();
    const data = { failCommands: ['find'], errorCode: stepsDown };
    await admin.db('admin').command({ configureFailPoint: 'failCommand', mode: { times: 3 }, data });
    for (let turn = 0; turn < 3; turn++) {
      const thrown: unknown = await client.cursor('local', find, signal).catch((error: unknown) => error);
      assert.ok(thrown instanceof AppError, String(thrown));
      assert.equal(thrown.details['code'], stepsDown, thrown.message);
    }
    assert.equal((await client.cursor('local', find, signal)).isDone, true);
  } finally {
    await client.close();
  }
});
