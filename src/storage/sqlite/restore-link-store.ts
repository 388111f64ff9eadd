import { z } from 'zod';
import { parseTimestamp, timestampText } from '../../model/optime.ts';
import type { HoldStore, LinkStore, StoredLink } from '../../server/backup/ports.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import { number, text, textOrNull, upsert, word } from './metadata-row.ts';

const namespaces = z.array(z.string());
const ends = ['used', 'revoked', 'failed'] as const;
const selection = z.object({
  namespace: z.string(),
  filter: z.record(z.string(), z.unknown()),
  ids: z.array(z.unknown()).optional(),
});

/** Restore links; the schema is in metadata-migrations.ts. */
export function createLinkStore(database: SqlDatabase): LinkStore {
  return {
    async save(link) {
      const { id, format, attempts, optime } = link;
      const columns = {
        ...{ group_id: link.groupId, id, replica_set_id: link.replicaSetId, set_name: link.setName },
        ...{ token_hash: link.tokenHash, format, namespaces: JSON.stringify(link.namespaces) },
        selection: link.selection === null ? null : JSON.stringify(link.selection),
        ...{ optime: timestampText(optime.ts), term: optime.term, content_bytes: link.contentBytes },
        ...{ created_at_ms: link.createdAtMs, expires_at_ms: link.expiresAtMs, attempts },
        ...{ sent_bytes: link.sentBytes, ended: link.end },
      };
      await database.write([upsert('backup_links', columns)]);
    },
    async links() {
      return (await database.read('SELECT * FROM backup_links ORDER BY created_at_ms, id', [])).map(linkOf);
    },
    async remove(groupId, id) {
      await database.write([{ sql: 'DELETE FROM backup_links WHERE group_id = ? AND id = ?', params: [groupId, id] }]);
    },
  };
}

/** Moments that are held for links and views, so that they are held again when the server is started anew. */
export function createHoldStore(database: SqlDatabase): HoldStore {
  return {
    async save({ id, replicaSetId, ts, untilMs }) {
      const columns = { id, replica_set_id: replicaSetId, optime: timestampText(ts), until_ms: untilMs };
      await database.write([upsert('backup_holds', columns)]);
    },
    async remove(id) {
      await database.write([{ sql: 'DELETE FROM backup_holds WHERE id = ?', params: [id] }]);
    },
    async valid(nowMs) {
      await database.write([{ sql: 'DELETE FROM backup_holds WHERE until_ms <= ?', params: [nowMs] }]);
      const rows = await database.read('SELECT * FROM backup_holds', []);
      return rows.map((row) => ({
        id: text(row, 'id'),
        replicaSetId: text(row, 'replica_set_id'),
        ts: parseTimestamp(text(row, 'optime')),
        untilMs: number(row, 'until_ms'),
      }));
    },
  };
}

function linkOf(row: SqlRow): StoredLink {
  const chosen = textOrNull(row, 'selection');
  return {
    groupId: text(row, 'group_id'),
    id: text(row, 'id'),
    replicaSetId: text(row, 'replica_set_id'),
    setName: text(row, 'set_name'),
    tokenHash: text(row, 'token_hash'),
    format: word(row, 'format', ['archive', 'tar']),
    namespaces: namespaces.parse(JSON.parse(text(row, 'namespaces'))),
    selection: chosen === null ? null : selection.parse(JSON.parse(chosen)),
    optime: { ts: parseTimestamp(text(row, 'optime')), term: number(row, 'term') },
    contentBytes: number(row, 'content_bytes'),
    createdAtMs: number(row, 'created_at_ms'),
    expiresAtMs: number(row, 'expires_at_ms'),
    attempts: number(row, 'attempts'),
    sentBytes: number(row, 'sent_bytes'),
    end: row['ended'] === null ? null : word(row, 'ended', ends),
  };
}
