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
