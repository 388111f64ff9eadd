import { openMetricsEngine } from '../metrics/engine.ts';
import type { MetricsEngine } from '../metrics/ports.ts';
import { systemClock } from '../runtime/clock.ts';
import type { Log } from '../runtime/log.ts';
import type { GroupStore } from '../server/ports.ts';
import type { SqlDatabase } from '../storage/sqlite/database.ts';
import { SqliteSeriesStore } from '../storage/sqlite/series-store.ts';

/** The metrics engine on the server's database, with every group's retention and budget. */
export async function openMetrics(database: SqlDatabase, groups: GroupStore, log: Log): Promise<MetricsEngine> {
  const engine = await openMetricsEngine({ store: new SqliteSeriesStore(database), clock: systemClock, log });
  for (const { id, retention, diskBudgetBytes } of await groups.groups()) {
    await engine.setRetention(id, retention, diskBudgetBytes);
  }
  return engine;
}
