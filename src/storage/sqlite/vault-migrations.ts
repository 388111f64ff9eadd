/**
 * Schema of the vault's metadata: sets, scans, points, runs, snapshots, keys. Timestamps are sixteen hex digits, so that they compare as
 * text. A released step is never edited: a change is a new step at the end.
 */
export const vaultMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE vault_keys (
      group_id TEXT NOT NULL, purpose TEXT NOT NULL, wrapped BLOB NOT NULL,
      PRIMARY KEY (group_id, purpose)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE vault_sets (
      replica_set_id TEXT PRIMARY KEY, group_id TEXT NOT NULL, name TEXT NOT NULL, standing TEXT NOT NULL,
      delete_at_ms INTEGER, settings TEXT NOT NULL, lost TEXT, fold_problem TEXT,
      next_snapshot_at_ms INTEGER, includes_more INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE TABLE vault_scans (
      scan_id TEXT PRIMARY KEY, replica_set_id TEXT NOT NULL, ordinal INTEGER NOT NULL, kind TEXT NOT NULL, only_uuids TEXT,
      anew INTEGER NOT NULL,      from_ts TEXT, from_term INTEGER, until_ts TEXT, until_term INTEGER, planned INTEGER NOT NULL,
      started_at_ms INTEGER NOT NULL, state TEXT NOT NULL, UNIQUE (replica_set_id, ordinal)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE vault_scan_collections (
      scan_id TEXT NOT NULL, uuid TEXT NOT NULL, info TEXT NOT NULL, documents REAL NOT NULL, bytes REAL NOT NULL,
      PRIMARY KEY (scan_id, uuid)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE vault_scan_parts (
      scan_id TEXT NOT NULL, uuid TEXT NOT NULL, part INTEGER NOT NULL, read_order TEXT NOT NULL, lower TEXT, upper TEXT,
      after TEXT, next INTEGER NOT NULL, done INTEGER NOT NULL, documents REAL NOT NULL, bytes REAL NOT NULL,
      PRIMARY KEY (scan_id, uuid, part)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE vault_scan_pieces (
      scan_id TEXT NOT NULL, uuid TEXT NOT NULL, part INTEGER NOT NULL, run INTEGER NOT NULL, number INTEGER NOT NULL,
      refs BLOB NOT NULL, PRIMARY KEY (scan_id, uuid, part, run, number)) STRICT`,
    'CREATE TABLE vault_scan_promises (seq INTEGER PRIMARY KEY, scan_id TEXT NOT NULL, ids BLOB NOT NULL) STRICT',
    'CREATE INDEX vault_scan_promises_of ON vault_scan_promises (scan_id)',
    `CREATE TABLE vault_points (
      replica_set_id TEXT NOT NULL, ts TEXT NOT NULL, id TEXT NOT NULL UNIQUE, term INTEGER NOT NULL, hidden INTEGER NOT NULL,
      at_ms INTEGER NOT NULL, PRIMARY KEY (replica_set_id, ts)) STRICT`,
    // What a collection is from the point at from_ts on, until the one at until_ts changed it: a point costs what changed since the last.
    `CREATE TABLE vault_versions (
      seq INTEGER PRIMARY KEY, replica_set_id TEXT NOT NULL, uuid TEXT NOT NULL, from_ts TEXT NOT NULL, until_ts TEXT,
      info TEXT NOT NULL, incomplete INTEGER NOT NULL, runs TEXT NOT NULL) STRICT`,
    'CREATE UNIQUE INDEX vault_versions_of ON vault_versions (replica_set_id, uuid, from_ts)',
    'CREATE INDEX vault_versions_open ON vault_versions (replica_set_id, until_ts, from_ts)',
    `CREATE TABLE vault_runs (
      id TEXT PRIMARY KEY, replica_set_id TEXT NOT NULL, kind TEXT NOT NULL, lenient INTEGER NOT NULL, root BLOB,
      levels INTEGER NOT NULL, entries REAL NOT NULL, blocks REAL NOT NULL, content_bytes REAL NOT NULL,
      stored_bytes REAL NOT NULL) STRICT, WITHOUT ROWID`,
    'CREATE INDEX vault_runs_of ON vault_runs (replica_set_id)',
    `CREATE TABLE vault_snapshots (
      id TEXT PRIMARY KEY, replica_set_id TEXT NOT NULL, ts TEXT NOT NULL, term INTEGER NOT NULL, taken_at_ms INTEGER NOT NULL,
      reason TEXT NOT NULL, collections REAL NOT NULL, documents REAL NOT NULL, content_bytes REAL NOT NULL,
      read_bytes REAL NOT NULL, new_bytes REAL NOT NULL, took_ms REAL NOT NULL) STRICT, WITHOUT ROWID`,
    'CREATE INDEX vault_snapshots_of ON vault_snapshots (replica_set_id, ts)',
    `CREATE TABLE vault_writes (
      replica_set_id TEXT NOT NULL, bucket_ms INTEGER NOT NULL, namespace TEXT NOT NULL, bytes REAL NOT NULL,
      operations REAL NOT NULL, PRIMARY KEY (replica_set_id, bucket_ms, namespace)) STRICT, WITHOUT ROWID`,
  ],
  // The point at which it was last found to have been renamed or emptied: between two points it may be what it was, and yet was not.
  ['ALTER TABLE vault_versions ADD COLUMN moved_ts TEXT'],
  // Null: the run does not tell.
  [
    'ALTER TABLE vault_runs ADD COLUMN added REAL',
    'ALTER TABLE vault_runs ADD COLUMN added_bytes REAL',
    'ALTER TABLE vault_runs ADD COLUMN removed REAL',
  ],
];
