import { AppError } from '../../runtime/errors.ts';
import type { PointCommit, StoredCollection, VaultMetadata } from '../../vault/metadata-ports.ts';
import type { PointRun } from '../../vault/ports.ts';
import type { SqlRow } from './database.ts';
import { flag, number, text, textOrNull, upsert } from './metadata-row.ts';
import type { VaultDatabase } from './vault-database.ts';
import {
  infoOf,
  infoText,
  pointOf,
  runIdsOf,
  runOf,
  runRow,
  scanRow,
  setRow,
  snapshotRow,
  tsOf,
  tsText,
} from './vault-rows.ts';
import { put } from './vault-write.ts';

type PointMethods = Pick<
  VaultMetadata,
  | 'points'
  | 'newestPoint'
  | 'pointAt'
  | 'collectionsAt'
  | 'addPoint'
  | 'removePoints'
  | 'replaceRuns'
  | 'runs'
  | 'countRuns'
  | 'dropUnnamedRuns'
>;

const pointColumns = 'replica_set_id, ts, id, term, hidden, at_ms';

/** Points, and what each collection is from one point to another. */
export function pointMethods(database: VaultDatabase): PointMethods {
  const one = (sql: string, ...params: string[]) => {
    const row = database.prepare(`SELECT ${pointColumns} FROM vault_points ${sql}`).get(...params);
    return row === undefined ? null : pointOf(row);
  };
  return {
    points: (replicaSetId) =>
      database
        .prepare(`SELECT ${pointColumns} FROM vault_points WHERE replica_set_id = ? ORDER BY ts`)
        .all(replicaSetId)
        .map(pointOf),
    newestPoint: (replicaSetId) => one('WHERE replica_set_id = ? ORDER BY ts DESC LIMIT 1', replicaSetId),
    pointAt: (replicaSetId, ts) =>
      one('WHERE replica_set_id = ? AND ts <= ? ORDER BY ts DESC LIMIT 1', replicaSetId, tsText(ts)),
    collectionsAt: (replicaSetId, ts) => collectionsAt(database, replicaSetId, tsText(ts)),
    addPoint: (commit) => database.transaction(() => addPoint(database, commit)),
    removePoints: (replicaSetId, pointIds) =>
      database.transaction(() => removePoints(database, replicaSetId, pointIds)),
    replaceRuns: (replicaSetId, uuid, replaced, merged) =>
      database.transaction(() => replaceRuns(database, { replicaSetId, uuid, replaced, merged })),
    runs: (replicaSetId) =>
      database.prepare('SELECT * FROM vault_runs WHERE replica_set_id = ?').all(replicaSetId).map(runOf),
    countRuns(replicaSetId) {
      const row = database
        .prepare('SELECT count(*) AS runs FROM vault_runs WHERE replica_set_id = ?')
        .get(replicaSetId);
      return row === undefined ? 0 : number(row, 'runs');
    },
    dropUnnamedRuns: (replicaSetId, keep) => database.transaction(() => dropUnnamedRuns(database, replicaSetId, keep)),
  };
}

function collectionsAt(database: VaultDatabase, replicaSetId: string, ts: string): readonly StoredCollection[] {
  const rows = database
    .prepare(
      `SELECT * FROM vault_versions WHERE replica_set_id = ?1 AND from_ts <= ?2 AND (until_ts IS NULL OR until_ts > ?2)
        ORDER BY uuid`,
    )
    .all(replicaSetId, ts);
  const find = database.prepare('SELECT * FROM vault_runs WHERE id = ?');
  return rows.map((row) => ({
    info: infoOf(row),
    incomplete: flag(row, 'incomplete'),
    movedAt: movedAtOf(row),
    runs: runIdsOf(row).map((id): PointRun => {
      const run = find.get(id);
      if (run === undefined)
        throw new AppError('STORE_CORRUPT', `the run ${id} of collection ${text(row, 'uuid')} is not there`);
      return runOf(run);
    }),
  }));
}

function movedAtOf(row: SqlRow): bigint | null {
  const ts = textOrNull(row, 'moved_ts');
  return ts === null ? null : tsOf(ts);
}

function addPoint(database: VaultDatabase, commit: PointCommit): void {
  const { point } = commit;
  const { replicaSetId } = point;
  const ts = tsText(point.optime.ts);
  const row = {
    replica_set_id: replicaSetId,
    ts,
    id: point.id,
    term: point.optime.term,
    hidden: point.hidden ? 1 : 0,
    at_ms: Math.round(point.atMs),
  };
  put(database, upsert('vault_points', row));
  for (const run of commit.newRuns) put(database, upsert('vault_runs', runRow(replicaSetId, run)));
  if (commit.fresh) {
    database
      .prepare('UPDATE vault_versions SET until_ts = ? WHERE replica_set_id = ? AND until_ts IS NULL')
      .run(ts, replicaSetId);
  }
  for (const [uuid, changed] of commit.changed) {
    const movedTs = changed?.moved === true ? ts : movedTsOf(database, replicaSetId, uuid);
    endVersion(database, replicaSetId, uuid, ts);
    if (changed !== null) {
      database
        .prepare(
          `INSERT INTO vault_versions (replica_set_id, uuid, from_ts, until_ts, info, incomplete, runs, moved_ts)
            VALUES (?, ?, ?, NULL, ?, ?, ?, ?)`,
        )
        .run(
          replicaSetId,
          uuid,
          ts,
          infoText(changed.info),
          changed.incomplete ? 1 : 0,
          JSON.stringify(changed.runIds),
          movedTs,
        );
    }
  }
  if (commit.snapshot !== null) put(database, upsert('vault_snapshots', snapshotRow(commit.snapshot)));
  if (commit.scan !== null) put(database, upsert('vault_scans', scanRow(commit.scan)));
  if (commit.set !== null) put(database, upsert('vault_sets', setRow(commit.set)));
  addWrites(database, commit);
}

