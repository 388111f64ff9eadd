/** Schema of the index of packs (docs/formats/pack.md). Steps are applied in order, once; a released step is never edited. */
export const blockMigrations: readonly (readonly string[])[] = [
  [
    'CREATE TABLE block_groups (no INTEGER PRIMARY KEY, group_id TEXT NOT NULL UNIQUE) STRICT',
    `CREATE TABLE packs (
      id INTEGER PRIMARY KEY AUTOINCREMENT, group_no INTEGER NOT NULL, bytes INTEGER NOT NULL, blocks INTEGER NOT NULL,
      dead_bytes INTEGER NOT NULL, sealed_at_ms INTEGER, removed INTEGER NOT NULL) STRICT`,
    'CREATE INDEX packs_of_group ON packs (group_no)',
    `CREATE TABLE blocks (
      group_no INTEGER NOT NULL, id BLOB NOT NULL, pack INTEGER NOT NULL, at INTEGER NOT NULL, length INTEGER NOT NULL,
      PRIMARY KEY (group_no, id)) STRICT, WITHOUT ROWID`,
  ],
];
