import type { AccountStore, SecondFactorStore, UserRecord, UserStore } from '../../server/access/ports.ts';
import type { GroupRecord } from '../../server/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement } from './database.ts';
import { insertGroup, insertOwner } from './metadata-groups.ts';
import { bytesOrNull, flag, number, numberOrNull, text } from './metadata-row.ts';
import { sessionMethods } from './metadata-sessions.ts';

export function createAccountStore(database: SqlDatabase): AccountStore {
  return {
    ...userMethods(database),
    ...guardedMethods(database),
    ...factorMethods(database),
    ...sessionMethods(database),
  };
}

type Guarded = 'setAdministrator' | 'setDisabled' | 'removeUser';

function userMethods(database: SqlDatabase): Omit<UserStore, Guarded> {
  const one = async (where: string, value: string): Promise<UserRecord | undefined> => {
    const [row] = await database.read(`SELECT * FROM users WHERE ${where} = ?`, [value]);
    return row === undefined ? undefined : userOf(row);
  };
  return {
    async countUsers() {
      const [row] = await database.read('SELECT count(*) AS n FROM users');
      return row === undefined ? 0 : number(row, 'n');
    },
    addFirstOwner: (user, group) => addFirstOwner(database, user, group),
    async addUser(user) {
      const [result] = await database.write([
        insertUser(user, 'NOT EXISTS (SELECT 1 FROM users WHERE email = ?)', [user.email]),
      ]);
      return result?.changes === 1;
    },
    users: async () => (await database.read('SELECT * FROM users ORDER BY email')).map(userOf),
    userByEmail: (email) => one('email', email),
    user: (id) => one('id', id),
    async setName(userId, name) {
      await database.write([{ sql: 'UPDATE users SET name = ? WHERE id = ?', params: [name, userId] }]);
    },
    async proveEmail(userId, drop) {
      const dropped =
        ", password_hash = '', second_factor = NULL, second_factor_since_ms = NULL, second_factor_step = NULL";
      await database.write([
        { sql: `UPDATE users SET email_proven = 1${drop ? dropped : ''} WHERE id = ?`, params: [userId] },
        ...(drop
          ? ['sessions', 'links'].map((table) => ({ sql: `DELETE FROM ${table} WHERE user_id = ?`, params: [userId] }))
          : []),
      ]);
    },
    async touchUser(userId, lastSeenAtMs) {
      await database.write([
        { sql: 'UPDATE users SET last_seen_at_ms = ? WHERE id = ?', params: [lastSeenAtMs, userId] },
      ]);
    },
    async setPassword(userId, passwordHash, keep = new Uint8Array()) {
      await database.write([
        { sql: 'UPDATE users SET password_hash = ? WHERE id = ?', params: [passwordHash, userId] },
        { sql: 'DELETE FROM sessions WHERE user_id = ? AND hash <> ?', params: [userId, keep] },
        { sql: 'DELETE FROM links WHERE user_id = ?', params: [userId] },
        // Who knew the old password may have signed in from anywhere.
        { sql: 'DELETE FROM known_networks WHERE login IN (SELECT email FROM users WHERE id = ?)', params: [userId] },
      ]);
    },
  };
}

/** Another administrator who may sign in. */
const administratorElse = 'EXISTS (SELECT 1 FROM users WHERE administrator = 1 AND disabled = 0 AND id <> ?)';
/** No group in which this user (given twice) alone is an owner who may sign in. */
const ownersElse = `NOT EXISTS (
  SELECT 1 FROM memberships AS own WHERE own.user_id = ? AND ',' || own.roles || ',' LIKE '%,owner,%' AND NOT EXISTS (
    SELECT 1 FROM memberships AS other JOIN users ON users.id = other.user_id
    WHERE other.group_id = own.group_id AND other.user_id <> ? AND users.disabled = 0
      AND ',' || other.roles || ',' LIKE '%,owner,%'))`;
const mayGo = `(administrator = 0 OR disabled = 1 OR ${administratorElse}) AND (disabled = 1 OR ${ownersElse})`;

