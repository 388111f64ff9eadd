import { type ExposureRecord, type ExposureStore, exposureFinding, severityOf } from '../../server/exposure/ports.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import { flag, number, numberOrNull, text, textOrNull, upsert, word } from './metadata-row.ts';

/** What the exposure check keeps, in SQLite; the schema is in exposure-migrations.ts. */
export function createExposureStore(database: SqlDatabase): ExposureStore {
  return {
    async enabledGroups() {
      const rows = await database.read('SELECT group_id FROM exposure_groups ORDER BY group_id');
      return rows.map((row) => text(row, 'group_id'));
    },
    async setEnabled(groupId, enabled) {
      if (enabled) await database.write([upsert('exposure_groups', { group_id: groupId })]);
      else {
        await database.write([
          { sql: 'DELETE FROM exposure_groups WHERE group_id = ?', params: [groupId] },
          { sql: 'DELETE FROM exposures WHERE group_id = ?', params: [groupId] },
        ]);
      }
    },
    async exposures(groupId) {
      const rows = await database.read('SELECT * FROM exposures WHERE group_id = ? ORDER BY host_id', [groupId]);
      return rows.map(recordOf);
    },
    async saveExposure(groupId, record) {
      await database.write([upsert('exposures', columns(groupId, record))]);
    },
    async removeExposure(groupId, hostId) {
      const sql = 'DELETE FROM exposures WHERE group_id = ? AND host_id = ?';
      await database.write([{ sql, params: [groupId, hostId] }]);
    },
  };
}

function columns(groupId: string, record: ExposureRecord) {
  return {
    group_id: groupId,
    host_id: record.hostId,
    target: record.target,
    finding: record.finding,
    detail: record.detail,
    address: record.address,
    tls: record.tls ? 1 : 0,
    databases: record.databases,
    seen_host: record.seenFrom.host,
    seen_address: record.seenFrom.address,
    at_ms: record.atMs,
    since_ms: record.sinceMs,
    next_at_ms: record.nextAtMs,
    silent_looks: record.silentLooks,
    doubt: record.doubt,
  };
}

function recordOf(row: SqlRow): ExposureRecord {
  const finding = row['finding'] === null ? null : word(row, 'finding', exposureFinding.options);
  return {
    hostId: text(row, 'host_id'),
    target: text(row, 'target'),
    finding,
    severity: severityOf(finding),
    detail: text(row, 'detail'),
    address: textOrNull(row, 'address'),
    tls: flag(row, 'tls'),
    databases: numberOrNull(row, 'databases'),
    seenFrom: { host: text(row, 'seen_host'), address: textOrNull(row, 'seen_address') },
    atMs: number(row, 'at_ms'),
    sinceMs: number(row, 'since_ms'),
    nextAtMs: number(row, 'next_at_ms'),
    silentLooks: number(row, 'silent_looks'),
    doubt: textOrNull(row, 'doubt'),
  };
}
