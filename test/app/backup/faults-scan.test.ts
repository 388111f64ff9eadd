import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../support/eventually.ts';
import { FaultRig } from '../../support/faults/fault-rig.ts';
import { faults } from '../../support/faults/faults.ts';

/** The first copy goes on where it was after every kind of crash: nothing of it begins anew, and what comes out is what was there. */
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? Date.now() % 1_000_000);
const during = ['kill -9 of the server', 'kill -9 of the primary', 'kill -9 of the backup agent'] as const;

test('a scan outlives kill -9 of server, primary and agent', {
  timeout: 240_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const options = { seed, members: 3, version: '6.0', documents: 12_000, scanBytesPerSecond: 120_000 } as const;
  await using rig = await FaultRig.start(options);
  rig.steady.start();
  const progress = async (): Promise<{ startedAtMs: number; documents: number } | undefined> =>
    (await rig.backedUp.view()).scan ?? undefined;
  const first = await eventually(
    async () => {
      const scan = await progress();
      return scan !== undefined && scan.documents > 0 && scan;
    },
    { timeoutMs: 40_000, what: 'a scan that has read something' },
  );
  let before = first;
  for (const name of during) {
    const fault = faults.find((one) => one.name === name);
    assert.ok(fault, name);
    await fault.run(rig);
    const after = await eventually(
      async () => {
        const scan = await progress();
        return scan !== undefined && scan.documents > before.documents && scan;
      },
      { timeoutMs: 60_000, what: `a scan that goes on after: ${name}` },
    );
    t.diagnostic(`${name}: ${before.documents} documents before, ${after.documents} after`);
    assert.equal(after.startedAtMs, first.startedAtMs, `${name}: it is the same scan`);
    before = after;
  }
  await rig.backedUp.leafward(['backup', 'start', rig.set.name, '--scan-bytes-per-second', '100000000']);
  await rig.agent.crash();
  rig.restartAgent();
  const now = await rig.settle();
  await rig.assertTimeline();
  await rig.assertRestores(now);
});
