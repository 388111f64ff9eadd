/** Schema of the instance's settings. Steps are applied in order, once, each in one transaction; a released step is never edited. */
export const instanceMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE instance_settings (
      section TEXT PRIMARY KEY, value TEXT NOT NULL, secrets BLOB NOT NULL) STRICT, WITHOUT ROWID`,
  ],
];