function movedTsOf(database: VaultDatabase, replicaSetId: string, uuid: string): string | null {
  const row = database
    .prepare('SELECT moved_ts FROM vault_versions WHERE replica_set_id = ? AND uuid = ? AND until_ts IS NULL')
    .get(replicaSetId, uuid);
  return row === undefined ? null : textOrNull(row, 'moved_ts');
}

/** A version that began at this very point never was: it goes, the others end here. */
function endVersion(database: VaultDatabase, replicaSetId: string, uuid: string, ts: string): void {
  database
    .prepare('DELETE FROM vault_versions WHERE replica_set_id = ? AND uuid = ? AND from_ts = ?')
    .run(replicaSetId, uuid, ts);
  database
    .prepare('UPDATE vault_versions SET until_ts = ? WHERE replica_set_id = ? AND uuid = ? AND until_ts IS NULL')
    .run(ts, replicaSetId, uuid);
}

function addWrites(database: VaultDatabase, commit: PointCommit): void {
  const add = database.prepare(
    `INSERT INTO vault_writes (replica_set_id, bucket_ms, namespace, bytes, operations) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (replica_set_id, bucket_ms, namespace)
      DO UPDATE SET bytes = bytes + excluded.bytes, operations = operations + excluded.operations`,
  );
  for (const { namespace, bucketMs, bytes, operations } of commit.writes) {
    add.run(commit.point.replicaSetId, Math.round(bucketMs), namespace, bytes, operations);
  }
}

/** The versions that no remaining point lies in go with them; those that are open stay for the points to come. */
function removePoints(database: VaultDatabase, replicaSetId: string, pointIds: readonly string[]): void {
  const remove = database.prepare('DELETE FROM vault_points WHERE replica_set_id = ? AND id = ?');
  for (const id of pointIds) remove.run(replicaSetId, id);
  database
    .prepare(
      `DELETE FROM vault_versions WHERE replica_set_id = ?1 AND until_ts IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM vault_points p WHERE p.replica_set_id = ?1
          AND p.ts >= vault_versions.from_ts AND p.ts < vault_versions.until_ts)`,
    )
    .run(replicaSetId);
}

interface Replacement {
  readonly replicaSetId: string;
  readonly uuid: string;
  readonly replaced: readonly string[];
  readonly merged: PointRun;
}

function replaceRuns(database: VaultDatabase, { replicaSetId, uuid, replaced, merged }: Replacement): number {
  put(database, upsert('vault_runs', runRow(replicaSetId, merged)));
  const rows = database
    .prepare('SELECT seq, runs FROM vault_versions WHERE replica_set_id = ? AND uuid = ?')
    .all(replicaSetId, uuid);
  let changed = 0;
  for (const row of rows) {
    const runs = withReplaced(runIdsOf(row), replaced, merged.id);
    if (runs === undefined) continue;
    changed++;
    database.prepare('UPDATE vault_versions SET runs = ? WHERE seq = ?').run(JSON.stringify(runs), number(row, 'seq'));
  }
  return changed;
}

function withReplaced(runs: readonly string[], replaced: readonly string[], merged: string): string[] | undefined {
  const at = runs.indexOf(replaced[0] ?? '');
  if (at < 0 || replaced.some((id, index) => runs[at + index] !== id)) return undefined;
  return [...runs.slice(0, at), merged, ...runs.slice(at + replaced.length)];
}

function dropUnnamedRuns(database: VaultDatabase, replicaSetId: string, keep: ReadonlySet<string>): number {
  const named = new Set(keep);
  for (const row of database.prepare('SELECT runs FROM vault_versions WHERE replica_set_id = ?').all(replicaSetId)) {
    for (const id of runIdsOf(row)) named.add(id);
  }
  const remove = database.prepare('DELETE FROM vault_runs WHERE id = ?');
  const unnamed = database
    .prepare('SELECT id FROM vault_runs WHERE replica_set_id = ?')
    .all(replicaSetId)
    .map((row: SqlRow) => textOrNull(row, 'id') ?? '')
    .filter((id) => !named.has(id));
  for (const id of unnamed) remove.run(id);
  return unnamed.length;
}
