import { alertMigrations } from '../../src/storage/sqlite/alert-migrations.ts';
import { createAlertStore } from '../../src/storage/sqlite/alert-store.ts';
import { openSqlDatabase } from '../../src/storage/sqlite/open-database.ts';
import { tempDir } from '../support/temp-dir.ts';
import { alertStoreContract } from './alert-store.ts';

const parts = [{ name: 'alerts', steps: alertMigrations }];

alertStoreContract('sqlite', async () => {
  const dir = tempDir('alerts');
  let database = await openSqlDatabase(dir.path, parts);
  return {
    store: createAlertStore(database),
    reopen: async () => {
      await database.close();
      database = await openSqlDatabase(dir.path, parts);
      return createAlertStore(database);
    },
    close: async () => {
      await database.close();
      await dir[Symbol.asyncDispose]();
    },
  };
});
