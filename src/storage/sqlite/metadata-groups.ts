import { role } from '../../server/access/ports.ts';
import type { GroupRecord, GroupStore } from '../../server/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement } from './database.ts';
import { flag, number, text, upsert, words } from './metadata-row.ts';

export function createGroupStore(database: SqlDatabase): GroupStore {
  return {
    async addGroup(group, ownerId) {
      await database.write([insertGroup(group), insertOwner(group.id, ownerId)]);
    },
    async groups() {
      const rows = await database.read('SELECT * FROM groups ORDER BY created_at_ms, id');
      return rows.map(groupOf);
    },
    async group(id) {
      const [row] = await database.read('SELECT * FROM groups WHERE id = ?', [id]);
      return row === undefined ? undefined : groupOf(row);
    },
    async saveGroup(group) {
      await database.write([insertGroup(group)]);
    },
    async removeGroup(id) {
      const tables = await tablesOfGroups(database);
      const [result] = await database.write([
        {
          sql: `DELETE FROM groups WHERE id = ? AND NOT EXISTS
                (SELECT 1 FROM memberships JOIN users ON users.id = user_id WHERE group_id = ?)`,
          params: [id, id],
        },
        ...tables.map((table) => ({
          sql: `DELETE FROM ${table} WHERE group_id = ? AND NOT EXISTS (SELECT 1 FROM groups WHERE id = ?)`,
          params: [id, id],
        })),
      ]);
      return result?.changes === 1;
    },
    async rolesOf(userId) {
      const rows = await database.read('SELECT group_id, roles FROM memberships WHERE user_id = ?', [userId]);
      return rows.map((row) => ({ groupId: text(row, 'group_id'), roles: words(row, 'roles', role.options) }));
    },
    async serverValue(name) {
      const [row] = await database.read('SELECT value FROM server_values WHERE name = ?', [name]);
      return row === undefined ? undefined : text(row, 'value');
    },
    async setServerValue(name, value) {
      await database.write([upsert('server_values', { name, value })]);
    },
  };
}

/** Events stay, or the chain breaks; series are the metric store's own. */
const kept = ['audit_log', 'streams', 'metric_schemas', 'sample_gaps'];

/** By the schema itself, so that no table is forgotten that is made later. */
async function tablesOfGroups(database: SqlDatabase): Promise<readonly string[]> {
  const rows = await database.read(
    `SELECT tables.name FROM sqlite_master AS tables JOIN pragma_table_info(tables.name) AS columns
     WHERE tables.type = 'table' AND columns.name = 'group_id' ORDER BY tables.name`,
  );
  return rows.map((row) => text(row, 'name')).filter((name) => !kept.includes(name));
}

export function insertGroup(group: GroupRecord): SqlStatement {
  return upsert('groups', {
    id: group.id,
    name: group.name,
    created_at_ms: group.createdAtMs,
    interval_ms: group.intervalMs,
    collect_databases: group.collectDatabases ? 1 : 0,
    collect_collections: group.collectCollections ? 1 : 0,
    raw_ms: group.retention.rawMs,
    minute_ms: group.retention.minuteMs,
    hour_ms: group.retention.hourMs,
    day_ms: group.retention.dayMs,
    disk_budget_bytes: group.diskBudgetBytes,
    second_factor_required: group.secondFactorRequired ? 1 : 0,
  });
}

export function insertOwner(groupId: string, userId: string): SqlStatement {
  return upsert('memberships', { user_id: userId, group_id: groupId, roles: 'owner' });
}

function groupOf(row: SqlRow): GroupRecord {
  return {
    id: text(row, 'id'),
    name: text(row, 'name'),
    createdAtMs: number(row, 'created_at_ms'),
    intervalMs: number(row, 'interval_ms'),
    collectDatabases: flag(row, 'collect_databases'),
    collectCollections: flag(row, 'collect_collections'),
    retention: {
      rawMs: number(row, 'raw_ms'),
      minuteMs: number(row, 'minute_ms'),
      hourMs: number(row, 'hour_ms'),
      dayMs: number(row, 'day_ms'),
    },
    diskBudgetBytes: number(row, 'disk_budget_bytes'),
    secondFactorRequired: flag(row, 'second_factor_required'),
  };
}
