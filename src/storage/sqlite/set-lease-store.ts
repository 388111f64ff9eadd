import type { SetLease, SetLeaseStore } from '../../server/backup/ports.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import { number, text } from './metadata-row.ts';

const prefix = 'set ';

/** Leases of replica sets, beside those of the monitoring agents in the table `leases`. */
export function createSetLeaseStore(database: SqlDatabase): SetLeaseStore {
  return {
    async leases(groupId) {
      const rows = await database.read(
        "SELECT * FROM leases WHERE group_id = ? AND kind >= 'set ' AND kind < 'set!' ORDER BY kind",
        [groupId],
      );
      return rows.map(leaseOf);
    },
    async give(groupId, replicaSetId, holder) {
      const [result] = await database.write([
        {
          sql: `INSERT INTO leases (group_id, kind, holder, epoch, expires_at_ms) VALUES (?, ?, ?, 1, 0)
                ON CONFLICT (group_id, kind) DO UPDATE SET epoch = epoch + 1, holder = excluded.holder RETURNING *`,
          params: [groupId, prefix + replicaSetId, holder],
        },
      ]);
      const [row] = result?.rows ?? [];
      return leaseOf(row ?? {});
    },
  };
}

function leaseOf(row: SqlRow): SetLease {
  return {
    replicaSetId: text(row, 'kind').slice(prefix.length),
    holder: text(row, 'holder'),
    epoch: number(row, 'epoch'),
  };
}
