import type { FastifyRequest } from 'fastify';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { Permission } from '../../wire/api/access.ts';
import { agentHeaders } from '../../wire/protocol.ts';
import type { Access } from '../http/server-app.ts';
import { ifRoom } from '../if-room.ts';
import type { GroupStore, KeyStore } from '../ports.ts';
import type { ServerAddress } from '../server-address.ts';
import { type Actor, type AgentActor, rolesIn } from './actor.ts';
import { permissionsOf, rolesWith } from './permissions.ts';
import { hashSecret, sameHash, secretId } from './secret-token.ts';
import { type Sessions, sessionCookie } from './sessions.ts';

interface AuthenticatorParts {
  readonly keys: KeyStore;
  readonly groups: GroupStore;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly address: ServerAddress;
}

const touchEveryMs = 60_000;

/** Proves who sends a request and whether they may. */
export class Authenticator {
  readonly #parts: AuthenticatorParts;
  readonly #touched = new Map<string, number>();

  constructor(parts: AuthenticatorParts) {
    this.#parts = parts;
  }

  /** @throws SIGN_IN_REQUIRED, KEY_REFUSED, FORBIDDEN, or NOT_FOUND for a group that is not theirs. */
  async admit(request: FastifyRequest, access: Access): Promise<Actor | null> {
    if (access === 'public') return null;
    if (access === 'agent') return this.#agent(request);
    const actor = await this.#person(request);
    if (access === 'administrator') {
      if (actor.kind === 'user' && actor.user.administrator) return actor;
      throw new AppError('FORBIDDEN', 'only the administrator of this server may do that');
    }
    if (access !== 'user') requirePermission(actor, access, groupIdOf(request));
    return actor;
  }

  async #person(request: FastifyRequest): Promise<Actor> {
    const bearer = bearerOf(request);
    if (bearer !== undefined) return this.#token(bearer, request.ip);
    const cookie = request.cookies[sessionCookie];
    const actor = cookie === undefined ? undefined : await this.#parts.sessions.actor(cookie);
    if (actor === undefined) throw new AppError('SIGN_IN_REQUIRED', 'nobody is signed in');
    if (request.method !== 'GET' && request.method !== 'HEAD') this.#checkOrigin(request, actor.csrf);
    return actor;
  }

  async #token(secret: string, address: string): Promise<Actor> {
    const id = secretId('lft', secret);
    const token = id === undefined ? undefined : await this.#parts.keys.apiToken(id);
    if (token === undefined || !sameHash(token.hash, hashSecret(secret)) || token.revokedAtMs !== null) {
      throw new AppError('SIGN_IN_REQUIRED', 'this API token is wrong or was revoked', {
        hint: 'Make a new API token under Settings > Keys.',
      });
    }
    const now = this.#touch(token.id);
    if (now !== undefined) await ifRoom(this.#parts.keys.touchApiToken(token.id, now, address));
    return { kind: 'token', token };
  }

  async #agent(request: FastifyRequest): Promise<AgentActor> {
    const secret = bearerOf(request) ?? '';
    const id = secretId('lfw', secret);
    const key = id === undefined ? undefined : await this.#parts.keys.agentKey(id);
    if (key === undefined || !sameHash(key.hash, hashSecret(secret))) {
      throw new AppError('KEY_REFUSED', 'this server does not know the apiKey');
    }
    if (key.revokedAtMs !== null) throw new AppError('KEY_REFUSED', `the agent key "${key.name}" was revoked`);
    if (request.headers[agentHeaders.group] !== key.groupId) {
      throw new AppError('KEY_REFUSED', 'the apiKey belongs to another group than groupId names', {
        hint: 'Copy groupId and apiKey from the same group: Settings > Agent keys.',
      });
    }
    const group = await this.#parts.groups.group(key.groupId);
    if (group === undefined) throw new AppError('KEY_REFUSED', 'the group of this apiKey is gone');
    const now = this.#touch(key.id);
    if (now !== undefined) await ifRoom(this.#parts.keys.touchAgentKey(key.id, now));
    return { kind: 'agent', key, group };
  }

  /** The time, when the last use should be written down (at most once a minute). */
  #touch(id: string): number | undefined {
    const now = this.#parts.clock.now();
    if (now - (this.#touched.get(id) ?? 0) < touchEveryMs) return undefined;
    this.#touched.set(id, now);
    return now;
  }

  #checkOrigin(request: FastifyRequest, csrf: string): void {
    const sent = request.headers['leafward-csrf'];
    if (typeof sent !== 'string' || !sameHash(hashSecret(sent), hashSecret(csrf))) {
      throw new AppError('FORBIDDEN', "the request does not carry the page's token (header leafward-csrf)", {
        hint: 'Load the page again.',
      });
    }
    checkSameOrigin(request, this.#parts.address);
  }
}

/** A browser says which site a request comes from: another one is refused. @throws FORBIDDEN */
export function checkSameOrigin(request: FastifyRequest, address: ServerAddress): void {
  const { origin, host } = request.headers;
  if (origin === undefined) return;
  const from = URL.parse(origin)?.host;
  if (from !== undefined && (from === host || from === URL.parse(address.publicUrl())?.host)) return;
  throw new AppError('FORBIDDEN', 'the request comes from another site', {
    hint: 'Open the server under the address that is set as publicUrl.',
  });
}

function requirePermission(actor: Actor, needed: Permission, groupId: string): void {
  const roles = rolesIn(actor, groupId);
  if (roles === undefined) throw new AppError('NOT_FOUND', 'there is no such group');
  if (permissionsOf(roles).includes(needed)) return;
  const message = `this needs the permission ${needed}, which the role ${rolesWith(needed)} has; yours: ${roles.join(', ')}`;
  throw new AppError('FORBIDDEN', message, { details: { permission: needed } });
}

function groupIdOf(request: FastifyRequest): string {
  const params: unknown = request.params;
  if (typeof params === 'object' && params !== null && 'groupId' in params && typeof params.groupId === 'string') {
    return params.groupId;
  }
  throw new AppError('INTERNAL', `the route ${request.routeOptions.url} asks for a role but names no group`);
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
