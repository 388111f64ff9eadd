import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type {
  ChunkKey,
  ChunkRow,
  Level,
  LevelUse,
  LogEntry,
  LogRow,
  PendingHour,
  SchemaRow,
  Sealing,
  SeriesStore,
  StreamRow,
} from '../../metrics/ports.ts';
import type { SampleGap, SampleSource } from '../../model/sample.ts';
import { AppError } from '../../runtime/errors.ts';
import type { SqlDatabase, SqlRow, SqlStatement, SqlValue } from './database.ts';

const maxNamesBytes = 4 * 2 ** 20;
const chunkKeyOf = 'stream_id = ? AND level = ? AND start_ms = ?';

/** The metric store in SQLite: log rows, chunks, schemas and streams (series-migrations.ts). */
export class SqliteSeriesStore implements SeriesStore {
  readonly #database: SqlDatabase;

  constructor(database: SqlDatabase) {
    this.#database = database;
  }

  async streams(): Promise<readonly StreamRow[]> {
    return (await this.#database.read('SELECT * FROM streams')).map(streamRow);
  }

  async schemas(groupId: string, ids: readonly number[]): Promise<readonly SchemaRow[]> {
    const sql = 'SELECT * FROM metric_schemas WHERE group_id = ? AND id IN (SELECT value FROM json_each(?))';
    return (await this.#database.read(sql, [groupId, JSON.stringify(ids)])).map(schemaRow);
  }

  async schemaByHash(groupId: string, hash: string): Promise<SchemaRow | undefined> {
    const rows = await this.#database.read('SELECT * FROM metric_schemas WHERE group_id = ? AND hash = ?', [
      groupId,
      hash,
    ]);
    return rows.map(schemaRow)[0];
  }

