/** Schema of the exposure check. Steps are applied in order, once, each in one transaction; a released step is never edited. */
export const exposureMigrations: readonly (readonly string[])[] = [
  [
    'CREATE TABLE exposure_groups (group_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID',
    `CREATE TABLE exposures (
      group_id TEXT NOT NULL, host_id TEXT NOT NULL, target TEXT NOT NULL, finding TEXT, detail TEXT NOT NULL, address TEXT, tls INTEGER NOT NULL,
      databases INTEGER, seen_host TEXT NOT NULL, seen_address TEXT, at_ms INTEGER NOT NULL, since_ms INTEGER NOT NULL,
      next_at_ms INTEGER NOT NULL, silent_looks INTEGER NOT NULL, doubt TEXT,
      PRIMARY KEY (group_id, host_id)) STRICT, WITHOUT ROWID`,
  ],
];
