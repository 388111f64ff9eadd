import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupSet } from '../../../src/wire/api/backups.ts';
import { eventually } from '../../support/eventually.ts';
import { FaultRig } from '../../support/faults/fault-rig.ts';
import { faults } from '../../support/faults/faults.ts';

/** The first copy goes on where it was after every kind of crash: nothing of it begins anew, and what comes out is what was there. */
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? 20_261_121);
const during = ['kill -9 of the server', 'kill -9 of the primary', 'kill -9 of the backup agent'] as const;

test('a scan outlives kill -9 of server, primary and agent', {
  timeout: 600_000,
}, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const options = { seed, members: 3, version: '6.0', documents: 6000, scanBytesPerSecond: 5000 } as const;
  await using rig = await FaultRig.start(options);
  rig.steady.start();
  const scan = async (): Promise<BackupSet['scan']> => (await rig.backedUp.view()).scan;
  const first = await eventually(async () => ((await scan())?.documents ?? 0) > 0 && scan(), {
    timeoutMs: 240_000,
    what: 'a scan that has read something',
  });
  for (const name of during) {
    const fault = faults.find((one) => one.name === name);
    assert.ok(fault, name);
    const before = await scan();
    await fault.run(rig);
    const after = await scan();
    t.diagnostic(`${name}: ${before?.documents} documents before, ${after?.documents} after`);
    assert.equal(after?.startedAtMs, first?.startedAtMs, `${name}: it is the same scan, and it goes on`);
    assert.ok((after?.documents ?? 0) >= (before?.documents ?? 0), `${name}: nothing that was stored is read again`);
  }
  await rig.backedUp.leafward(['backup', 'start', rig.set.name, '--scan-bytes-per-second', '100000000']);
  await rig.agent.crash();
  rig.restartAgent();
  const now = await rig.settle();
  await rig.assertTimeline();
  await rig.assertRestores(now);
});
