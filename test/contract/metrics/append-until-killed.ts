import { openMetricsEngine } from '../../../src/metrics/engine.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { openSqlDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { seriesMigrations } from '../../../src/storage/sqlite/series-migrations.ts';
import { SqliteSeriesStore } from '../../../src/storage/sqlite/series-store.ts';
import { samplesMessage } from '../../support/metric-samples.ts';

/** A process of its own that appends, seals now and then, and prints the number of each sample that was acknowledged. */
const [dir = '', first = '0'] = process.argv.slice(2);
const database = await openSqlDatabase(dir, [{ name: 'series', steps: seriesMigrations }]);
const store = new SqliteSeriesStore(database);
const engine = await openMetricsEngine({ store, clock: systemClock, log: silentLog, background: false });
for (let i = Number(first); ; i++) {
  const message = samplesMessage('h', ['a.number', 'b.number'], [[1_768_003_200_000 + i * 10_000, i, i % 7]]);
  await engine.append('g', message, { epoch: 1, current: true });
  process.stdout.write(`${i}\n`);
  if (i % 97 === 0) void engine.settle();
}
