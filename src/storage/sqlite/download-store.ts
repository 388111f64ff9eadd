import type { DownloadRecord, DownloadStore } from '../../server/downloads/ports.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import { bytes, bytesOrNull, number, numberOrNull, text, upsert, word } from './metadata-row.ts';

const kinds = ['monitoring', 'backup', 'both'] as const;

/** Links to preconfigured archives in SQLite; the schema is in download-migrations.ts. */
export function createDownloadStore(database: SqlDatabase): DownloadStore {
  return {
    async addDownload(download) {
      await database.write([upsert('downloads', columns(download))]);
    },
    async downloadByToken(tokenHash) {
      const [row] = await database.read('SELECT * FROM downloads WHERE token_hash = ?', [tokenHash]);
      return row === undefined ? undefined : downloadOf(row);
    },
    async downloads(groupId) {
      const sql = 'SELECT * FROM downloads WHERE group_id = ? ORDER BY created_at_ms DESC, id';
      return (await database.read(sql, [groupId])).map(downloadOf);
    },
    async countDownload(groupId, id) {
      const sql = 'UPDATE downloads SET downloads = downloads + 1 WHERE group_id = ? AND id = ?';
      await database.write([{ sql, params: [groupId, id] }]);
    },
    async revokeDownload(groupId, id, atMs) {
      const sql = `UPDATE downloads SET revoked_at_ms = coalesce(revoked_at_ms, ?), sealed_key = NULL
        WHERE group_id = ? AND id = ?`;
      const [result] = await database.write([{ sql, params: [atMs, groupId, id] }]);
      return result?.changes === 1;
    },
    async closeExpired(nowMs) {
      const sql =
        'UPDATE downloads SET sealed_key = NULL WHERE sealed_key IS NOT NULL AND expires_at_ms <= ? RETURNING *';
      const [result] = await database.write([{ sql, params: [nowMs] }]);
      return (result?.rows ?? []).map(downloadOf);
    },
    async removeExpiredBefore(ms) {
      await database.write([{ sql: 'DELETE FROM downloads WHERE expires_at_ms < ?', params: [ms] }]);
    },
  };
}

function columns(download: DownloadRecord) {
  return {
    group_id: download.groupId,
    id: download.id,
    kind: download.kind,
    token_hash: download.tokenHash,
    key_id: download.keyId,
    sealed_key: download.sealedKey,
    created_at_ms: download.createdAtMs,
    expires_at_ms: download.expiresAtMs,
    revoked_at_ms: download.revokedAtMs,
    downloads: download.downloads,
  };
}

function downloadOf(row: SqlRow): DownloadRecord {
  return {
    id: text(row, 'id'),
    groupId: text(row, 'group_id'),
    kind: word(row, 'kind', kinds),
    tokenHash: bytes(row, 'token_hash'),
    keyId: text(row, 'key_id'),
    sealedKey: bytesOrNull(row, 'sealed_key'),
    createdAtMs: number(row, 'created_at_ms'),
    expiresAtMs: number(row, 'expires_at_ms'),
    revokedAtMs: numberOrNull(row, 'revoked_at_ms'),
    downloads: number(row, 'downloads'),
  };
}
