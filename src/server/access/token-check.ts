import { AppError } from '../../runtime/errors.ts';
import type { ApiToken, Permission } from '../../wire/api/access.ts';
import type { ApiTokenRecord, GroupStore } from '../ports.ts';
import type { Actor } from './actor.ts';
import { isInAddresses } from './address-list.ts';
import { permissionsOf } from './permissions.ts';
import type { AccountStore } from './ports.ts';

/** A week before its end a token is spoken of. */
const warnMs = 7 * 86_400_000;

interface Parts {
  readonly accounts: AccountStore;
  readonly groups: GroupStore;
}

/** Who made a token, as they stand now. Null: `leafward admin`. */
export interface TokenMaker {
  readonly email: string;
  readonly disabled: boolean;
  readonly permissions: readonly Permission[];
}

/**
 * What a token may do: what its roles may, but never more than who made it may in the group now. Somebody who is taken
 * out of a group or disabled, or loses a role, takes that away from the tokens that they made, at once.
 */
export async function permissionsOfToken(parts: Parts, token: ApiTokenRecord): Promise<readonly Permission[]> {
  const own = permissionsOf(token.roles);
  const maker = await makerOf(parts, token);
  return maker === null ? own : own.filter((permission) => maker.permissions.includes(permission));
}

export async function makerOf(
  { accounts, groups }: Parts,
  { madeBy, groupId }: Pick<ApiTokenRecord, 'madeBy' | 'groupId'>,
): Promise<TokenMaker | null> {
  if (madeBy === null) return null;
  const user = await accounts.user(madeBy);
  if (user === undefined) return { email: 'an account that is gone', disabled: true, permissions: [] };
  const roles = (await groups.rolesOf(madeBy)).find((one) => one.groupId === groupId)?.roles ?? [];
  return { email: user.email, disabled: user.disabled, permissions: user.disabled ? [] : permissionsOf(roles) };
}

/** @throws TOKEN_EXPIRED, TOKEN_REFUSED: it is the right secret, but not now or not from there */
export function checkToken(
  token: ApiTokenRecord,
  permissions: readonly Permission[],
  address: string,
  nowMs: number,
): void {
  const { name, expiresAtMs, addresses } = token;
  if (expiresAtMs !== null && expiresAtMs <= nowMs) {
    throw new AppError('TOKEN_EXPIRED', `the API token "${name}" expired at ${new Date(expiresAtMs).toISOString()}`);
  }
  if (addresses.length > 0 && !isInAddresses(addresses, address)) {
    const from = address === '' ? 'a local socket' : address;
    throw new AppError('TOKEN_REFUSED', `the API token "${name}" may not be used from ${from}`, {
      hint: `It is for ${addresses.join(', ')}. Behind a proxy, the server must trust it (trustProxy) to know the address.`,
    });
  }
  if (permissions.length === 0) {
    throw new AppError('TOKEN_REFUSED', `the API token "${name}" has stopped: who made it is no longer in the group`);
  }
}

/** The word for a list of tokens. */
export function tokenState(
  token: ApiTokenRecord,
  permissions: readonly Permission[],
  nowMs: number,
): ApiToken['state'] {
  const { revokedAtMs, expiresAtMs, roles } = token;
  if (revokedAtMs !== null) return 'revoked';
  if (expiresAtMs !== null && expiresAtMs <= nowMs) return 'expired';
  if (permissions.length < permissionsOf(roles).length) return 'stopped';
  return expiresAtMs !== null && expiresAtMs - nowMs < warnMs ? 'expiring' : 'active';
}

/** When the token of a request expires, in its last week; else null. */
export function expiringSoon(actor: Actor | null, nowMs: number): number | null {
  if (actor?.kind !== 'token') return null;
  const { expiresAtMs } = actor.token;
  return expiresAtMs !== null && expiresAtMs - nowMs < warnMs ? expiresAtMs : null;
}
