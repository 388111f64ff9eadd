import type { LinkRecord, SessionRecord, SessionStore } from '../../server/access/ports.ts';
import type { SqlDatabase, SqlRow } from './database.ts';
import { bytes, number, text, textOrNull, upsert, word } from './metadata-row.ts';

const purposes = ['setup', 'sign-in', 'password'] as const;
const methods = ['password', 'link', 'oidc', 'ldap'] as const;

type Endings = 'removeSession' | 'removeSessionOf' | 'removeOtherSessions' | 'removeExpired';
type Links = 'addLink' | 'link' | 'takeLink';

export function sessionMethods(database: SqlDatabase): SessionStore {
  return { ...openMethods(database), ...endMethods(database), ...linkMethods(database) };
}

function openMethods(database: SqlDatabase): Omit<SessionStore, Endings | Links> {
  return {
    async addSession(session, proven) {
      const columns = [
        ...['hash', 'id', 'user_id', 'method', 'address', 'browser'],
        ...['created_at_ms', 'last_seen_at_ms', 'expires_at_ms', 'authenticated_at_ms'],
      ];
      const asProven = proven === undefined ? '' : 'AND password_hash = ? AND (second_factor IS NOT NULL) = ?';
      const [result] = await database.write([
        {
          sql: `INSERT INTO sessions (${columns.join()}) SELECT ${columns.map(() => '?').join()} FROM users
                WHERE id = ? AND disabled = 0 ${asProven}`,
          params: [
            ...[session.hash, session.id, session.userId, session.method, session.address, session.browser],
            ...[session.createdAtMs, session.lastSeenAtMs, session.expiresAtMs, session.authenticatedAtMs],
            session.userId,
            ...(proven === undefined ? [] : [proven.passwordHash, proven.hasSecondFactor ? 1 : 0]),
          ],
        },
      ]);
      return result?.changes === 1;
    },
    async session(hash) {
      const [row] = await database.read('SELECT * FROM sessions WHERE hash = ?', [hash]);
      return row === undefined ? undefined : sessionOf(row);
    },
    async sessionsOf(userId) {
      const rows = await database.read('SELECT * FROM sessions WHERE user_id = ? ORDER BY last_seen_at_ms DESC, id', [
        userId,
      ]);
      return rows.map(sessionOf);
    },
    async touchSession(hash, lastSeenAtMs, address) {
      await database.write([
        {
          sql: 'UPDATE sessions SET last_seen_at_ms = ?, address = ? WHERE hash = ?',
          params: [lastSeenAtMs, address, hash],
        },
      ]);
    },
    async setAuthenticated(hash, atMs) {
      await database.write([
        { sql: 'UPDATE sessions SET authenticated_at_ms = ? WHERE hash = ?', params: [atMs, hash] },
      ]);
    },
  };
}

function endMethods(database: SqlDatabase): Pick<SessionStore, Endings> {
  return {
    async removeSession(hash) {
      await database.write([{ sql: 'DELETE FROM sessions WHERE hash = ?', params: [hash] }]);
    },
    async removeSessionOf(userId, id) {
      const [result] = await database.write([
        { sql: 'DELETE FROM sessions WHERE user_id = ? AND id = ?', params: [userId, id] },
      ]);
      return result?.changes === 1;
    },
    async removeOtherSessions(userId, keep) {
      const [result] = await database.write([
        { sql: 'DELETE FROM sessions WHERE user_id = ? AND hash <> ?', params: [userId, keep] },
      ]);
      return result?.changes ?? 0;
    },
    async removeExpired(nowMs) {
      await database.write(
        ['sessions', 'links', 'invitations'].map((table) => ({
          sql: `DELETE FROM ${table} WHERE expires_at_ms < ?`,
          params: [nowMs],
        })),
      );
    },
  };
}

function linkMethods(database: SqlDatabase): Pick<SessionStore, Links> {
  return {
    async addLink(link) {
      await database.write([
        upsert('links', {
          hash: link.hash,
          purpose: link.purpose,
          user_id: link.userId,
          expires_at_ms: link.expiresAtMs,
        }),
      ]);
    },
    async link(hash, purpose) {
      const [row] = await database.read('SELECT * FROM links WHERE hash = ? AND purpose = ?', [hash, purpose]);
      return row === undefined ? undefined : linkOf(row);
    },
    async takeLink(hash, purpose) {
      const [result] = await database.write([
        { sql: 'DELETE FROM links WHERE hash = ? AND purpose = ? RETURNING *', params: [hash, purpose] },
      ]);
      const row = result?.rows[0];
      return row === undefined ? undefined : linkOf(row);
    },
  };
}

function sessionOf(row: SqlRow): SessionRecord {
  return {
    id: text(row, 'id'),
    hash: bytes(row, 'hash'),
    userId: text(row, 'user_id'),
    method: word(row, 'method', methods),
    address: text(row, 'address'),
    browser: text(row, 'browser'),
    createdAtMs: number(row, 'created_at_ms'),
    lastSeenAtMs: number(row, 'last_seen_at_ms'),
    expiresAtMs: number(row, 'expires_at_ms'),
    authenticatedAtMs: number(row, 'authenticated_at_ms'),
  };
}

function linkOf(row: SqlRow): LinkRecord {
  return {
    hash: bytes(row, 'hash'),
    purpose: word(row, 'purpose', purposes),
    userId: textOrNull(row, 'user_id'),
    expiresAtMs: number(row, 'expires_at_ms'),
  };
}