  async addStream(groupId: string, stream: string, source: SampleSource): Promise<StreamRow> {
    const sql = `INSERT INTO streams (group_id, stream, source) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET source = excluded.source RETURNING *`;
    return streamRow(await this.#one(sql, [groupId, stream, source]));
  }

  async addSchema(groupId: string, hash: string, names: readonly string[]): Promise<SchemaRow> {
    const sql = `INSERT INTO metric_schemas (group_id, hash, names) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET hash = excluded.hash RETURNING id`;
    const row = await this.#one(sql, [groupId, hash, zstdCompressSync(names.join('\n'))]);
    return { id: Number(row['id']), groupId, hash, names };
  }

  async append(groupId: string, entries: readonly LogEntry[], gaps: readonly SampleGap[]): Promise<void> {
    if (entries.length + gaps.length === 0) return;
    await this.#database.write([...entries.map(logInsert), ...gaps.map((gap) => gapInsert(groupId, gap))]);
  }

  async log(streamId: number, fromMs: number, toMs: number): Promise<readonly LogRow[]> {
    const sql = 'SELECT * FROM sample_log WHERE stream_id = ? AND first_ms < ? AND last_ms >= ? ORDER BY first_ms, seq';
    return (await this.#database.read(sql, [streamId, toMs, fromMs])).map(logRow);
  }

  async lastLog(streamId: number, limit: number): Promise<readonly LogRow[]> {
    const sql = 'SELECT * FROM sample_log WHERE stream_id = ? ORDER BY first_ms DESC, seq DESC LIMIT ?';
    return (await this.#database.read(sql, [streamId, limit])).map(logRow);
  }

  async schemaIds(streamId: number, level: Level, fromMs: number, toMs: number): Promise<readonly number[]> {
    const sql = `SELECT schema_id FROM chunks WHERE stream_id = ? AND level = ? AND start_ms < ? AND end_ms > ?
      UNION SELECT schema_id FROM sample_log WHERE stream_id = ? AND first_ms < ? AND last_ms >= ?`;
    const rows = await this.#database.read(sql, [streamId, level, toMs, fromMs, streamId, toMs, fromMs]);
    return rows.map((row) => Number(row['schema_id']));
  }

  async pending(): Promise<readonly PendingHour[]> {
    const sql = `SELECT stream_id, first_ms / 3600000 * 3600000 AS hour_ms, sum(frames) AS frames
      FROM sample_log GROUP BY stream_id, hour_ms`;
    return (await this.#database.read(sql)).map((row) => ({
      streamId: Number(row['stream_id']),
      hourMs: Number(row['hour_ms']),
      frames: Number(row['frames']),
    }));
  }

  async chunks(streamId: number, level: Level, fromMs: number, toMs: number): Promise<readonly ChunkRow[]> {
    const sql =
      'SELECT * FROM chunks WHERE stream_id = ? AND level = ? AND start_ms < ? AND end_ms > ? ORDER BY start_ms';
    return (await this.#database.read(sql, [streamId, level, toMs, fromMs])).map(chunkRow);
  }

  async newestChunk(streamId: number, level: Level): Promise<ChunkRow | undefined> {
    const sql = 'SELECT * FROM chunks WHERE stream_id = ? AND level = ? ORDER BY start_ms DESC LIMIT 1';
    return (await this.#database.read(sql, [streamId, level])).map(chunkRow)[0];
  }

  async chunkKeys(
    streamId: number,
    level: Level,
    fromMs: number,
    toMs: number,
  ): Promise<readonly (ChunkKey & { readonly endMs: number })[]> {
    const sql = `SELECT stream_id, level, start_ms, end_ms FROM chunks
      WHERE stream_id = ? AND level = ? AND start_ms < ? AND end_ms > ? ORDER BY start_ms`;
    return (await this.#database.read(sql, [streamId, level, toMs, fromMs])).map(keyRow);
  }

  async seal(sealing: Sealing): Promise<void> {
    const statements: SqlStatement[] = sealing.removeChunks.map((key) => ({
      sql: `DELETE FROM chunks WHERE ${chunkKeyOf}`,
      params: [key.streamId, key.level, key.startMs],
    }));
    for (const chunk of sealing.put) {
      statements.push(
        { sql: `DELETE FROM chunks WHERE ${chunkKeyOf}`, params: [chunk.streamId, chunk.level, chunk.startMs] },
        {
          sql: 'INSERT INTO chunks (stream_id, level, start_ms, first_ms, end_ms, schema_id, bytes, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
          params: [
            chunk.streamId,
            chunk.level,
            chunk.startMs,
            chunk.firstMs,
            chunk.endMs,
            chunk.schemaId,
            chunk.body.length,
            chunk.body,
          ],
        },
      );
    }
    if (sealing.removeLog.length > 0) {
      statements.push({
        sql: 'DELETE FROM sample_log WHERE seq IN (SELECT value FROM json_each(?))',
        params: [JSON.stringify(sealing.removeLog)],
      });
    }
    await this.#database.write(statements);
  }

  async gaps(groupId: string, stream: string, fromMs: number, toMs: number): Promise<readonly SampleGap[]> {
    const sql =
      'SELECT * FROM sample_gaps WHERE group_id = ? AND stream = ? AND from_ms < ? AND to_ms > ? ORDER BY from_ms LIMIT 1000';
    return (await this.#database.read(sql, [groupId, stream, toMs, fromMs])).map((row) => ({
      stream,
      fromMs: Number(row['from_ms']),
      toMs: Number(row['to_ms']),
      reason: String(row['reason']),
    }));
  }

  async expire(groupId: string, level: Level, beforeMs: number): Promise<number> {
    const doomed = `level = ? AND end_ms <= ? AND stream_id IN (SELECT id FROM streams WHERE group_id = ?)`;
    const [result] = await this.#database.write([
      { sql: `DELETE FROM chunks WHERE ${doomed} RETURNING bytes`, params: [level, beforeMs, groupId] },
    ]);
    return (result?.rows ?? []).reduce((sum, row) => sum + Number(row['bytes']), 0);
  }

  async expireGaps(groupId: string, beforeMs: number): Promise<void> {
    const sql = 'DELETE FROM sample_gaps WHERE group_id = ? AND to_ms < ?';
    await this.#database.write([{ sql, params: [groupId, beforeMs] }]);
  }

