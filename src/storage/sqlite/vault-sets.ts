import type { StoredGroupKey, VaultMetadata } from '../../vault/metadata-ports.ts';
import { number, text, upsert, word } from './metadata-row.ts';
import type { VaultDatabase } from './vault-database.ts';
import { buffer, setOf, setRow, snapshotOf, snapshotRow } from './vault-rows.ts';
import { put } from './vault-write.ts';

type SetMethods = Pick<
  VaultMetadata,
  | 'groupKeys'
  | 'saveGroupKeys'
  | 'groups'
  | 'sets'
  | 'set'
  | 'saveSet'
  | 'removeSet'
  | 'snapshots'
  | 'saveSnapshot'
  | 'removeSnapshots'
>;
type WriteMethods = Pick<VaultMetadata, 'writes' | 'removeWrites'>;

const tablesOfSet = ['vault_scans', 'vault_points', 'vault_versions', 'vault_runs', 'vault_snapshots', 'vault_writes'];
const tablesOfScan = ['vault_scan_collections', 'vault_scan_parts', 'vault_scan_pieces', 'vault_scan_promises'];

/** Keys of groups, sets and snapshots. */
export function setMethods(database: VaultDatabase): SetMethods {
  return {
    groupKeys: (groupId) =>
      database
        .prepare('SELECT * FROM vault_keys WHERE group_id = ? ORDER BY purpose')
        .all(groupId)
        .map(
          (row): StoredGroupKey => ({
            groupId: text(row, 'group_id'),
            purpose: word(row, 'purpose', ['block', 'data']),
            wrapped: buffer(row, 'wrapped'),
          }),
        ),
    saveGroupKeys: (keys) =>
      database.transaction(() => {
        for (const { groupId, purpose, wrapped } of keys) {
          put(database, upsert('vault_keys', { group_id: groupId, purpose, wrapped }));
        }
      }),
    groups: () =>
      database
        .prepare('SELECT group_id FROM vault_keys UNION SELECT group_id FROM vault_sets ORDER BY 1')
        .all()
        .map((row) => text(row, 'group_id')),
    sets: () => database.prepare('SELECT * FROM vault_sets ORDER BY replica_set_id').all().map(setOf),
    set(replicaSetId) {
      const row = database.prepare('SELECT * FROM vault_sets WHERE replica_set_id = ?').get(replicaSetId);
      return row === undefined ? undefined : setOf(row);
    },
    saveSet: (set) => database.transaction(() => put(database, upsert('vault_sets', setRow(set)))),
    removeSet: (replicaSetId) => database.transaction(() => removeSet(database, replicaSetId)),
    snapshots: (replicaSetId) =>
      database
        .prepare('SELECT * FROM vault_snapshots WHERE replica_set_id = ? ORDER BY ts, taken_at_ms')
        .all(replicaSetId)
        .map(snapshotOf),
    saveSnapshot: (snapshot) =>
      database.transaction(() => put(database, upsert('vault_snapshots', snapshotRow(snapshot)))),
    removeSnapshots: (replicaSetId, ids) =>
      database.transaction(() => {
        const remove = database.prepare('DELETE FROM vault_snapshots WHERE replica_set_id = ? AND id = ?');
        for (const id of ids) remove.run(replicaSetId, id);
      }),
  };
}

export function writeMethods(database: VaultDatabase): WriteMethods {
  return {
    writes: (replicaSetId, fromMs, untilMs) =>
      database
        .prepare(
          `SELECT * FROM vault_writes WHERE replica_set_id = ? AND bucket_ms >= ? AND bucket_ms < ?
            ORDER BY bucket_ms, namespace`,
        )
        .all(replicaSetId, Math.round(fromMs), Math.round(untilMs))
        .map((row) => ({
          namespace: text(row, 'namespace'),
          bucketMs: number(row, 'bucket_ms'),
          bytes: number(row, 'bytes'),
          operations: number(row, 'operations'),
        })),
    removeWrites: (replicaSetId, beforeMs) =>
      database.transaction(() => {
        database
          .prepare('DELETE FROM vault_writes WHERE replica_set_id = ? AND bucket_ms < ?')
          .run(replicaSetId, Math.round(beforeMs));
      }),
  };
}

function removeSet(database: VaultDatabase, replicaSetId: string): void {
  for (const table of tablesOfScan) {
    database
      .prepare(`DELETE FROM ${table} WHERE scan_id IN (SELECT scan_id FROM vault_scans WHERE replica_set_id = ?)`)
      .run(replicaSetId);
  }
  for (const table of [...tablesOfSet, 'vault_sets']) {
    database.prepare(`DELETE FROM ${table} WHERE replica_set_id = ?`).run(replicaSetId);
  }
}
