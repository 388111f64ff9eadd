import { z } from 'zod';
import { roles } from './access.ts';
import { id } from './common.ts';

/**
 * How one can sign in here. `password` and `ldap` use the form (`POST /session`); `oidc` is a link to
 * `GET /api/v1/sign-in/oidc/start?provider=<id>&to=<path>`. Without `password` and `ldap` no form is shown.
 */
export const signInProvider = z.object({
  id: z.string(),
  kind: z.enum(['password', 'oidc', 'ldap']),
  label: z.string(),
});
export const signInProviders = z.array(signInProvider);

/** Why a sign-in by a provider ended at `/sign-in?problem=<code>`; the words are the page's, since whoever makes a link chooses the query. */
export const signInProblem = z.enum([
  'provider-unreachable',
  'provider-refused',
  'expired',
  'email-not-verified',
  'no-email',
  'no-account',
  'account-exists',
  'account-disabled',
  'no-role',
  'not-set-up',
]);

/** Whoever has `value` in the roles claim, or is in that group of the directory, gets the roles in the group, or administers the server. */
export const roleMapping = z
  .strictObject({
    provider: z.enum(['oidc', 'ldap']),
    value: z.string().trim().min(1).max(1000),
    groupId: id.nullable().default(null),
    roles: roles.nullable().default(null),
    administrator: z.boolean().default(false),
  })
  .refine(
    ({ groupId, roles: given }) => (groupId === null) === (given === null),
    'name a group together with its roles',
  )
  .refine(
    ({ groupId, administrator }) => groupId !== null || administrator,
    'name a group with roles, or administrator',
  );

const label = z.string().trim().min(1).max(60);
const attribute = z
  .string()
  .trim()
  .max(100)
  .regex(/^[A-Za-z0-9_.:/;-]+$/, 'a name without spaces');

const oidcFields = {
  enabled: z.boolean(),
  /** On the button. */
  label,
  /** The address before `/.well-known/openid-configuration`. https, or http to a loopback address. */
  issuer: z.string().trim().max(400),
  clientId: z.string().trim().max(400),
  /** Separated by spaces; openid is among them. */
  scopes: z
    .string()
    .trim()
    .max(400)
    .regex(/^(?:\S+ )*openid(?: \S+)*$/, 'scopes separated by single spaces, openid among them'),
  emailClaim: attribute,
  nameClaim: attribute,
  /** Claim with a text or a list of texts; dots walk into objects: `realm_access.roles`. */
  rolesClaim: attribute,
  /** Only people whose e-mail address the provider has verified (`email_verified`). */
  verifiedEmailOnly: z.boolean(),
  /** Make an account at the first sign-in. */
  createAccounts: z.boolean(),
  /** A first sign-in may take over an account that has the same e-mail address. */
  linkByEmail: z.boolean(),
  /** PEM of a CA of your own; null: those that the system knows. */
  caCertificate: z.string().max(100_000).nullable(),
};
const ldapFields = {
  enabled: z.boolean(),
  label,
  /** ldaps://host:636, or ldap://host:389 with StartTLS. */
  url: z.string().trim().max(400),
  /** For ldap://: on. Off sends passwords in clear, and is refused but for loopback addresses. */
  startTls: z.boolean(),
  /** The login that searches; empty: anonymous. */
  bindDn: z.string().trim().max(1000),
  /** Where people are searched. */
  baseDn: z.string().trim().max(1000),
  /** Attribute that must be what was typed as e-mail address: mail, userPrincipalName, uid. */
  loginAttribute: attribute,
  /** A further condition, as an LDAP filter: (objectClass=person). */
  userFilter: z.string().trim().max(1000),
  emailAttribute: attribute,
  nameAttribute: attribute,
  /** Attribute of a person that lists the groups: memberOf. Empty: groups are searched instead. */
  memberOfAttribute: z.string().trim().max(100),
  /**
   * Follow groups within groups, by the matching rule that Active Directory and Samba have (1.2.840.113556.1.4.1941): asks for each
   * group that the mapping names by DN, 50 at most.
   */
  nestedGroups: z.boolean(),
  /** Where groups are searched whose member is the person; their DN and their cn are what a mapping may name. */
  groupBaseDn: z.string().trim().max(1000),
  groupMemberAttribute: attribute,
  createAccounts: z.boolean(),
  linkByEmail: z.boolean(),
  caCertificate: z.string().max(100_000).nullable(),
};

/** `GET /instance/sign-in`. */
export const signInSettings = z.object({
  /** Whether people sign in by a password that this server keeps. Off: administrators get in by `leafward admin user sign-in-link`. */
  passwords: z.boolean(),
  oidc: z.object({ ...oidcFields, clientSecretSet: z.boolean() }),
  ldap: z.object({ ...ldapFields, bindPasswordSet: z.boolean() }),
  /** Which value means which roles. At each sign-in by a provider the roles in groups named here become what this says. */
  mapping: z.array(roleMapping),
  /** To enter at the provider; made of publicUrl. */
  redirectUri: z.string(),
});
/** `PATCH`: what is left out stays, in oidc and ldap too; `mapping` is replaced as a whole. Null removes a secret. */
export const changeSignInSettings = z
  .strictObject({
    passwords: z.boolean(),
    oidc: z.strictObject({ ...oidcFields, clientSecret: z.string().min(1).max(1000).nullable() }).partial(),
    ldap: z.strictObject({ ...ldapFields, bindPassword: z.string().min(1).max(1000).nullable() }).partial(),
    mapping: z.array(roleMapping).max(500),
  })
  .partial();
/** `POST /instance/sign-in/test`: asks provider or directory with what is stored. */
export const signInTestRequest = z.object({ provider: z.enum(['oidc', 'ldap']) });
export const signInTestAnswer = z.object({ ok: z.boolean(), message: z.string() });

export type SignInProvider = z.infer<typeof signInProvider>;
export type SignInProblem = z.infer<typeof signInProblem>;
export type RoleMapping = z.infer<typeof roleMapping>;
export type SignInSettings = z.infer<typeof signInSettings>;
export type ChangeSignInSettings = z.infer<typeof changeSignInSettings>;
