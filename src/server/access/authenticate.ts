import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import { keepNewest } from '../../runtime/keep-newest.ts';
import type { Permission } from '../../wire/api/access.ts';
import { agentHeaders } from '../../wire/protocol.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { Access } from '../http/server-app.ts';
import { ifRoom } from '../if-room.ts';
import type { ApiTokenRecord } from '../ports.ts';
import type { ServerAddress } from '../server-address.ts';
import { type Actor, type AgentActor, permissionsIn, rolesIn } from './actor.ts';
import { isPermission, rolesWith } from './permissions.ts';
import { requireSecondFactor } from './second-factor-gate.ts';
import { hashSecret, sameHash, secretId } from './secret-token.ts';
import { sessionTokenOf } from './session-cookie.ts';
import type { Sessions } from './sessions.ts';
import { checkToken, permissionsOfToken } from './token-check.ts';

const touchEveryMs = 60_000;
const touchedBound = 10_000;

/** Proves who sends a request and whether they may. */
export class Authenticator {
  readonly #context: ServerContext;
  readonly #sessions: Sessions;
  readonly #touched = new Map<string, number>();
  readonly #refused = new Map<string, number>();

  constructor(context: ServerContext, sessions: Sessions) {
    this.#context = context;
    this.#sessions = sessions;
  }

  /** @throws SIGN_IN_REQUIRED, KEY_REFUSED, FORBIDDEN, SECOND_FACTOR_REQUIRED, or NOT_FOUND for a group that is not theirs. */
  async admit(request: FastifyRequest, access: Access): Promise<Actor | null> {
    if (access === 'public') return null;
    if (access === 'agent') return this.#agent(request);
    const actor = await this.#person(request);
    const groupId = isPermission(access) ? groupIdOf(request) : undefined;
    if (groupId !== undefined && isPermission(access)) requirePermission(actor, access, groupId);
    if (actor.kind === 'user') await requireSecondFactor(this.#context, request, actor, groupId);
    if (access === 'administrator' && !(actor.kind === 'user' && actor.user.administrator)) {
      throw new AppError('FORBIDDEN', 'only administrators of this server may do that', {
        hint: 'Ask one of them; "leafward admin user list" on the server names them.',
      });
    }
    return actor;
  }

  async #person(request: FastifyRequest): Promise<Actor> {
    const bearer = bearerOf(request);
    if (bearer !== undefined) return this.#token(bearer, request);
    const cookie = sessionTokenOf(this.#context.address, request);
    const actor = cookie === undefined ? undefined : await this.#sessions.actor(cookie, request.ip);
    if (actor === undefined) throw new AppError('SIGN_IN_REQUIRED', 'nobody is signed in');
    if (request.method !== 'GET' && request.method !== 'HEAD') this.#checkOrigin(request, actor.csrf);
    return actor;
  }

  async #token(secret: string, request: FastifyRequest): Promise<Actor> {
    const { stores, clock } = this.#context;
    const id = secretId('lft', secret);
    const token = id === undefined ? undefined : await stores.keys.apiToken(id);
    if (token === undefined || !sameHash(token.hash, hashSecret(secret)) || token.revokedAtMs !== null) {
      throw new AppError('SIGN_IN_REQUIRED', 'this API token is wrong or was revoked', {
        hint: 'Make a new API token under Settings > Tokens.',
      });
    }
    const address = request.ip || '';
    const permissions = await permissionsOfToken(stores, token);
    try {
      checkToken(token, permissions, address, clock.now());
    } catch (thrown) {
      await this.#noteRefusal(token, address, thrown instanceof Error ? thrown.message : '');
      throw thrown;
    }
    const now = this.#due(this.#touched, token.id);
    if (now !== undefined) await ifRoom(stores.keys.touchApiToken(token.id, now, address));
    return { kind: 'token', token, permissions };
  }

