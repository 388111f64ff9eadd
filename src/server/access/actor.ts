import { AppError } from '../../runtime/errors.ts';
import type { Role } from '../../wire/api/access.ts';
import type { AgentKeyRecord, ApiTokenRecord, GroupRecord, UserRecord } from '../ports.ts';

/** Who sent a request, once proven. */
export type Actor =
  | {
      readonly kind: 'user';
      readonly user: UserRecord;
      readonly sessionHash: Uint8Array;
      readonly csrf: string;
      readonly roles: ReadonlyMap<string, readonly Role[]>;
    }
  | { readonly kind: 'token'; readonly token: ApiTokenRecord }
  | { readonly kind: 'agent'; readonly key: AgentKeyRecord; readonly group: GroupRecord };

export type UserActor = Extract<Actor, { kind: 'user' }>;
export type AgentActor = Extract<Actor, { kind: 'agent' }>;

/** How the audit trail and acknowledgements name the actor. */
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

export function userActor(actor: Actor | null): UserActor {
  if (actor?.kind !== 'user') throw new AppError('SIGN_IN_REQUIRED', 'this is for people who are signed in on a page');
  return actor;
}

export function agentActor(actor: Actor | null): AgentActor {
  if (actor?.kind !== 'agent') throw new AppError('KEY_REFUSED', 'this is for agents');
  return actor;
}
