import { type InvitationRecord, type MemberStore, role } from '../../server/access/ports.ts';
import type { SqlDatabase, SqlRow, SqlStatement } from './database.ts';
import { insertUser, userOf } from './metadata-accounts.ts';
import { bytes, number, text, textOrNull, upsert, words } from './metadata-row.ts';

/** Another owner of the group (given first) than this user, who may sign in. */
const ownerElse = `EXISTS (
  SELECT 1 FROM memberships AS other JOIN users ON users.id = other.user_id
  WHERE other.group_id = ? AND other.user_id <> ? AND users.disabled = 0 AND ',' || other.roles || ',' LIKE '%,owner,%')`;
const isOwner = `',' || roles || ',' LIKE '%,owner,%'`;

function newRoles(groupId: string, userId: string, roles: readonly string[]): SqlStatement {
  return {
    sql: `UPDATE memberships SET roles = ? WHERE user_id = ? AND group_id = ? AND (? = 1 OR NOT (${isOwner}) OR ${ownerElse})`,
    params: [roles.join(','), userId, groupId, roles.includes('owner') ? 1 : 0, groupId, userId],
  };
}

/** Conditions stand in the statements themselves, so that of two owners who leave at once one stays. */
export function createMemberStore(database: SqlDatabase): MemberStore {
  return {
    async members(groupId) {
      const rows = await database.read(
        'SELECT users.*, roles FROM memberships JOIN users ON users.id = user_id WHERE group_id = ? ORDER BY email',
        [groupId],
      );
      return rows.map((row) => ({ user: userOf(row), roles: words(row, 'roles', role.options) }));
    },
    async memberships() {
      const rows = await database.read('SELECT user_id, group_id, roles FROM memberships');
      return rows.map((row) => ({
        userId: text(row, 'user_id'),
        groupId: text(row, 'group_id'),
        roles: words(row, 'roles', role.options),
      }));
    },
    async changeRoles(groupId, userId, roles) {
      const [result] = await database.write([newRoles(groupId, userId, roles)]);
      return result?.changes === 1;
    },
    async setRoles(groupId, userId, roles) {
      const [added, changed] = await database.write([
        {
          // Not into a group that was deleted meanwhile.
          sql: `INSERT OR IGNORE INTO memberships (user_id, group_id, roles)
                SELECT ?, id, ? FROM groups WHERE id = ?`,
          params: [userId, roles.join(','), groupId],
        },
        newRoles(groupId, userId, roles),
      ]);
      return added?.changes === 1 || changed?.changes === 1;
    },
    async removeMember(groupId, userId) {
      const [result] = await database.write([
        {
          sql: `DELETE FROM memberships WHERE user_id = ? AND group_id = ? AND (NOT (${isOwner}) OR ${ownerElse})`,
          params: [userId, groupId, groupId, userId],
        },
      ]);
      return result?.changes === 1;
    },
    ...invitationMethods(database),
  };
}

type Invitations = 'addInvitation' | 'invitations' | 'invitation' | 'removeInvitation' | 'acceptInvitation';

function invitationMethods(database: SqlDatabase): Pick<MemberStore, Invitations> {
  return {
    async addInvitation(invitation) {
      await database.write([
        upsert('invitations', {
          hash: invitation.hash,
          id: invitation.id,
          group_id: invitation.groupId,
          email: invitation.email,
          roles: invitation.roles.join(','),
          invited_by: invitation.invitedBy,
          made_by: invitation.madeBy,
          created_at_ms: invitation.createdAtMs,
          expires_at_ms: invitation.expiresAtMs,
        }),
      ]);
    },
    async invitations(groupId) {
      const rows = await database.read('SELECT * FROM invitations WHERE group_id = ? ORDER BY created_at_ms DESC, id', [
        groupId,
      ]);
      return rows.map(invitationOf);
    },
    async invitation(hash) {
      const [row] = await database.read('SELECT * FROM invitations WHERE hash = ?', [hash]);
      return row === undefined ? undefined : invitationOf(row);
    },
    async removeInvitation(groupId, id) {
      const [result] = await database.write([
        { sql: 'DELETE FROM invitations WHERE group_id = ? AND id = ?', params: [groupId, id] },
      ]);
      return result?.changes === 1;
    },
    async acceptInvitation(hash, user, isNew, nowMs) {
      const open = 'SELECT 1 FROM invitations WHERE hash = ? AND expires_at_ms > ?';
      const add = insertUser(user, `NOT EXISTS (SELECT 1 FROM users WHERE email = ?) AND EXISTS (${open})`, [
        user.email,
        hash,
        nowMs,
      ]);
      const results = await database.write([
        ...(isNew ? [add] : []),
        {
          sql: `INSERT OR IGNORE INTO memberships (user_id, group_id, roles)
                SELECT users.id, invitations.group_id, invitations.roles FROM invitations JOIN users ON users.id = ?
                WHERE hash = ? AND expires_at_ms > ? AND users.disabled = 0`,
          params: [user.id, hash, nowMs],
        },
        {
          sql: 'DELETE FROM invitations WHERE hash = ? AND EXISTS (SELECT 1 FROM users WHERE id = ?) RETURNING id',
          params: [hash, user.id],
        },
      ]);
      return results.at(-2)?.changes === 1;
    },
  };
}

function invitationOf(row: SqlRow): InvitationRecord {
  return {
    id: text(row, 'id'),
    hash: bytes(row, 'hash'),
    groupId: text(row, 'group_id'),
    email: text(row, 'email'),
    roles: words(row, 'roles', role.options),
    invitedBy: text(row, 'invited_by'),
    madeBy: textOrNull(row, 'made_by'),
    createdAtMs: number(row, 'created_at_ms'),
    expiresAtMs: number(row, 'expires_at_ms'),
  };
}
