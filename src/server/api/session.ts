import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import {
  secondFactorRequest,
  sessionAnswer,
  setupRequest,
  setupState,
  signInAnswer,
  signInLinkRequest,
  signInRequest,
} from '../../wire/api/access.ts';
import type { Access } from '../access/access.ts';
import { addFirstOwner } from '../access/accounts.ts';
import { userActor } from '../access/actor.ts';
import { checkSameOrigin } from '../access/authenticate.ts';
import { finishSignIn, openSession } from '../access/open-session.ts';
import { finishChallenge } from '../access/second-step.ts';
import { hashSecret } from '../access/secret-token.ts';
import { answerOf } from '../access/session-answer.ts';
import { clearSessionCookie } from '../access/session-cookie.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';
import { checkForm } from '../sign-in/form-sign-in.ts';

/** Sign-in in one or two steps, sign-out, one-time links and the first set-up. */
export function sessionRoutes(app: ServerApp, access: Access): void {
  const { context, sessions } = access;
  app.route({
    method: 'GET',
    url: '/session',
    config: { access: 'user', beforeSecondFactor: true },
    schema: { response: { 200: sessionAnswer } },
    handler: (request) => answerOf(access, userActor(request.actor)),
  });
  app.route({
    method: 'POST',
    url: '/session',
    config: { access: 'public' },
    schema: { body: signInRequest, response: { 200: signInAnswer } },
    handler: async (request, reply) => {
      checkSameOrigin(request, context.address);
      const { user, method } = await checkForm(access, request, request.body);
      return finishSignIn(access, request, reply, user, method);
    },
  });
  app.route({
    method: 'POST',
    url: '/session/second-factor',
    config: { access: 'public' },
    schema: { body: secondFactorRequest, response: { 200: sessionAnswer } },
    handler: async (request, reply) => {
      checkSameOrigin(request, context.address);
      return finishChallenge(access, request, reply, request.body);
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
      return openSession(access, request, reply, link.userId, 'link');
    },
  });
  app.route({
    method: 'DELETE',
    url: '/session',
    config: { access: 'user', beforeSecondFactor: true },
    schema: { response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { session } = userActor(request.actor);
      await sessions.close(session.hash);
      context.hub.endWhere(({ key }) => key === session.id);
      await audit(context, request, { action: 'session.closed' });
      return clearSessionCookie(context.address, request, reply).code(204).send(null);
    },
  });
  setupRoutes(app, access);
}

function setupRoutes(app: ServerApp, access: Access): void {
  const { context } = access;
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
      return openSession(access, request, reply, user.id, 'password');
    },
  });
}

function linkGone(): AppError {
  return new AppError('LINK_EXPIRED', 'this link was used already or has expired', {
    hint: 'Make a new one on the server: leafward admin setup-link --data-dir DIR.',
  });
}
