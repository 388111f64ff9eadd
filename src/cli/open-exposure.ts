import { hostname } from 'node:os';
import type { ServerContext } from '../server/context.ts';
import { ExposureBook } from '../server/exposure/exposure-book.ts';
import { ExposureChecks } from '../server/exposure/exposure-checks.ts';
import type { ProbeWays } from '../server/exposure/probe.ts';
import { exposureSection } from '../server/instance-settings/exposure-section.ts';
import type { SqlDatabase } from '../storage/sqlite/database.ts';
import { createExposureStore } from '../storage/sqlite/exposure-store.ts';

/** The check for exposed hosts; it does nothing until an administrator allows it. */
export async function openExposure(
  context: ServerContext,
  database: SqlDatabase,
  ways?: ProbeWays,
): Promise<ExposureChecks> {
  const { instance } = context;
  const book = await ExposureBook.open(createExposureStore(database), context.fleet);
  const allowed = async (): Promise<boolean> => (await instance.read(exposureSection)).value.enabled;
  const { clock, log, fleet, hub } = context;
  const parts = { book, clock, log, fleet, hub, allowed, seenFrom: hostname() };
  return new ExposureChecks(ways === undefined ? parts : { ...parts, ways });
}
