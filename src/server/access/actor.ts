import { AppError } from '../../runtime/errors.ts';
import type { Permission, Role } from '../../wire/api/access.ts';
import type { AgentKeyRecord, ApiTokenRecord, GroupRecord } from '../ports.ts';
import { permissionsOf } from './permissions.ts';
import type { SessionRecord, UserRecord } from './ports.ts';

/** Who sent a request, once proven. */
export type Actor =
  | {
      readonly kind: 'user';
      readonly user: UserRecord;
      readonly session: SessionRecord;
      readonly csrf: string;
      readonly roles: ReadonlyMap<string, readonly Role[]>;
    }
  | {
      readonly kind: 'token';
      readonly token: ApiTokenRecord;
      /** What it may do now: never more than who made it. */
      readonly permissions: readonly Permission[];
    }
  | { readonly kind: 'agent'; readonly key: AgentKeyRecord; readonly group: GroupRecord };

export type UserActor = Extract<Actor, { kind: 'user' }>;
export type AgentActor = Extract<Actor, { kind: 'agent' }>;

/** How acknowledgements name the actor. */
export function actorName(actor: Actor | null): string {
  if (actor === null) return 'nobody';
  if (actor.kind === 'user') return actor.user.email;
  return actor.kind === 'token' ? `API token ${actor.token.name}` : `agent key ${actor.key.name}`;
}

/** The actor's roles in a group, or undefined when it has none there. */
export function rolesIn(actor: Actor, groupId: string): readonly Role[] | undefined {
  if (actor.kind === 'user') return actor.roles.get(groupId);
  if (actor.kind === 'token') return actor.token.groupId === groupId ? actor.token.roles : undefined;
  return undefined;
}

/** What the actor may do in a group, or undefined when the group is not theirs. */
export function permissionsIn(actor: Actor, groupId: string): readonly Permission[] | undefined {
  const roles = rolesIn(actor, groupId);
  if (roles === undefined) return undefined;
  return actor.kind === 'token' ? actor.permissions : permissionsOf(roles);
}

export function userActor(actor: Actor | null): UserActor {
  if (actor?.kind === 'user') return actor;
  throw new AppError('FORBIDDEN', 'this is for people who are signed in on a page, not for API tokens', {
    hint: 'Sign in on a page to do it.',
  });
}

export function agentActor(actor: Actor | null): AgentActor {
  if (actor?.kind !== 'agent') throw new AppError('KEY_REFUSED', 'this is for agents');
  return actor;
}

/**
 * A token that ends or is bound to addresses would outlive itself by what it hands out: other tokens, members.
 * @throws FORBIDDEN
 */
export function requireUnlimited(actor: Actor | null): void {
  if (actor?.kind !== 'token') return;
  if (actor.token.expiresAtMs === null && actor.token.addresses.length === 0) return;
  throw new AppError('FORBIDDEN', 'an API token that expires or is bound to addresses makes no tokens and no members', {
    hint: 'Do it on a page, signed in.',
  });
}

/** The person behind a request: what a token makes is of who made the token, and stops with them too. */
export function makerBehind(actor: Actor | null): string | null {
  if (actor?.kind === 'user') return actor.user.id;
  return actor?.kind === 'token' ? actor.token.madeBy : null;
}
