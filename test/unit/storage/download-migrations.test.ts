import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downloadMigrations } from '../../../src/storage/sqlite/download-migrations.ts';
import { createDownloadStore } from '../../../src/storage/sqlite/download-store.ts';
import { openSqlDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { tempDir } from '../../support/temp-dir.ts';

test('a link made before there were archives of backup agents is one of the monitoring agent', async () => {
  await using folder = tempDir();
  const before = await openSqlDatabase(folder.path, [{ name: 'downloads', steps: downloadMigrations.slice(0, 1) }]);
  const columns = 'group_id, id, token_hash, key_id, created_at_ms, expires_at_ms, downloads';
  const sql = `INSERT INTO downloads (${columns}) VALUES ('g_1', 'x_1', x'01', 'k_1', 1, 2, 3)`;
  await before.write([{ sql, params: [] }]);
  await before.close();
  const database = await openSqlDatabase(folder.path, [{ name: 'downloads', steps: downloadMigrations }]);
  try {
    const [old] = await createDownloadStore(database).downloads('g_1');
    assert.equal(old?.kind, 'monitoring');
    assert.equal(old.downloads, 3);
  } finally {
    await database.close();
  }
});
