import { openSqlDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { seriesMigrations } from '../../../src/storage/sqlite/series-migrations.ts';
import { SqliteSeriesStore } from '../../../src/storage/sqlite/series-store.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { metricsEngineContract } from './engine.ts';

metricsEngineContract(async () => {
  const dir = tempDir('series');
  const database = await openSqlDatabase(dir.path, [{ name: 'series', steps: seriesMigrations }]);
  return {
    store: new SqliteSeriesStore(database),
    [Symbol.asyncDispose]: async () => {
      await database.close();
      await dir[Symbol.asyncDispose]();
    },
  };
});
