/**
 * Schema of the server's metadata. Steps are applied in order, once, each in one transaction; a released step is
 * never edited: a change is a new step at the end.
 */
export const metadataMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE users (
      id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE COLLATE NOCASE, password_hash TEXT NOT NULL,
      administrator INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE TABLE sessions (
      hash BLOB PRIMARY KEY, user_id TEXT NOT NULL, created_at_ms INTEGER NOT NULL, last_seen_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    'CREATE INDEX sessions_of_user ON sessions (user_id)',
    `CREATE TABLE links (
      hash BLOB PRIMARY KEY, purpose TEXT NOT NULL, user_id TEXT, expires_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE TABLE groups (
      id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at_ms INTEGER NOT NULL, interval_ms INTEGER NOT NULL,
      collect_databases INTEGER NOT NULL, collect_collections INTEGER NOT NULL, raw_ms REAL NOT NULL, minute_ms REAL NOT NULL,
      hour_ms REAL NOT NULL, day_ms REAL NOT NULL, disk_budget_bytes REAL NOT NULL) STRICT, WITHOUT ROWID`,
    `CREATE TABLE memberships (
      user_id TEXT NOT NULL, group_id TEXT NOT NULL, role TEXT NOT NULL, PRIMARY KEY (user_id, group_id)) STRICT, WITHOUT ROWID`,
    'CREATE TABLE server_values (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID',
    `CREATE TABLE agent_keys (
      id TEXT PRIMARY KEY, group_id TEXT NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL, scope TEXT NOT NULL,
      sealed INTEGER NOT NULL, created_at_ms INTEGER NOT NULL, last_used_at_ms INTEGER, revoked_at_ms INTEGER) STRICT, WITHOUT ROWID`,
    'CREATE INDEX agent_keys_of_group ON agent_keys (group_id)',
    `CREATE TABLE api_tokens (
      id TEXT PRIMARY KEY, group_id TEXT NOT NULL, name TEXT NOT NULL, hash BLOB NOT NULL, role TEXT NOT NULL,
      created_at_ms INTEGER NOT NULL, last_used_at_ms INTEGER, revoked_at_ms INTEGER) STRICT, WITHOUT ROWID`,
    'CREATE INDEX api_tokens_of_group ON api_tokens (group_id)',
    `CREATE TABLE hosts (
      group_id TEXT NOT NULL, id TEXT NOT NULL, host TEXT NOT NULL, connect_to TEXT, aliases TEXT NOT NULL, tls INTEGER,
      seed INTEGER NOT NULL, standing TEXT NOT NULL, added_at_ms INTEGER NOT NULL, credentials BLOB, username TEXT,
      replica_set_id TEXT, cluster_id TEXT, shard_name TEXT, first_sample_at_ms INTEGER, last_sample_at_ms INTEGER,
      report TEXT, PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE host_documents (
      group_id TEXT NOT NULL, host_id TEXT NOT NULL, kind TEXT NOT NULL, at_ms INTEGER NOT NULL, document TEXT NOT NULL,
      PRIMARY KEY (group_id, host_id, kind)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE set_views (
      group_id TEXT NOT NULL, replica_set_id TEXT NOT NULL, at_ms INTEGER NOT NULL, report TEXT NOT NULL,
      PRIMARY KEY (group_id, replica_set_id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE cluster_views (
      group_id TEXT NOT NULL, cluster_id TEXT NOT NULL, at_ms INTEGER NOT NULL, report TEXT NOT NULL,
      PRIMARY KEY (group_id, cluster_id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE agents (
      group_id TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, key_id TEXT NOT NULL, instance_id TEXT NOT NULL,
      hostname TEXT NOT NULL, version TEXT NOT NULL, target TEXT NOT NULL, public_key TEXT NOT NULL,
      approved INTEGER NOT NULL, first_seen_at_ms INTEGER NOT NULL, last_seen_at_ms INTEGER NOT NULL, started_at_ms INTEGER,
      duplicate_at_ms INTEGER, cpu_percent REAL, rss_bytes REAL, outbox_samples REAL, outbox_bytes REAL,
      PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE leases (
      group_id TEXT NOT NULL, kind TEXT NOT NULL, holder TEXT NOT NULL, epoch INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL, PRIMARY KEY (group_id, kind)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE events (
      seq INTEGER PRIMARY KEY, group_id TEXT NOT NULL, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
      subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL, subject_label TEXT NOT NULL, message TEXT NOT NULL) STRICT`,
    'CREATE INDEX events_by_time ON events (group_id, at_ms, seq)',
    'CREATE INDEX events_by_subject ON events (group_id, subject_id, at_ms, seq)',
    `CREATE TABLE audit_events (
      seq INTEGER PRIMARY KEY, group_id TEXT, id TEXT NOT NULL UNIQUE, at_ms INTEGER NOT NULL, actor TEXT NOT NULL,
      action TEXT NOT NULL, detail TEXT NOT NULL) STRICT`,
    'CREATE INDEX audit_events_by_time ON audit_events (group_id, at_ms, seq)',
  ],
  ['ALTER TABLE hosts ADD COLUMN auth_source TEXT'],
  [
    `CREATE TABLE backup_drills (
      group_id TEXT NOT NULL, replica_set_id TEXT NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL,
      snapshot_id TEXT NOT NULL, snapshot_at_ms INTEGER NOT NULL, ok INTEGER NOT NULL, message TEXT NOT NULL,
      took_ms REAL NOT NULL, documents REAL NOT NULL, bytes REAL NOT NULL, target TEXT,
      PRIMARY KEY (group_id, replica_set_id, id)) STRICT, WITHOUT ROWID`,
  ],
  [
    `CREATE TABLE backup_links (
      group_id TEXT NOT NULL, id TEXT NOT NULL, replica_set_id TEXT NOT NULL, set_name TEXT NOT NULL, token_hash TEXT NOT NULL,
      format TEXT NOT NULL, namespaces TEXT NOT NULL, selection TEXT, optime TEXT NOT NULL, term INTEGER NOT NULL,
      content_bytes REAL NOT NULL, created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL, attempts INTEGER NOT NULL,
      sent_bytes REAL NOT NULL, ended TEXT, PRIMARY KEY (group_id, id)) STRICT, WITHOUT ROWID`,
    `CREATE TABLE backup_holds (
      id TEXT PRIMARY KEY, replica_set_id TEXT NOT NULL, optime TEXT NOT NULL, until_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  ],
  [
    'ALTER TABLE memberships RENAME COLUMN role TO roles',
    `UPDATE memberships SET roles = CASE roles WHEN 'owner' THEN 'owner' WHEN 'operator' THEN 'monitoringAdmin,backupAdmin'
      ELSE 'readOnly' END`,
    'CREATE INDEX memberships_of_group ON memberships (group_id)',
    'ALTER TABLE api_tokens RENAME COLUMN role TO roles',
    `UPDATE api_tokens SET roles = CASE roles WHEN 'owner' THEN 'owner' WHEN 'operator' THEN 'monitoringAdmin,backupAdmin'
      ELSE 'readOnly' END`,
    'ALTER TABLE api_tokens ADD COLUMN expires_at_ms INTEGER',
    `ALTER TABLE api_tokens ADD COLUMN addresses TEXT NOT NULL DEFAULT ''`,
    'ALTER TABLE api_tokens ADD COLUMN last_used_address TEXT',
    'ALTER TABLE api_tokens ADD COLUMN made_by TEXT',
  ],
  ["ALTER TABLE hosts ADD COLUMN tags TEXT NOT NULL DEFAULT '[]'"],
  ['DROP TABLE audit_events'],
  [
    `ALTER TABLE users ADD COLUMN name TEXT NOT NULL DEFAULT ''`,
    'ALTER TABLE users ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE users ADD COLUMN created_at_ms INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE users ADD COLUMN last_seen_at_ms INTEGER',
    'ALTER TABLE users ADD COLUMN second_factor BLOB',
    'ALTER TABLE users ADD COLUMN second_factor_since_ms INTEGER',
    'ALTER TABLE users ADD COLUMN second_factor_step INTEGER',
    'DROP TABLE sessions',
    `CREATE TABLE sessions (
      hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, user_id TEXT NOT NULL, method TEXT NOT NULL, address TEXT NOT NULL,
      browser TEXT NOT NULL, created_at_ms INTEGER NOT NULL, last_seen_at_ms INTEGER NOT NULL,
      expires_at_ms INTEGER NOT NULL, authenticated_at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
    'CREATE INDEX sessions_of_user ON sessions (user_id)',
    `CREATE TABLE invitations (
      hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, group_id TEXT NOT NULL, email TEXT NOT NULL COLLATE NOCASE,
      roles TEXT NOT NULL, invited_by TEXT NOT NULL, created_at_ms INTEGER NOT NULL, expires_at_ms INTEGER NOT NULL,
      UNIQUE (group_id, email)) STRICT, WITHOUT ROWID`,
    'ALTER TABLE groups ADD COLUMN second_factor_required INTEGER NOT NULL DEFAULT 0',
  ],
  ['ALTER TABLE invitations ADD COLUMN made_by TEXT'],
  ['ALTER TABLE users ADD COLUMN email_proven INTEGER NOT NULL DEFAULT 1'],
];
