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
  // Notifiers of many kinds; what is told later or together; what became of it.
  [
    `CREATE TABLE notifiers_2 (
      group_id TEXT NOT NULL, id TEXT NOT NULL, notifier TEXT NOT NULL, secret BLOB NOT NULL, last_at_ms INTEGER,
      last_ok INTEGER, last_detail TEXT, PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
    `INSERT INTO notifiers_2 SELECT group_id, id, json_object('kind', kind, 'name', name, 'url', url,
      'enabled', json(iif(enabled = 1, 'true', 'false')), 'quietHours', NULL, 'digestMinutes', NULL),
      secret, last_at_ms, last_ok, last_detail FROM notifiers`,
    'DROP TABLE notifiers',
    'ALTER TABLE notifiers_2 RENAME TO notifiers',
    'ALTER TABLE deliveries ADD COLUMN alert_id TEXT',
    "ALTER TABLE deliveries ADD COLUMN kind TEXT NOT NULL DEFAULT 'alert.opened'",
    'ALTER TABLE deliveries ADD COLUMN held_until_ms INTEGER NOT NULL DEFAULT 0',
    "ALTER TABLE deliveries ADD COLUMN detail TEXT NOT NULL DEFAULT ''",
    "UPDATE deliveries SET alert_id = json_extract(body, '$.alert.id'), kind = json_extract(body, '$.kind')",
    'DROP INDEX deliveries_of_notifier',
    'CREATE INDEX deliveries_of_notifier ON deliveries (notifier_id, held_until_ms, seq)',
    'CREATE INDEX deliveries_of_alert ON deliveries (group_id, alert_id)',
    `CREATE TABLE alert_plans (
      group_id TEXT NOT NULL, alert_id TEXT NOT NULL, plan TEXT NOT NULL, PRIMARY KEY (group_id, alert_id)) STRICT, WITHOUT ROWID`,
    // Alerts that are open were told to all notifiers that there are: their end is, too.
    `INSERT INTO alert_plans SELECT a.group_id, a.id, json_object('alertId', a.id, 'startedAtMs', a.opened_at_ms, 'pausedAtMs', NULL,
      'stepsDone', 1, 'told', (SELECT json_group_array(json_object('notifierId', n.id, 'grouped', json('false')))
      FROM notifiers n WHERE n.group_id = a.group_id), 'repeats', 0, 'nextRepeatAtMs', NULL,
      'place', json_object('hosts', json_array(), 'sets', json_array(), 'tags', json_array()))
      FROM alerts a WHERE a.state <> 'closed'`,
    `CREATE TABLE maintenance_windows (
      group_id TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE ended_deliveries (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL, notifier_id TEXT NOT NULL, notifier_name TEXT NOT NULL,
      alert_id TEXT, kind TEXT NOT NULL, title TEXT NOT NULL, created_at_ms INTEGER NOT NULL, ended_at_ms INTEGER NOT NULL,
      state TEXT NOT NULL, attempts INTEGER NOT NULL, detail TEXT NOT NULL, body TEXT NOT NULL) STRICT`,
    'CREATE INDEX ended_deliveries_of_alert ON ended_deliveries (group_id, alert_id, seq)',
    "CREATE INDEX dead_letters ON ended_deliveries (group_id, seq) WHERE state = 'givenUp'",
    'CREATE INDEX ended_deliveries_by_time ON ended_deliveries (ended_at_ms)',
  ],
];
