import { test } from 'node:test';
import { FaultRig } from '../support/faults/fault-rig.ts';
import { runRounds } from '../support/faults/rounds.ts';
import type { MongodVersion } from '../support/mongod-binary.ts';

/** `make soak`: many faults at random moments, one after another, on sets of three and on a single member. */
const seed = Number(process.env['LEAFWARD_TEST_SEED'] ?? Date.now() % 1_000_000);
const wanted = Number(process.env['LEAFWARD_SOAK_FAULTS'] ?? 200);
const versions = process.env['LEAFWARD_SOAK_VERSIONS']?.split(',');
const only = process.env['LEAFWARD_SOAK_ONLY']?.split(',');
const settings = [
  { members: 3, version: '6.0', share: 0.45 },
  { members: 3, version: '5.0', share: 0.3 },
  { members: 1, version: '4.4', share: 0.25 },
] as const satisfies readonly { members: number; version: MongodVersion; share: number }[];

const chosen = settings.filter(({ version }) => versions === undefined || versions.includes(version));
const shares = chosen.reduce((sum, { share }) => sum + share, 0);

for (const { members, version, share } of chosen) {
  const count = Math.round((wanted * share) / shares);
  test(`${count} faults, ${members} x mongod ${version}, seed ${seed}`, { skip: count === 0 }, async () => {
    const tell = (line: string): void => console.log(`${new Date().toISOString().slice(11, 19)} ${line}`);
    tell(`seed ${seed}: ${count} faults on ${members} x mongod ${version}`);
    await using rig = await FaultRig.start({ seed, members, version });
    await runRounds(rig, { count, restoreEvery: 3, tell, ...(only === undefined ? {} : { only }) });
    const { steps, failures } = rig.steady;
    tell(`${count} faults; the workload made ${steps} steps, ${failures} of them failed`);
    tell(`most anonymous memory: ${rig.memoryText()}`);
  });
}
