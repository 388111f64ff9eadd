/** Schema of the index of segments (docs/formats/slice.md). Steps are applied in order, once; a released step is never edited. */
export const sliceMigrations: readonly (readonly string[])[] = [
  [
    'CREATE TABLE slice_sets (no INTEGER PRIMARY KEY, replica_set_id TEXT NOT NULL UNIQUE, last BLOB) STRICT',
    `CREATE TABLE segments (
      id INTEGER PRIMARY KEY AUTOINCREMENT, set_no INTEGER NOT NULL, bytes INTEGER NOT NULL, sealed INTEGER NOT NULL,
      removed INTEGER NOT NULL) STRICT`,
    'CREATE INDEX segments_of_set ON segments (set_no)',
    `CREATE TABLE slices (
      set_no INTEGER NOT NULL, last_ts BLOB NOT NULL, first_ts BLOB NOT NULL, begins INTEGER NOT NULL, segment INTEGER NOT NULL,
      at INTEGER NOT NULL, length INTEGER NOT NULL, PRIMARY KEY (set_no, last_ts)) STRICT, WITHOUT ROWID`,
  ],
];
