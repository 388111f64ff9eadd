import type { AccountStore, GroupRecord, LinkRecord, SessionRecord, UserRecord } from '../../server/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement } from './database.ts';
import { insertGroup, insertOwner } from './metadata-groups.ts';
import { bytes, flag, number, text, textOrNull, upsert, word } from './metadata-row.ts';

const purposes = ['setup', 'sign-in'] as const;

export function createAccountStore(database: SqlDatabase): AccountStore {
  return {
    async countUsers() {
      const [row] = await database.read('SELECT count(*) AS n FROM users');
      return row === undefined ? 0 : number(row, 'n');
    },
    addFirstOwner: (user, group) => addFirstOwner(database, user, group),
    async userByEmail(email) {
      const [row] = await database.read('SELECT * FROM users WHERE email = ?', [email]);
      return row === undefined ? undefined : userOf(row);
    },
    async user(id) {
      const [row] = await database.read('SELECT * FROM users WHERE id = ?', [id]);
      return row === undefined ? undefined : userOf(row);
    },
    async setPassword(userId, passwordHash) {
      await database.write([
        { sql: 'UPDATE users SET password_hash = ? WHERE id = ?', params: [passwordHash, userId] },
        { sql: 'DELETE FROM sessions WHERE user_id = ?', params: [userId] },
      ]);
    },
    ...sessionMethods(database),
    ...linkMethods(database),
    async removeExpired(nowMs) {
      await database.write([
        { sql: 'DELETE FROM sessions WHERE expires_at_ms < ?', params: [nowMs] },
        { sql: 'DELETE FROM links WHERE expires_at_ms < ?', params: [nowMs] },
      ]);
    },
  };
}

/** The condition stands in the INSERT itself, so that of two set-ups at once only one makes an account. */
async function addFirstOwner(database: SqlDatabase, user: UserRecord, group: GroupRecord): Promise<boolean> {
  const first: SqlStatement = {
    sql: `INSERT INTO users (id, email, password_hash, administrator)
          SELECT ?, ?, ?, 1 WHERE NOT EXISTS (SELECT 1 FROM users)`,
    params: [user.id, user.email, user.passwordHash],
  };
  const made = insertGroup(group);
  const owner = insertOwner(group.id, user.id);
  const onlyThen = ({ sql, params = [] }: SqlStatement): SqlStatement => ({
    sql: sql.replace(/VALUES \((.*)\)$/, 'SELECT $1 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?)'),
    params: [...params, user.id],
  });
  const [result] = await database.write([first, onlyThen(made), onlyThen(owner)]);
  return result?.changes === 1;
}

function sessionMethods(
  database: SqlDatabase,
): Pick<AccountStore, 'addSession' | 'session' | 'touchSession' | 'removeSession'> {
  return {
    async addSession(session) {
      await database.write([
        upsert('sessions', {
          hash: session.hash,
          user_id: session.userId,
          created_at_ms: session.createdAtMs,
          last_seen_at_ms: session.lastSeenAtMs,
          expires_at_ms: session.expiresAtMs,
        }),
      ]);
    },
    async session(hash) {
      const [row] = await database.read('SELECT * FROM sessions WHERE hash = ?', [hash]);
      return row === undefined ? undefined : sessionOf(row);
    },
    async touchSession(hash, lastSeenAtMs) {
      await database.write([
        { sql: 'UPDATE sessions SET last_seen_at_ms = ? WHERE hash = ?', params: [lastSeenAtMs, hash] },
      ]);
    },
    async removeSession(hash) {
      await database.write([{ sql: 'DELETE FROM sessions WHERE hash = ?', params: [hash] }]);
    },
  };
}

function linkMethods(database: SqlDatabase): Pick<AccountStore, 'addLink' | 'link' | 'takeLink'> {
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

function userOf(row: SqlRow): UserRecord {
  return {
    id: text(row, 'id'),
    email: text(row, 'email'),
    passwordHash: text(row, 'password_hash'),
    administrator: flag(row, 'administrator'),
  };
}

function sessionOf(row: SqlRow): SessionRecord {
  return {
    hash: bytes(row, 'hash'),
    userId: text(row, 'user_id'),
    createdAtMs: number(row, 'created_at_ms'),
    lastSeenAtMs: number(row, 'last_seen_at_ms'),
    expiresAtMs: number(row, 'expires_at_ms'),
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
