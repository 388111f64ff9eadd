import { z } from 'zod';
import { AppError, unreachable } from '../../runtime/errors.ts';
import { role, roles } from '../../wire/api/access.ts';
import { plainName } from '../../wire/api/common.ts';
import { plainEmail } from '../access/accounts.ts';
import type { UserRecord } from '../access/ports.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit, byAdminCli } from '../audit.ts';
import type { GroupRecord } from '../ports.ts';
import type { AdminParts } from './admin-parts.ts';

const email = z.string().max(400);

/** What `leafward admin user …` can do for somebody who cannot help themselves. */
export const userRequests = [
  z.object({ action: z.literal('user list') }),
  z.object({ action: z.literal('user reset-second-factor'), email }),
  z.object({ action: z.literal('user make-admin'), email }),
  z.object({ action: z.literal('user remove-admin'), email }),
  z.object({ action: z.literal('user enable'), email }),
  z.object({ action: z.literal('user disable'), email }),
  z.object({
    action: z.literal('user grant'),
    email,
    /** Id or name. */
    groupName: plainName,
    roles,
  }),
] as const;
export type UserRequest = z.infer<(typeof userRequests)[number]>;

export const listedUsers = z.array(
  z.object({
    email: z.string(),
    administrator: z.boolean(),
    disabled: z.boolean(),
    secondFactor: z.boolean(),
    groups: z.array(z.object({ name: z.string(), roles: z.array(role) })),
  }),
);
export type ListedUsers = z.infer<typeof listedUsers>;

/** @throws NOT_FOUND, CONFLICT */
export async function runUserAction(parts: AdminParts, request: UserRequest): Promise<{ users?: ListedUsers }> {
  if (request.action === 'user list') return { users: await listUsers(parts) };
  const user = await userOf(parts, request.email);
  const { accounts } = parts.stores;
  const changed = async (done: boolean, detail: Readonly<Record<string, boolean>>): Promise<void> => {
    if (!done) throw isLast(user);
    parts.endStreams?.(user.id);
    await audit(parts, byAdminCli, { action: 'user.changed', subject: userSubject(user), detail });
  };
  switch (request.action) {
    case 'user reset-second-factor':
      await accounts.setSecondFactor(user.id, null);
      await audit(parts, byAdminCli, { action: 'account.secondFactorRemoved', subject: userSubject(user) });
      return {};
    case 'user make-admin':
    case 'user remove-admin': {
      const administrator = request.action === 'user make-admin';
      await changed(await accounts.setAdministrator(user.id, administrator), { administrator });
      return {};
    }
    case 'user enable':
    case 'user disable': {
      const disabled = request.action === 'user disable';
      await changed(await accounts.setDisabled(user.id, disabled), { disabled });
      return {};
    }
    case 'user grant':
      return grant(parts, user, request);
    default:
      return unreachable(request);
  }
}

async function grant(
  parts: AdminParts,
  user: UserRecord,
  request: Extract<UserRequest, { action: 'user grant' }>,
): Promise<Record<never, never>> {
  const { members } = parts.stores;
  const { id: groupId } = await groupOf(parts, request.groupName);
  const before = (await members.members(groupId)).find((one) => one.user.id === user.id)?.roles ?? [];
  if (!(await members.setRoles(groupId, user.id, request.roles))) throw isLast(user);
  parts.endStreams?.(user.id);
  await audit(parts, byAdminCli, {
    action: before.length === 0 ? 'member.joined' : 'member.rolesChanged',
    groupId,
    subject: userSubject(user),
    detail: { before: [...before], after: request.roles },
  });
  return {};
}

async function listUsers({ stores }: AdminParts): Promise<ListedUsers> {
  const memberships = Map.groupBy(await stores.members.memberships(), ({ userId }) => userId);
  const names = new Map((await stores.groups.groups()).map(({ id, name }) => [id, name]));
  return (await stores.accounts.users()).map((user) => ({
    email: user.email,
    administrator: user.administrator,
    disabled: user.disabled,
    secondFactor: user.secondFactor !== null,
    groups: (memberships.get(user.id) ?? []).map((one) => ({
      name: names.get(one.groupId) ?? one.groupId,
      roles: [...one.roles],
    })),
  }));
}

async function userOf({ stores }: AdminParts, typed: string): Promise<UserRecord> {
  const found = await stores.accounts.userByEmail(plainEmail(typed));
  if (found !== undefined) return found;
  throw new AppError('NOT_FOUND', `there is no account ${typed}`, {
    hint: '"leafward admin user list" shows those that there are.',
  });
}

async function groupOf({ stores }: AdminParts, typed: string): Promise<GroupRecord> {
  const all = await stores.groups.groups();
  const found = all.filter(({ id, name }) => id === typed || name === typed);
  const [group] = found;
  if (group !== undefined && found.length === 1) return group;
  const what = found.length > 1 ? `${found.length} groups have the name ${typed}` : `there is no group ${typed}`;
  throw new AppError('NOT_FOUND', what, {
    hint: 'Give the id of the group: it is in the address of its pages (/g/ID).',
  });
}

function isLast({ email: address }: UserRecord): AppError {
  return new AppError('CONFLICT', `${address} is the last administrator of this server, or the last owner of a group`, {
    hint: 'Make somebody else one first: leafward admin user make-admin, or user grant --role owner.',
  });
}
