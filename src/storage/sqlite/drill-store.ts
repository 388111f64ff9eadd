import type { BackupDrill, DrillStore } from '../../server/backup/ports.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import { flag, number, text, textOrNull, upsert } from './metadata-row.ts';

const keptOfSet = 100;

/** How restore drills ended; the schema is in metadata-migrations.ts. */
export function createDrillStore(database: SqlDatabase): DrillStore {
  return {
    async add(groupId, replicaSetId, drill) {
      const { id, ok, message, documents, bytes, target } = drill;
      const columns = {
        ...{ group_id: groupId, replica_set_id: replicaSetId, id, at_ms: drill.atMs },
        ...{ snapshot_id: drill.snapshotId, snapshot_at_ms: drill.snapshotAtMs, ok: ok ? 1 : 0, message },
        ...{ took_ms: drill.tookMs, documents, bytes, target },
      };
      const old = `DELETE FROM backup_drills WHERE group_id = ? AND replica_set_id = ? AND id NOT IN (
        SELECT id FROM backup_drills WHERE group_id = ? AND replica_set_id = ? ORDER BY at_ms DESC, id LIMIT ?)`;
      const params = [groupId, replicaSetId, groupId, replicaSetId, keptOfSet];
      await database.write([upsert('backup_drills', columns), { sql: old, params }]);
    },
    async removeAll(groupId, replicaSetId) {
      const sql = 'DELETE FROM backup_drills WHERE group_id = ? AND replica_set_id = ?';
      await database.write([{ sql, params: [groupId, replicaSetId] }]);
    },
    async drills(groupId, replicaSetId) {
      const sql = 'SELECT * FROM backup_drills WHERE group_id = ? AND replica_set_id = ? ORDER BY at_ms DESC, id';
      return (await database.read(sql, [groupId, replicaSetId])).map(drillOf);
    },
  };
}

function drillOf(row: SqlRow): BackupDrill {
  return {
    id: text(row, 'id'),
    atMs: number(row, 'at_ms'),
    snapshotId: text(row, 'snapshot_id'),
    snapshotAtMs: number(row, 'snapshot_at_ms'),
    ok: flag(row, 'ok'),
    message: text(row, 'message'),
    tookMs: number(row, 'took_ms'),
    documents: number(row, 'documents'),
    bytes: number(row, 'bytes'),
    target: textOrNull(row, 'target'),
  };
}