/** The condition stands in the statement itself, so that of two at once not both go. */
function guardedMethods(database: SqlDatabase): Pick<UserStore, Guarded> {
  const gone = (userId: string): SqlStatement[] =>
    ['memberships', 'sessions', 'links'].map((table) => ({
      sql: `DELETE FROM ${table} WHERE user_id = ? AND NOT EXISTS (SELECT 1 FROM users WHERE id = ?)`,
      params: [userId, userId],
    }));
  return {
    async setAdministrator(userId, administrator) {
      const [result] = await database.write([
        {
          sql: `UPDATE users SET administrator = ? WHERE id = ? AND (? = 1 OR administrator = 0 OR ${administratorElse})`,
          params: [administrator ? 1 : 0, userId, administrator ? 1 : 0, userId],
        },
      ]);
      return result?.changes === 1;
    },
    async setDisabled(userId, disabled) {
      const [result] = await database.write([
        {
          sql: `UPDATE users SET disabled = ? WHERE id = ? AND (? = 0 OR (${mayGo}))`,
          params: [disabled ? 1 : 0, userId, disabled ? 1 : 0, userId, userId, userId],
        },
        ...['sessions', 'links'].map((table) => ({
          sql: `DELETE FROM ${table} WHERE user_id = ? AND EXISTS (SELECT 1 FROM users WHERE id = ? AND disabled = 1)`,
          params: [userId, userId],
        })),
      ]);
      return result?.changes === 1;
    },
    async removeUser(userId) {
      const params = [userId, userId, userId, userId];
      const [, result] = await database.write([
        {
          sql: `DELETE FROM known_networks WHERE login IN (SELECT email FROM users WHERE id = ? AND ${mayGo})`,
          params,
        },
        { sql: `DELETE FROM users WHERE id = ? AND ${mayGo}`, params },
        ...gone(userId),
      ]);
      return result?.changes === 1;
    },
  };
}

function factorMethods(database: SqlDatabase): SecondFactorStore {
  return {
    async setSecondFactor(userId, factor) {
      await database.write([
        {
          sql: 'UPDATE users SET second_factor = ?, second_factor_since_ms = ?, second_factor_step = ? WHERE id = ?',
          params: [factor?.sealed ?? null, factor?.sinceMs ?? null, factor?.lastStep ?? null, userId],
        },
      ]);
    },
    async useStep(userId, step) {
      const [result] = await database.write([
        {
          sql: 'UPDATE users SET second_factor_step = ? WHERE id = ? AND second_factor IS NOT NULL AND second_factor_step < ?',
          params: [step, userId, step],
        },
      ]);
      return result?.changes === 1;
    },
    async replaceSealed(userId, before, sealed) {
      const [result] = await database.write([
        {
          sql: 'UPDATE users SET second_factor = ? WHERE id = ? AND second_factor = ?',
          params: [sealed, userId, before],
        },
      ]);
      return result?.changes === 1;
    },
  };
}

/** The condition stands in the INSERT itself, so that of two set-ups at once only one makes an account. */
async function addFirstOwner(database: SqlDatabase, user: UserRecord, group: GroupRecord): Promise<boolean> {
  const onlyThen = ({ sql, params = [] }: SqlStatement): SqlStatement => ({
    sql: sql.replace(/VALUES \((.*)\)$/, 'SELECT $1 WHERE EXISTS (SELECT 1 FROM users WHERE id = ?)'),
    params: [...params, user.id],
  });
  const [result] = await database.write([
    insertUser(user, 'NOT EXISTS (SELECT 1 FROM users)', []),
    onlyThen(insertGroup(group)),
    onlyThen(insertOwner(group.id, user.id)),
  ]);
  return result?.changes === 1;
}

/** Inserts the user where a condition holds. A second factor is never there from the beginning. */
export function insertUser(
  user: UserRecord,
  where: string,
  params: readonly (string | number | Uint8Array)[],
): SqlStatement {
  return {
    sql: `INSERT INTO users (id, email, name, password_hash, administrator, disabled, created_at_ms, email_proven)
          SELECT ?, ?, ?, ?, ?, ?, ?, ? WHERE ${where}`,
    params: [
      user.id,
      user.email,
      user.name,
      user.passwordHash,
      user.administrator ? 1 : 0,
      user.disabled ? 1 : 0,
      user.createdAtMs,
      user.emailProven ? 1 : 0,
      ...params,
    ],
  };
}

export function userOf(row: SqlRow): UserRecord {
  const sealed = bytesOrNull(row, 'second_factor');
  return {
    id: text(row, 'id'),
    email: text(row, 'email'),
    name: text(row, 'name'),
    emailProven: flag(row, 'email_proven'),
    passwordHash: text(row, 'password_hash'),
    administrator: flag(row, 'administrator'),
    disabled: flag(row, 'disabled'),
    createdAtMs: number(row, 'created_at_ms'),
    lastSeenAtMs: numberOrNull(row, 'last_seen_at_ms'),
    secondFactor:
      sealed === null
        ? null
        : { sealed, sinceMs: number(row, 'second_factor_since_ms'), lastStep: number(row, 'second_factor_step') },
  };
}
