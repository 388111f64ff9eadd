import { makePlan, type PlanSettings } from '../../../src/restore/plan.ts';
import type { RestoreSource } from '../../../src/restore/ports.ts';
import { type RestoreReport, type RestoreSettings, restore } from '../../../src/restore/restore.ts';
import { Target, type TargetSettings } from '../../../src/restore/target.ts';

/** The whole of a restore with its defaults but for `changes`. */
export async function runRestore(
  source: RestoreSource,
  uri: string,
  changes: Partial<RestoreSettings & PlanSettings & TargetSettings> = {},
): Promise<RestoreReport> {
  const plan = makePlan(source, { namespaces: [], renames: [], usersAndRoles: false, ...changes });
  const signal = new AbortController().signal;
  await using target = await Target.open({ uri, connections: 4, signal, ...changes });
  return await restore(source, target, plan, {
    drop: false,
    keepTtlOff: false,
    parallel: 4,
    onProgress: () => {},
    now: () => performance.now(),
    ...changes,
  });
}
