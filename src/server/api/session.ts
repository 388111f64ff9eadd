import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { buildInfo } from '../../runtime/build-info.ts';
import { AppError } from '../../runtime/errors.ts';
import {
  type SessionAnswer,
  sessionAnswer,
  setupRequest,
  setupState,
  signInLinkRequest,
  signInRequest,
} from '../../wire/api/access.ts';
import { addFirstOwner } from '../access/accounts.ts';
import { type UserActor, userActor } from '../access/actor.ts';
import type { Attempts } from '../access/attempts.ts';
import { checkSameOrigin } from '../access/authenticate.ts';
import { verifyPassword, wasteVerification } from '../access/password-hash.ts';
import { permissionsOf } from '../access/permissions.ts';
import { hashSecret } from '../access/secret-token.ts';
import { type Sessions, sessionCookie, sessionMs } from '../access/sessions.ts';
import { audit } from '../audit.ts';
import type { ServerContext } from '../context.ts';
import type { ServerApp } from '../http/server-app.ts';
import { addressWarnings } from '../server-address.ts';

interface SessionParts {
  readonly context: ServerContext;
  readonly sessions: Sessions;
  readonly attempts: Attempts;
}

/** Sign-in, sign-out, one-time links and the first set-up. */
export function sessionRoutes(app: ServerApp, parts: SessionParts): void {
  const { context, sessions } = parts;
  app.route({
    method: 'GET',
    url: '/session',
    config: { access: 'user' },
    schema: { response: { 200: sessionAnswer } },
    handler: (request) => answerOf(context, userActor(request.actor)),
  });
  app.route({
    method: 'POST',
    url: '/session',
    config: { access: 'public' },
    schema: { body: signInRequest, response: { 200: sessionAnswer } },
    handler: async (request, reply) => {
      checkSameOrigin(request, context.address);
      const userId = await checkPassword(parts, request, request.body);
      return signIn(parts, request, reply, userId);
    },
  });
  app.route({
    method: 'POST',
    url: '/session/link',
    config: { access: 'public' },
    schema: { body: signInLinkRequest, response: { 200: sessionAnswer } },
    handler: async (request, reply) => {
      checkSameOrigin(request, context.address);
      const link = await context.stores.accounts.takeLink(hashSecret(request.body.token), 'sign-in');
      if (link === undefined || link.userId === null || link.expiresAtMs < context.clock.now()) throw linkGone();
      return signIn(parts, request, reply, link.userId);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/session',
    config: { access: 'user' },
    schema: { response: { 204: z.null() } },
    handler: async (request, reply) => {
      await sessions.close(userActor(request.actor).sessionHash);
      return reply.clearCookie(sessionCookie, { path: '/' }).code(204).send(null);
    },
  });
  setupRoutes(app, parts);
}

function setupRoutes(app: ServerApp, parts: SessionParts): void {
  const { context } = parts;
  const { accounts } = context.stores;
  app.route({
    method: 'GET',
    url: '/setup',
    config: { access: 'public', quiet: true },
    schema: { querystring: z.object({ token: z.string().max(200) }), response: { 200: setupState } },
    handler: async (request) => {
      const link = await accounts.link(hashSecret(request.query.token), 'setup');
      const valid = link !== undefined && link.expiresAtMs > context.clock.now() && (await accounts.countUsers()) === 0;
      return valid ? { valid, expiresAtMs: link.expiresAtMs } : { valid };
    },
  });
  app.route({
    method: 'POST',
    url: '/setup',
    config: { access: 'public' },
    schema: { body: setupRequest, response: { 200: sessionAnswer } },
    handler: async (request, reply) => {
      checkSameOrigin(request, context.address);
      const link = await accounts.link(hashSecret(request.body.token), 'setup');
      if (link === undefined || link.expiresAtMs < context.clock.now()) throw linkGone();
      const { user } = await addFirstOwner(context, request.body, request.ip);
      await accounts.takeLink(link.hash, 'setup');
      await context.address.setPublicUrl(request.body.publicUrl);
      return signIn(parts, request, reply, user.id);
    },
  });
}

function linkGone(): AppError {
  return new AppError('LINK_EXPIRED', 'this link was used already or has expired', {
    hint: 'Make a new one on the server: leafward admin setup-link --data-dir DIR.',
  });
}

async function checkPassword(
  { context, attempts }: SessionParts,
  request: FastifyRequest,
  input: { readonly email: string; readonly password: string },
): Promise<string> {
  const email = input.email.trim().toLowerCase();
  const keys = [`account ${email}`, `address ${request.ip}`];
  attempts.check(keys);
  // Counted before the slow comparison, so that many guesses at once do not all slip through.
  attempts.failed(keys);
  const user = await context.stores.accounts.userByEmail(email);
  const right =
    user === undefined
      ? await wasteVerification(input.password)
      : await verifyPassword(input.password, user.passwordHash);
  if (user === undefined || right !== true) {
    await audit(context, email.slice(0, 100), null, 'sign-in refused', `from ${request.ip}`);
    throw new AppError('SIGN_IN_REFUSED', 'the e-mail address or the password is wrong');
  }
  for (const key of keys) attempts.succeeded(key);
  return user.id;
}

async function signIn(
  { context, sessions }: SessionParts,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
): Promise<SessionAnswer> {
  const token = await sessions.open(userId);
  const actor = await sessions.actor(token);
  if (actor === undefined) throw new AppError('SIGN_IN_REFUSED', 'this account is gone');
  void reply.setCookie(sessionCookie, token, {
    path: '/',
    httpOnly: true,
    sameSite: 'lax',
    secure: isEncrypted(context, request),
    maxAge: sessionMs / 1000,
  });
  return answerOf(context, actor);
}

/** Over TLS, of this server or of a proxy that publicUrl names. An administrator on the plain loopback port signs in too. */
function isEncrypted({ address }: ServerContext, { protocol, host }: FastifyRequest): boolean {
  const publicUrl = URL.parse(address.publicUrl());
  return protocol === 'https' || (publicUrl?.protocol === 'https:' && publicUrl.host === host);
}

async function answerOf(context: ServerContext, actor: UserActor): Promise<SessionAnswer> {
  const groups = await context.stores.groups.groups();
  return {
    user: {
      id: actor.user.id,
      email: actor.user.email,
      name: '',
      administrator: actor.user.administrator,
      recoveryCodesLeft: null,
    },
    groups: groups.flatMap(({ id, name }) => {
      const roles = actor.roles.get(id);
      if (roles === undefined) return [];
      return [{ id, name, roles: [...roles], permissions: [...permissionsOf(roles)], secondFactorMissing: false }];
    }),
    secondFactorMissing: false,
    csrf: actor.csrf,
    serverVersion: buildInfo.version,
    warnings: addressWarnings(context.address),
  };
}
