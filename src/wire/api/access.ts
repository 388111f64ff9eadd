import { z } from 'zod';
import { id, plainName, serverUrl, timeMs } from './common.ts';
import { isCommonPassword } from './common-passwords.ts';
import { isGuessable } from './guessable-password.ts';

/** What a member of a group, or an API token, is in it. One has one or more of them. */
export const role = z.enum(['owner', 'monitoringAdmin', 'backupAdmin', 'dataAccess', 'readOnly']);
export const roles = z
  .array(role)
  .min(1, 'name at least one role')
  .max(5)
  .refine((list) => new Set(list).size === list.length, 'a role is named twice');
/**
 * What a route of a group asks for: `group.read` every role; `monitoring.write` hosts, rules, notifiers,
 * acknowledging; `backup.write` backups and their settings; `data.read` what shows documents of backups or hands
 * them out; `group.own` members, keys, tokens, settings of the group.
 */
export const permission = z.enum(['group.read', 'monitoring.write', 'backup.write', 'data.read', 'group.own']);

export const sessionAnswer = z.object({
  user: z.object({
    id,
    email: z.string(),
    name: z.string(),
    /** Administers the server: `/users`, `/instance`, new groups. */
    administrator: z.boolean(),
    /** Null: no second factor is set up. Few are left below 3. */
    recoveryCodesLeft: z.number().int().nullable(),
  }),
  /** The groups of this person, with what they may do there: pages hide the rest. */
  groups: z.array(
    z.object({
      id,
      name: z.string(),
      roles: z.array(role),
      permissions: z.array(permission),
      /** True: this group lets nobody in without a second factor, and this account has none yet. */
      secondFactorMissing: z.boolean(),
    }),
  ),
  /** True: the server lets this account do nothing but set up its second factor (`POST /account/second-factor`). */
  secondFactorMissing: z.boolean(),
  /** Sent back as the header `leafward-csrf` with every request that changes something. */
  csrf: z.string(),
  serverVersion: z.string(),
  /** Things the owner should mend, in plain words ("publicUrl is a loopback address …"). */
  warnings: z.array(z.string()),
});
/** The password was right; the code of the second factor is still missing. */
export const secondFactorAnswer = z.object({
  secondFactor: z.object({ challenge: z.string(), expiresAtMs: timeMs }),
});
export const signInAnswer = z.union([sessionAnswer, secondFactorAnswer]);
export const signInRequest = z.object({ email: z.string().max(400), password: z.string().max(1000) });
/** `code`: the six digits of the app, or a recovery code. */
export const secondFactorRequest = z.object({ challenge: z.string().max(200), code: z.string().trim().max(40) });
export const signInLinkRequest = z.object({ token: z.string().max(200) });
/** Any characters; nothing that is tried first. */
export const newPassword = z
  .string()
  .min(10, 'a password has at least 10 characters')
  .max(1000)
  .refine(
    (password) => !isGuessable(password) && !isCommonPassword(password),
    'this password is among the first that somebody would try: take several words that do not belong together',
  );
export const setupState = z.object({ valid: z.boolean(), expiresAtMs: timeMs.optional() });
export const setupRequest = z.object({
  token: z.string().max(200),
  email: z.email().max(400),
  password: newPassword,
  groupName: plainName,
  publicUrl: serverUrl,
});

export const keyScope = z.enum(['monitoring', 'backup', 'both']);
export const agentKey = z.object({
  id,
  name: z.string(),
  scope: keyScope,
  createdAtMs: timeMs,
  lastUsedAtMs: timeMs.nullable(),
  revokedAtMs: timeMs.nullable(),
  /** Minted by a download link, which is not yet used. */
  sealed: z.boolean(),
});
export const newAgentKeyRequest = z.object({ name: plainName, scope: keyScope });
/** The secret is shown this once. */
export const newAgentKeyAnswer = z.object({ key: agentKey, secret: z.string() });
export const apiToken = z.object({
  id,
  name: z.string(),
  roles: z.array(role),
  createdAtMs: timeMs,
  /** E-mail of who made it: the token may never do more than they may, and stops with them. Null: `leafward admin`. */
  madeBy: z.string().nullable(),
  expiresAtMs: timeMs.nullable(),
  /** Addresses and networks (CIDR) that may use it; none: all. */
  addresses: z.array(z.string()),
  lastUsedAtMs: timeMs.nullable(),
  lastUsedAddress: z.string().nullable(),
  revokedAtMs: timeMs.nullable(),
  /** `expiring`: within 7 days. `stopped`: who made it left the group, was disabled, or may no longer do what it may. */
  state: z.enum(['active', 'expiring', 'expired', 'stopped', 'revoked']),
});
export const newApiTokenRequest = z.object({
  name: plainName,
  roles,
  /** Left out or null: it does not expire. */
  expiresAtMs: timeMs.nullable().optional(),
  /** `192.0.2.7` or `2001:db8::/32`. */
  addresses: z.array(z.string().trim().min(1).max(60)).max(50).optional(),
});
export const newApiTokenAnswer = z.object({ token: apiToken, secret: z.string() });

export const agentKind = z.enum(['monitoring', 'backup']);

export type Role = z.infer<typeof role>;
export type Permission = z.infer<typeof permission>;
export type AgentKind = z.infer<typeof agentKind>;
export type KeyScope = z.infer<typeof keyScope>;
export type SessionAnswer = z.infer<typeof sessionAnswer>;
export type SignInAnswer = z.infer<typeof signInAnswer>;
export type SetupState = z.infer<typeof setupState>;
export type NewAgentKeyAnswer = z.infer<typeof newAgentKeyAnswer>;
export type NewApiTokenAnswer = z.infer<typeof newApiTokenAnswer>;
export type AgentKey = z.infer<typeof agentKey>;
export type ApiToken = z.infer<typeof apiToken>;