  async collectSchemas(heldSchemas: readonly number[]): Promise<void> {
    await this.#database.write([
      {
        sql: `DELETE FROM metric_schemas WHERE NOT EXISTS (SELECT 1 FROM chunks WHERE schema_id = metric_schemas.id)
          AND id NOT IN (SELECT schema_id FROM sample_log) AND id NOT IN (SELECT value FROM json_each(?))`,
        params: [JSON.stringify(heldSchemas)],
      },
      { sql: 'PRAGMA incremental_vacuum(2000)' },
    ]);
  }

  async use(groupId: string): Promise<readonly LevelUse[]> {
    const ofGroup = 'stream_id IN (SELECT id FROM streams WHERE group_id = ?)';
    const rows = await this.#database.read(
      `SELECT level, sum(bytes) AS bytes, min(first_ms) AS oldest, max(end_ms) AS newest FROM chunks WHERE ${ofGroup} GROUP BY level
       UNION ALL SELECT 0, sum(length(body)), min(first_ms), max(last_ms) FROM sample_log WHERE ${ofGroup}`,
      [groupId, groupId],
    );
    return rows.map((row) => ({
      level: Number(row['level']) as Level,
      bytes: Number(row['bytes'] ?? 0),
      oldestMs: row['oldest'] === null ? null : Number(row['oldest']),
      newestMs: row['newest'] === null ? null : Number(row['newest']),
    }));
  }

  async removeStream(groupId: string, stream: string): Promise<void> {
    const ids = '(SELECT id FROM streams WHERE group_id = ? AND stream = ?)';
    await this.#database.write(
      [
        `DELETE FROM sample_log WHERE stream_id IN ${ids}`,
        `DELETE FROM chunks WHERE stream_id IN ${ids}`,
        'DELETE FROM streams WHERE group_id = ? AND stream = ?',
        'DELETE FROM sample_gaps WHERE group_id = ? AND stream = ?',
      ].map((sql) => ({ sql, params: [groupId, stream] })),
    );
  }

  async #one(sql: string, params: readonly SqlValue[]): Promise<SqlRow> {
    const [result] = await this.#database.write([{ sql, params }]);
    const row = result?.rows[0];
    if (row === undefined) throw new AppError('INTERNAL', 'a statement gave no row');
    return row;
  }
}

function logInsert(entry: LogEntry): SqlStatement {
  const { streamId, schemaId, firstMs, lastMs, frames, fill, body } = entry;
  return {
    sql: 'INSERT INTO sample_log (stream_id, schema_id, first_ms, last_ms, frames, fill, body) VALUES (?, ?, ?, ?, ?, ?, ?)',
    params: [streamId, schemaId, firstMs, lastMs, frames, fill ? 1 : 0, body],
  };
}

function gapInsert(groupId: string, gap: SampleGap): SqlStatement {
  return {
    sql: `INSERT INTO sample_gaps VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET to_ms = max(to_ms, excluded.to_ms), reason = excluded.reason`,
    params: [groupId, gap.stream, gap.fromMs, gap.toMs, gap.reason],
  };
}

function streamRow(row: SqlRow): StreamRow {
  return {
    id: Number(row['id']),
    groupId: String(row['group_id']),
    stream: String(row['stream']),
    source: Number(row['source']) as SampleSource,
  };
}

function schemaRow(row: SqlRow): SchemaRow {
  const names = zstdDecompressSync(bytesOf(row['names']), { maxOutputLength: maxNamesBytes })
    .toString('utf8')
    .split('\n');
  return { id: Number(row['id']), groupId: String(row['group_id']), hash: String(row['hash']), names };
}

function logRow(row: SqlRow): LogRow {
  return {
    seq: Number(row['seq']),
    streamId: Number(row['stream_id']),
    schemaId: Number(row['schema_id']),
    firstMs: Number(row['first_ms']),
    lastMs: Number(row['last_ms']),
    frames: Number(row['frames']),
    fill: row['fill'] === 1,
    body: bytesOf(row['body']),
  };
}

function chunkRow(row: SqlRow): ChunkRow {
  return {
    ...keyRow(row),
    firstMs: Number(row['first_ms']),
    schemaId: Number(row['schema_id']),
    body: bytesOf(row['body']),
  };
}

function keyRow(row: SqlRow): ChunkKey & { readonly endMs: number } {
  return {
    streamId: Number(row['stream_id']),
    level: Number(row['level']) as Level,
    startMs: Number(row['start_ms']),
    endMs: Number(row['end_ms']),
  };
}

function bytesOf(value: SqlValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new AppError('STORE_CORRUPT', 'the metric store holds something else where bytes were expected');
}
