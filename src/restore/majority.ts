import { AppError } from '../runtime/errors.ts';
import type { Target } from './target.ts';

const majorityMs = 600_000;

/**
 * Everything that was written before is in the journals of a majority when this resolves: an oplog has one order, so a later write, or one
 * that finds nothing to change, is acknowledged after all of them.
 */
export async function waitForMajority(target: Target, database: string): Promise<void> {
  const nothing = { delete: 'leafward.majority', deletes: [{ q: { _id: 0 }, limit: 1 }] };
  const reply = await target.command(
    database,
    { ...nothing, writeConcern: { w: 'majority', j: true, wtimeout: majorityMs } },
    majorityMs + 10_000,
  );
  const problem: unknown = reply['writeConcernError'];
  if (problem === undefined) return;
  throw new AppError('TIMEOUT', `${target.facts.host}: no majority has the data after ${majorityMs / 60_000} minutes`, {
    cause: problem,
    hint: 'Look at the lag of the target’s secondaries; the data stands on its primary.',
  });
}