  /** Into the audit log once a minute: a script that goes on trying does not fill it. */
  async #noteRefusal(token: ApiTokenRecord, ip: string, reason: string): Promise<void> {
    if (this.#due(this.#refused, `${token.id} ${ip}`) === undefined) return;
    const actor = { kind: 'token', id: token.id, name: token.name } as const;
    const entry = { action: 'apiToken.refused', groupId: token.groupId, detail: { reason } } as const;
    await ifRoom(audit(this.#context, { actor, ip }, entry));
  }

  async #agent(request: FastifyRequest): Promise<AgentActor> {
    const { keys, groups } = this.#context.stores;
    const secret = bearerOf(request) ?? '';
    const id = secretId('lfw', secret);
    const key = id === undefined ? undefined : await keys.agentKey(id);
    if (key === undefined || !sameHash(key.hash, hashSecret(secret))) {
      throw new AppError('KEY_REFUSED', 'this server does not know the apiKey');
    }
    if (key.revokedAtMs !== null) throw new AppError('KEY_REFUSED', `the agent key "${key.name}" was revoked`);
    if (request.headers[agentHeaders.group] !== key.groupId) {
      throw new AppError('KEY_REFUSED', 'the apiKey belongs to another group than groupId names', {
        hint: 'Copy groupId and apiKey from the same group: Settings > Agent keys.',
      });
    }
    const group = await groups.group(key.groupId);
    if (group === undefined) throw new AppError('KEY_REFUSED', 'the group of this apiKey is gone');
    const now = this.#due(this.#touched, key.id);
    if (now !== undefined) await ifRoom(keys.touchAgentKey(key.id, now));
    return { kind: 'agent', key, group };
  }

  /** The time, when something should be written down again (at most once a minute). */
  #due(last: Map<string, number>, key: string): number | undefined {
    const now = this.#context.clock.now();
    if (now - (last.get(key) ?? 0) < touchEveryMs) return undefined;
    last.delete(key);
    last.set(key, now);
    keepNewest(last, touchedBound);
    return now;
  }

  #checkOrigin(request: FastifyRequest, csrf: string): void {
    const sent = request.headers['leafward-csrf'];
    if (typeof sent !== 'string' || !sameHash(hashSecret(sent), hashSecret(csrf))) {
      throw new AppError('FORBIDDEN', "the request does not carry the page's token (header leafward-csrf)", {
        hint: 'Load the page again.',
      });
    }
    checkSameOrigin(request, this.#context.address);
  }
}

/** A browser says which site a request comes from: another one is refused. @throws FORBIDDEN */
export function checkSameOrigin(request: FastifyRequest, address: ServerAddress): void {
  const { origin, host } = request.headers;
  if (origin === undefined && request.headers['sec-fetch-site'] !== 'cross-site') return;
  const from = URL.parse(origin ?? '')?.host;
  if (from !== undefined && (from === host || from === URL.parse(address.publicUrl())?.host)) return;
  throw new AppError('FORBIDDEN', 'the request comes from another site', {
    hint: 'Open the server under the address that is set as publicUrl.',
  });
}

function requirePermission(actor: Actor, needed: Permission, groupId: string): void {
  const permissions = permissionsIn(actor, groupId);
  if (permissions === undefined) throw new AppError('NOT_FOUND', 'there is no such group');
  if (permissions.includes(needed)) return;
  const yours = rolesIn(actor, groupId)?.join(', ') ?? 'none';
  const message = `this needs the permission ${needed}, which the role ${rolesWith(needed)} has; yours: ${yours}`;
  throw new AppError('FORBIDDEN', message, { details: { permission: needed } });
}

function groupIdOf(request: FastifyRequest): string {
  const params: unknown = request.params;
  if (typeof params === 'object' && params !== null && 'groupId' in params && typeof params.groupId === 'string') {
    return params.groupId;
  }
  throw new AppError('INTERNAL', `the route ${request.routeOptions.url} asks for a permission but names no group`);
}

function bearerOf(request: FastifyRequest): string | undefined {
  return /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
