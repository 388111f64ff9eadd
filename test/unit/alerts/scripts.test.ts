import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { AlertStore } from '../../../src/alerts/ports.ts';
import { alertMigrations } from '../../../src/storage/sqlite/alert-migrations.ts';
import { createAlertStore } from '../../../src/storage/sqlite/alert-store.ts';
import type { SqlDatabase } from '../../../src/storage/sqlite/database.ts';
import { openSqlDatabase } from '../../../src/storage/sqlite/open-database.ts';
import { AlertScript, seriesValues } from '../../support/alert-script.ts';
import { tempDir } from '../../support/temp-dir.ts';

/** One script a file: what is loaded, when, and which alerts there are then. docs/alerts.md says how to write one. */
const folder = new URL('./scripts/', import.meta.url);
const dir = tempDir('alert-scripts');
let database: SqlDatabase;
let store: AlertStore;

before(async () => {
  database = await openSqlDatabase(dir.path, [{ name: 'alerts', steps: alertMigrations }]);
  store = createAlertStore(database);
});
after(async () => {
  await database.close();
  await dir[Symbol.asyncDispose]();
});

for (const name of readdirSync(folder).sort()) {
  const text = readFileSync(new URL(name, folder), 'utf8');
  test(`${name}: ${text.split('\n')[0]?.replace(/^#\s*/, '')}`, () =>
    new AlertScript(store, `g_${name.replace('.txt', '')}`).run(text));
}

test('series are read as Prometheus writes them', () => {
  assert.deepEqual(seriesValues('80x2 0+10x3 _ 5-1x1 primary'), [80, 80, 80, 0, 10, 20, 30, null, 5, 4, 'primary']);
  assert.throws(() => seriesValues('80y2'), /"80y2" is no value/);
});

test('a script that expects what is not so fails, and says where', async () => {
  const script = new AlertScript(store, 'g_wrong');
  await assert.rejects(script.run('only hostDown\nload 10s\n  up{a} 0x99\nadvance 2m\nexpect alerts none'), /line 5/);
  await assert.rejects(script.run('dance'), /line 1, "dance": no such command/);
});
