/** Schema of the download links. Steps are applied in order, once, each in one transaction; a released step is never edited. */
export const downloadMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE downloads (
      group_id TEXT NOT NULL, id TEXT NOT NULL, token_hash BLOB NOT NULL UNIQUE, key_id TEXT NOT NULL, sealed_key BLOB,
      created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, revoked_at_ms INTEGER, downloads INTEGER NOT NULL,
      PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
  ],
  [`ALTER TABLE downloads ADD COLUMN kind TEXT NOT NULL DEFAULT 'monitoring'`],
];
