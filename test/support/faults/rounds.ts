import { setTimeout as delay } from 'node:timers/promises';
import type { FaultRig } from './fault-rig.ts';
import { type Fault, faults } from './faults.ts';
import { momentText } from './known-moments.ts';

export interface RoundsOptions {
  readonly count: number;
  /** A moment is restored after every so many rounds. */
  readonly restoreEvery: number;
  /** Names of faults; default: all that can be had here. */
  readonly only?: readonly string[];
  readonly tell: (line: string) => void;
}

/** Of the rounds, how many have the source read anew. */
const rescanShare = 0.25;

/**
 * Round for round: the workload runs, something breaks and is mended, and in the end all of it can be brought back as it was.
 * @throws with the round, the fault and what the programs said last
 */
export async function runRounds(rig: FaultRig, options: RoundsOptions): Promise<void> {
  const { count, restoreEvery, tell } = options;
  const possible = possibleFaults(rig, options.only);
  for (let round = 1; round <= count; round++) {
    const fault = rig.random.pick(possible);
    try {
      const began = performance.now();
      rig.steady.start();
      const rescans = rig.random.chance(rescanShare);
      if (rescans) await rig.rescan(rig.random.pick(['full', 'resync']));
      await delay(rig.someMs(0, 1500));
      await fault.run(rig);
      const broken = performance.now();
      await rig.settle();
      await rig.assertTimeline();
      rig.assertStoreIsSmall();
      const restores = round % restoreEvery === 0;
      const moment = rig.random.chance(0.5) ? rig.moments.at(-1) : rig.random.pick(rig.moments);
      if (restores && moment !== undefined) await rig.assertRestores(moment);
      const times = `${seconds(broken - began)} s, whole after ${seconds(performance.now() - broken)} s`;
      const restored = restores && moment !== undefined ? `, restored ${momentText(moment)}` : '';
      tell(`${round} ${fault.name}${rescans ? ' during a scan' : ''}: ${times}${restored}; ${rig.memoryText()}`);
    } catch (thrown) {
      const words = `${rig.lastWords()}\n${await rig.memberWords()}`;
      const what = `round ${round}, ${fault.name}: ${messageOf(thrown)}\n${words}`;
      tell(`FAILED ${what}`);
      throw new Error(what, { cause: thrown });
    }
  }
}

/** As often in the list as their weight says. */
function possibleFaults(rig: FaultRig, only: readonly string[] | undefined): readonly Fault[] {
  return faults
    .filter(({ name }) => only === undefined || only.some((part) => name.includes(part)))
    .filter(({ members = 1 }) => rig.set.members.length >= members)
    .filter(({ since = 0 }) => rig.workload.version >= since)
    .filter(({ disks = false }) => !disks || rig.disks !== undefined)
    .flatMap((fault) => Array.from({ length: fault.weight ?? 1 }, () => fault));
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
