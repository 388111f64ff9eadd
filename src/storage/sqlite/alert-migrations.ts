/** Schema of the alert store. Steps are applied in order, once, each in one transaction; a released step is never edited. */
export const alertMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE alert_rules (
      group_id TEXT NOT NULL, id TEXT NOT NULL, rule TEXT NOT NULL, PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE alert_states (
      group_id TEXT NOT NULL, rule_id TEXT NOT NULL, subject_id TEXT NOT NULL, subject_kind TEXT NOT NULL,
      subject_label TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (group_id, rule_id, subject_id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE alerts (
      group_id TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, opened_at_ms INTEGER NOT NULL, closed_at_ms INTEGER,
      alert TEXT NOT NULL, PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
    'CREATE INDEX alerts_by_time ON alerts (group_id, opened_at_ms)',
    "CREATE INDEX alerts_active ON alerts (group_id, opened_at_ms) WHERE state <> 'closed'",
    `CREATE TABLE notifiers (
      group_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL, url TEXT NOT NULL,
      enabled INTEGER NOT NULL, secret BLOB NOT NULL, last_at_ms INTEGER, last_ok INTEGER, last_detail TEXT,
      PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE deliveries (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL, notifier_id TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL, next_at_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, body TEXT NOT NULL) STRICT`,
    'CREATE INDEX deliveries_of_notifier ON deliveries (notifier_id, seq)',
  ],
  // Who is told became steps: what a rule named is told at once.
  [
    `UPDATE alert_rules SET rule = json_remove(
      json_set(rule, '$.steps', json_array(json_object('afterMs', 0, 'notifierIds', json_extract(rule, '$.notifierIds')))),
      '$.notifierIds') WHERE json_extract(rule, '$.notifierIds') IS NOT NULL`,
  ],
];
