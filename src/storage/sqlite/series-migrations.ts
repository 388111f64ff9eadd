/** Schema of the metric store (docs/formats/storage-schema.md). Steps are applied in order, once; a released step is never edited. */
export const seriesMigrations: readonly (readonly string[])[] = [
  [
    `CREATE TABLE streams (
      id INTEGER PRIMARY KEY, group_id TEXT NOT NULL, stream TEXT NOT NULL, source INTEGER NOT NULL,
      UNIQUE (group_id, stream, source)) STRICT`,
    `CREATE TABLE metric_schemas (
      id INTEGER PRIMARY KEY, group_id TEXT NOT NULL, hash TEXT NOT NULL, names BLOB NOT NULL, UNIQUE (group_id, hash)) STRICT`,
    `CREATE TABLE sample_log (
      seq INTEGER PRIMARY KEY, stream_id INTEGER NOT NULL, schema_id INTEGER NOT NULL, first_ms INTEGER NOT NULL,
      last_ms INTEGER NOT NULL, frames INTEGER NOT NULL, fill INTEGER NOT NULL, body BLOB NOT NULL) STRICT`,
    'CREATE INDEX sample_log_by_stream ON sample_log (stream_id, first_ms, last_ms, frames)',
    `CREATE TABLE chunks (
      stream_id INTEGER NOT NULL, level INTEGER NOT NULL, start_ms INTEGER NOT NULL, first_ms INTEGER NOT NULL,
      end_ms INTEGER NOT NULL, schema_id INTEGER NOT NULL, bytes INTEGER NOT NULL, body BLOB NOT NULL) STRICT`,
    'CREATE UNIQUE INDEX chunks_by_key ON chunks (stream_id, level, start_ms, end_ms, bytes)',
    'CREATE INDEX chunks_by_schema ON chunks (schema_id)',
    `CREATE TABLE sample_gaps (
      group_id TEXT NOT NULL, stream TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, reason TEXT NOT NULL,
      PRIMARY KEY (group_id, stream, from_ms)) STRICT, WITHOUT ROWID`,
  ],
];
