import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MongoClient } from 'mongodb';
import { FaultRig } from '../../support/faults/fault-rig.ts';
import { runRounds } from '../../support/faults/rounds.ts';

/** The short form of `make soak`: one round of each of the nastiest, while a random workload runs. */
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
/** Of anonymous memory, MB; the data is small, so this is what the programs take by themselves, and as much again. */
const most = { agent: 600, server: 900 };
const rounds = ['rollback', "the server's disk is full", 'kill -9 of server and agent at once'];

test('what was acknowledged outlives a rollback, a full disk and kill -9; nothing rolled back is kept', {
  timeout: 600_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}`);
  await using rig = await FaultRig.start({ seed, members: 3, version: '6.0', documents: 300 });
  await overfill(rig.workload.client);
  const tell = (line: string): void => t.diagnostic(line);
  for (const only of rounds) await runRounds(rig, { count: 1, restoreEvery: 2, only: [only], tell });
  const now = await rig.settle();
  assert.equal(now.hashes.has('old.overfull'), true);
  await rig.assertRestores(now);
  t.diagnostic(`most anonymous memory: agent ${rig.most.agent.toFixed(0)}, server ${rig.most.server.toFixed(0)} MB`);
  assert.ok(rig.most.agent < most.agent, `the agent took ${rig.most.agent} MB`);
  assert.ok(rig.most.server < most.server, `the server took ${rig.most.server} MB`);
});

/** Since 6.0 documents of a capped collection may grow: it then holds more than its size, until the next insert. */
async function overfill(client: MongoClient): Promise<void> {
  const overfull = await client.db('old').createCollection<{ _id: number }>('overfull', { capped: true, size: 40_960 });
  await overfull.insertMany(Array.from({ length: 30 }, (_, id) => ({ _id: id, pad: 'x'.repeat(1000) })));
  await overfull.updateMany({}, { $set: { more: 'y'.repeat(3000) } });
}
