import '@fastify/cookie';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Permission } from '../../wire/api/access.ts';
import type { Actor } from '../access/actor.ts';

/**
 * Who may call a route. Every route must say so, or the server does not start:
 * public; user: anybody who is signed in, or a token; administrator: may change the server itself; agent: an agent's
 * key; a permission: those whose roles in the group of the path hold it (access/permissions.ts).
 */
export type Access = 'public' | 'user' | 'administrator' | 'agent' | Permission;

export interface ListedRoute {
  readonly method: string;
  readonly url: string;
  readonly access: Access;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
    /** May be called by who still lacks a second factor that the server asks for. */
    beforeSecondFactor?: boolean;
    /** Paths that hold a secret are left out of logs. */
    quiet?: boolean;
    /** Answers that are no JSON, for the description of the API: content type → what it holds. */
    answers?: Readonly<Record<string, string>>;
    /** Where a browser is sent (302), for the description of the API. */
    redirects?: string;
  }
  interface FastifyInstance {
    /** Every route and who may call it, as it was registered; whole once the server is ready. */
    routeList: readonly ListedRoute[];
  }
  interface FastifyRequest {
    /** Who asks; set before the handler of every route that is not public. */
    actor: Actor | null;
  }
}

/** The fastify instance with zod schemas as types. */
export type ServerApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>;
