import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { newPassword } from '../../wire/api/access.ts';
import { plainName } from '../../wire/api/common.ts';
import { addAgentKey, addApiToken, addFirstOwner, addLink } from '../access/accounts.ts';
import { hashPassword } from '../access/password-hash.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit, byAdminCli } from '../audit.ts';
import type { AdminParts } from './admin-parts.ts';
import { listedUsers, runUserAction, userRequests } from './user-actions.ts';

/** What `leafward admin` can ask, over the socket or on the store itself. */
export const adminRequest = z.discriminatedUnion('action', [
  z.object({
    action: z.literal('init'),
    email: z.email().max(400),
    password: newPassword,
    groupName: plainName,
  }),
  z.object({ action: z.literal('setup-link') }),
  z.object({ action: z.literal('user sign-in-link'), email: z.string().max(400) }),
  z.object({
    action: z.literal('user reset-password'),
    email: z.string().max(400),
    /** Absent: one is made up. */
    password: newPassword.optional(),
  }),
  ...userRequests,
]);
export type AdminRequest = z.infer<typeof adminRequest>;

export const adminAnswer = z.object({
  groupId: z.string().optional(),
  agentKey: z.string().optional(),
  apiToken: z.string().optional(),
  link: z.string().optional(),
  expiresAtMs: z.number().optional(),
  password: z.string().optional(),
  users: listedUsers.optional(),
});
export type AdminAnswer = z.infer<typeof adminAnswer>;

/** @throws CONFLICT, NOT_FOUND */
export async function runAdminAction(parts: AdminParts, request: AdminRequest): Promise<AdminAnswer> {
  switch (request.action) {
    case 'init':
      return init(parts, request);
    case 'setup-link':
      return setupLink(parts);
    case 'user sign-in-link':
      return signInLink(parts, request.email);
    case 'user reset-password':
      return resetPassword(parts, request.email, request.password);
    default:
      return runUserAction(parts, request);
  }
}

/** Account, group, a key for agents and an owner's token for scripts. */
async function init(
  parts: AdminParts,
  input: { readonly email: string; readonly password: string; readonly groupName: string },
): Promise<AdminAnswer> {
  const { group } = await addFirstOwner(parts, input, null);
  const { secret: agentKey } = await addAgentKey(parts, group.id, 'made by admin init', 'both');
  const { secret: apiToken } = await addApiToken(parts, group.id, 'made by admin init', ['owner']);
  return { groupId: group.id, agentKey, apiToken };
}

async function setupLink(parts: AdminParts): Promise<AdminAnswer> {
  if ((await parts.stores.accounts.countUsers()) > 0) {
    throw new AppError('CONFLICT', 'this server is set up already', {
      hint: 'Sign in. If the password is lost: leafward admin user reset-password --data-dir DIR --email ADDRESS.',
    });
  }
  const { token, expiresAtMs } = await addLink(parts, 'setup', null);
  await audit(parts, byAdminCli, { action: 'user.setupLinkMade' });
  return { link: `${await parts.url()}/setup/${token}`, expiresAtMs };
}

/** The way in where passwords are switched off and the provider does not work. */
async function signInLink(parts: AdminParts, email: string): Promise<AdminAnswer> {
  const user = await parts.stores.accounts.userByEmail(email.trim().toLowerCase());
  if (user === undefined) throw new AppError('NOT_FOUND', `there is no account ${email}`);
  if (user.disabled) throw new AppError('CONFLICT', `the account ${user.email} is disabled`);
  const { token, expiresAtMs } = await addLink(parts, 'sign-in', user.id);
  await audit(parts, byAdminCli, { action: 'user.signInLinkMade', subject: userSubject(user) });
  return { link: `${await parts.url()}/sign-in/${token}`, expiresAtMs };
}

async function resetPassword(parts: AdminParts, email: string, given: string | undefined): Promise<AdminAnswer> {
  const user = await parts.stores.accounts.userByEmail(email.trim().toLowerCase());
  if (user === undefined) throw new AppError('NOT_FOUND', `there is no account ${email}`);
  const password = given ?? randomBytes(15).toString('base64url');
  await parts.stores.accounts.setPassword(user.id, await hashPassword(password));
  await audit(parts, byAdminCli, { action: 'account.passwordReset', subject: userSubject(user) });
  return given === undefined ? { password } : {};
}
