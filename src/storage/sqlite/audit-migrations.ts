/** Schema of the audit log: docs/audit.md. A released step is never edited: a change is a new step at the end. */
export const auditMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE audit_log (
      sequence INTEGER PRIMARY KEY, id TEXT NOT NULL, at_ms INTEGER NOT NULL, group_id TEXT, actor_kind TEXT NOT NULL,
      actor_id TEXT, actor_name TEXT NOT NULL, address TEXT, action TEXT NOT NULL, subject_kind TEXT, subject_id TEXT,
      subject_label TEXT, detail TEXT NOT NULL, previous_hash BLOB NOT NULL, hash BLOB NOT NULL) STRICT`,
    'CREATE INDEX audit_log_of_group ON audit_log (group_id, sequence)',
    'CREATE INDEX audit_log_by_time ON audit_log (at_ms)',
    // One row: the last event that was removed when the log was cut.
    'CREATE TABLE audit_anchor (one INTEGER PRIMARY KEY CHECK (one = 1), sequence INTEGER NOT NULL, hash BLOB NOT NULL) STRICT',
    `INSERT INTO audit_anchor VALUES (1, 0, zeroblob(32))`,
  ],
];
