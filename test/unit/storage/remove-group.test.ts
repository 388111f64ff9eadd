import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newGroup } from '../../../src/server/access/accounts.ts';
import { createGroupStore } from '../../../src/storage/sqlite/metadata-groups.ts';
import { memoryDatabase } from '../../support/server-fixture.ts';

test('a group that goes takes its rows in every table along, but for the audit log; other groups keep theirs', async () => {
  const database = memoryDatabase();
  const groups = createGroupStore(database);
  const columns = await database.read(
    `SELECT tables.name AS of, columns.name, columns.type FROM sqlite_master AS tables
     JOIN pragma_table_info(tables.name) AS columns WHERE tables.type = 'table' ORDER BY tables.name`,
  );
  const tables = [...Map.groupBy(columns, ({ of }) => String(of))].filter(([, list]) =>
    list.some(({ name }) => name === 'group_id'),
  );
  assert.ok(tables.length > 15, String(tables.length));
  const made = ['gone', 'stays'].map((name) => newGroup(name, 1));
  for (const [n, group] of made.entries()) {
    await groups.saveGroup(group);
    for (const [table, list] of tables) {
      const values = list.map(({ name, type }) => {
        if (name === 'group_id') return group.id;
        return type === 'BLOB' ? Buffer.from(`${n}`) : type === 'TEXT' ? `${n}` : n + 1;
      });
      const names = list.map(({ name }) => String(name));
      const places = names.map(() => '?').join();
      await database.write([{ sql: `INSERT INTO ${table} (${names.join()}) VALUES (${places})`, params: values }]);
    }
  }
  const left = async (groupId: string): Promise<string[]> => {
    const found: string[] = [];
    for (const [table] of tables) {
      const [row] = await database.read(`SELECT count(*) AS n FROM ${table} WHERE group_id = ?`, [groupId]);
      if (row?.['n'] === 1) found.push(table);
    }
    return found;
  };
  const all = tables.map(([table]) => table);
  const [gone, stays] = made.map(({ id }) => id);
  assert.deepEqual(await left(gone ?? ''), all);
  assert.equal(await groups.removeGroup(gone ?? ''), true);
  assert.equal(await groups.removeGroup(gone ?? ''), false);
  assert.deepEqual([await left(gone ?? ''), await left(stays ?? '')], [['audit_log'], all]);
});
