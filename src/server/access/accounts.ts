import { defaultRetention } from '../../model/resolution.ts';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { KeyScope, Role } from '../../wire/api/access.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit, byAdminCli } from '../audit.ts';
import { newId } from '../new-id.ts';
import type { AgentKeyRecord, ApiTokenRecord, GroupRecord, Stores } from '../ports.ts';
import { hashPassword } from './password-hash.ts';
import type { LinkPurpose, UserRecord } from './ports.ts';
import { hashSecret, newSecret, newToken } from './secret-token.ts';

interface Parts {
  readonly stores: Stores;
  readonly clock: Clock;
}

const linkMs: Readonly<Record<LinkPurpose, number>> = { setup: 3_600_000, 'sign-in': 600_000, password: 3_600_000 };

export function newGroup(name: string, nowMs: number): GroupRecord {
  return {
    id: newId('g'),
    name,
    createdAtMs: nowMs,
    intervalMs: 10_000,
    collectDatabases: true,
    collectCollections: true,
    retention: defaultRetention,
    diskBudgetBytes: 50 * 2 ** 30,
    secondFactorRequired: false,
  };
}

/** E-mail addresses are compared in lower case, as everybody means them. */
export function plainEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** An account as it begins; `passwordHash` empty: it signs in by a provider alone. */
export function newUser(
  clock: Clock,
  {
    email,
    name = '',
    passwordHash = '',
    administrator = false,
    emailProven = true,
  }: Partial<UserRecord> & { readonly email: string },
): UserRecord {
  return {
    id: newId('u'),
    email: plainEmail(email),
    name: name.trim(),
    emailProven,
    passwordHash,
    administrator,
    disabled: false,
    createdAtMs: clock.now(),
    lastSeenAtMs: null,
    secondFactor: null,
  };
}

/** Makes the first account and its group; `ip` null: by `leafward admin`. @throws CONFLICT when there is an account already. */
export async function addFirstOwner(
  parts: Parts,
  input: { readonly email: string; readonly password: string; readonly groupName: string },
  ip: string | null = null,
): Promise<{ user: UserRecord; group: GroupRecord }> {
  const { stores, clock } = parts;
  const passwordHash = await hashPassword(input.password);
  const user = newUser(clock, { email: input.email, passwordHash, administrator: true });
  const group = newGroup(input.groupName.trim(), clock.now());
  if (!(await stores.accounts.addFirstOwner(user, group))) {
    throw new AppError('CONFLICT', 'this server is set up already', {
      hint: 'Sign in with the account that was made then.',
    });
  }
  const actor = { kind: 'user', id: user.id, name: user.email } as const;
  const source = { ip, actor: ip === null ? byAdminCli.actor : actor };
  await audit(parts, source, { action: 'server.setUp', groupId: group.id, subject: userSubject(user) });
  return { user, group };
}

/** A link's token; only its hash is kept. One use. */
export async function addLink(
  { stores, clock }: Parts,
  purpose: LinkPurpose,
  userId: string | null,
): Promise<{ token: string; expiresAtMs: number }> {
  const token = newToken();
  const expiresAtMs = clock.now() + linkMs[purpose];
  await stores.accounts.addLink({ hash: hashSecret(token), purpose, userId, expiresAtMs });
  return { token, expiresAtMs };
}

export async function addAgentKey(
  { stores, clock }: Parts,
  groupId: string,
  name: string,
  scope: KeyScope,
): Promise<{ key: AgentKeyRecord; secret: string }> {
  const { id, secret, hash } = newSecret('lfw');
  const key = {
    id,
    groupId,
    name,
    hash,
    scope,
    sealed: false,
    createdAtMs: clock.now(),
    lastUsedAtMs: null,
    revokedAtMs: null,
  };
  await stores.keys.addAgentKey(key);
  return { key, secret };
}

interface TokenLimits {
  readonly expiresAtMs: number | null;
  readonly addresses: readonly string[];
  readonly madeBy: string | null;
}

export async function addApiToken(
  { stores, clock }: Parts,
  groupId: string,
  name: string,
  roles: readonly Role[],
  limits: TokenLimits = { expiresAtMs: null, addresses: [], madeBy: null },
): Promise<{ token: ApiTokenRecord; secret: string }> {
  const { id, secret, hash } = newSecret('lft');
  const token = {
    id,
    groupId,
    name,
    hash,
    roles,
    ...limits,
    createdAtMs: clock.now(),
    lastUsedAtMs: null,
    lastUsedAddress: null,
    revokedAtMs: null,
  };
  await stores.keys.addApiToken(token);
  return { token, secret };
}
