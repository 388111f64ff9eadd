import { z } from 'zod';
import { newPassword, role, roles } from './access.ts';
import { id, timeMs } from './common.ts';

const personName = z.string().trim().max(200);

// The account of who is signed in: `/account`.

export const account = z.object({
  id,
  email: z.string(),
  name: z.string(),
  administrator: z.boolean(),
  createdAtMs: timeMs,
  /** False: it signs in by a provider only, and has no password to change. */
  hasPassword: z.boolean(),
  secondFactor: z.object({
    sinceMs: timeMs.nullable(),
    recoveryCodesLeft: z.number().int(),
    /** The server, or a group of this person, asks for one: it cannot be taken away. */
    required: z.boolean(),
  }),
  /** Until then a second factor can be set up and recovery codes made; later `POST /account/reauthenticate` first. */
  authenticatedUntilMs: timeMs,
});
export const changeAccountRequest = z.object({ name: personName });
export const changePasswordRequest = z.object({ currentPassword: z.string().max(1000), newPassword });
/** Answered with `authenticatedUntilMs`. */
export const reauthenticateRequest = z.object({ password: z.string().max(1000) });
export const reauthenticateAnswer = z.object({ authenticatedUntilMs: timeMs });
export const personSession = z.object({
  id,
  /** The one that asks. */
  current: z.boolean(),
  address: z.string(),
  /** "Firefox on Linux", as far as the browser says. */
  browser: z.string(),
  createdAtMs: timeMs,
  lastSeenAtMs: timeMs,
  expiresAtMs: timeMs,
});
/** Shown until it is confirmed by a code; a second asking makes a new secret. */
export const secondFactorSetup = z.object({
  /** Base32, to type by hand. */
  secret: z.string(),
  /** `otpauth://totp/…`, the text of the QR code. */
  url: z.string(),
  expiresAtMs: timeMs,
});
export const secondFactorCode = z.object({ code: z.string().trim().max(40) });
/** Shown this once; each works once. */
export const recoveryCodes = z.object({ recoveryCodes: z.array(z.string()) });
export const removeSecondFactorRequest = z.object({ password: z.string().max(1000) });

// A lost password: `/password-reset`.

export const passwordResetRequest = z.object({ email: z.string().max(400) });
export const passwordResetState = z.object({ valid: z.boolean(), email: z.string().optional() });
export const newPasswordRequest = z.object({ password: newPassword });

// Members of a group and invitations: `/groups/{groupId}/members`, `…/invitations`, `/invitations/{token}`.

export const member = z.object({
  userId: id,
  email: z.string(),
  name: z.string(),
  roles: z.array(role),
  secondFactor: z.boolean(),
  disabled: z.boolean(),
  lastSeenAtMs: timeMs.nullable(),
  /** Owners cannot be fewer than one: this one can neither leave nor lose the role. */
  lastOwner: z.boolean(),
});
export const changeMemberRequest = z.object({ roles });
export const invitation = z.object({
  id,
  email: z.string(),
  roles: z.array(role),
  invitedBy: z.string(),
  createdAtMs: timeMs,
  expiresAtMs: timeMs,
});
export const newInvitationRequest = z.object({ email: z.email().max(400), roles });
/** The link is shown this once. `mailed` false: hand it over yourself (`mailProblem` says why it was not sent). */
export const newInvitationAnswer = z.object({
  invitation,
  link: z.string(),
  mailed: z.boolean(),
  mailProblem: z.string().optional(),
});
export const invitationState = z.object({
  valid: z.boolean(),
  groupName: z.string().optional(),
  email: z.string().optional(),
  roles: z.array(role).optional(),
  invitedBy: z.string().optional(),
  expiresAtMs: timeMs.optional(),
  /** True: sign in as that account first, then accept without a password. */
  hasAccount: z.boolean().optional(),
});
/** Name and password are for a new account; who has one is signed in and sends `{}`. */
export const acceptInvitationRequest = z.object({ name: personName.optional(), password: newPassword.optional() });

// Everybody on this server, for its administrators: `/users`.

export const user = z.object({
  id,
  email: z.string(),
  name: z.string(),
  administrator: z.boolean(),
  disabled: z.boolean(),
  secondFactor: z.boolean(),
  hasPassword: z.boolean(),
  createdAtMs: timeMs,
  lastSeenAtMs: timeMs.nullable(),
  groups: z.array(z.object({ id, name: z.string(), roles: z.array(role) })),
});
export const changeUserRequest = z.object({ administrator: z.boolean(), disabled: z.boolean() }).partial();
/** `POST /users/{userId}/password-link`: a link to hand over. */
export const passwordLinkAnswer = z.object({ link: z.string(), expiresAtMs: timeMs });
/** `PUT /users/{userId}/groups/{groupId}`: an administrator of the server makes somebody a member, where no owner can. */
export const setRolesRequest = z.object({ roles });

// Every group of this server, for its administrators: `/instance/groups`.

export const groupOverview = z.object({
  id,
  name: z.string(),
  createdAtMs: timeMs,
  /** People with a role in it; 0: nobody sees it, until an administrator takes it over or deletes it. */
  members: z.number().int(),
  /** E-mail addresses of those who may sign in. */
  owners: z.array(z.string()),
  hosts: z.number().int(),
  agents: z.number().int(),
  /** Stored series, on disk. */
  metricBytes: z.number(),
  backedUpSets: z.number().int(),
  backupBytes: z.number(),
});

// What the whole server asks of people, for its administrators: `/instance/access`.

export const accessSettings = z.object({
  /** Who has no second factor can do nothing but set one up. Sign-in by OIDC counts as one. */
  secondFactorRequired: z.boolean(),
  /** A session that is not used so long ends. */
  sessionIdleHours: z
    .number()
    .min(0.25)
    .max(24 * 90),
  /** Every session ends after so long. */
  sessionDays: z.number().min(0.25).max(90),
});
export const changeAccessSettings = accessSettings.partial().strict();

export type AccessSettings = z.infer<typeof accessSettings>;
export type Account = z.infer<typeof account>;
export type PersonSession = z.infer<typeof personSession>;
export type SecondFactorSetup = z.infer<typeof secondFactorSetup>;
export type RecoveryCodes = z.infer<typeof recoveryCodes>;
export type PasswordResetState = z.infer<typeof passwordResetState>;
export type Member = z.infer<typeof member>;
export type Invitation = z.infer<typeof invitation>;
export type NewInvitationAnswer = z.infer<typeof newInvitationAnswer>;
export type InvitationState = z.infer<typeof invitationState>;
export type User = z.infer<typeof user>;
export type PasswordLinkAnswer = z.infer<typeof passwordLinkAnswer>;
export type GroupOverview = z.infer<typeof groupOverview>;
