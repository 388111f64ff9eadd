import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import { sessionAnswer } from '../../wire/api/access.ts';
import {
  type Account,
  account,
  changeAccountRequest,
  changePasswordRequest,
  personSession,
  reauthenticateAnswer,
  reauthenticateRequest,
} from '../../wire/api/people.ts';
import type { Access } from '../access/access.ts';
import { type UserActor, userActor } from '../access/actor.ts';
import { confirmPassword } from '../access/confirm-password.ts';
import { openSession } from '../access/open-session.ts';
import { hashPassword } from '../access/password-hash.ts';
import { serverRequiresSecondFactor } from '../access/second-factor-gate.ts';
import { recentUntilMs } from '../access/sessions.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';

const beforeFactor = { access: 'user', beforeSecondFactor: true } as const;

/** The own account: name, password, sessions. */
export function accountRoutes(app: ServerApp, access: Access): void {
  const { context } = access;
  const { accounts } = context.stores;
  app.route({
    method: 'GET',
    url: '/account',
    config: beforeFactor,
    schema: { response: { 200: account } },
    handler: async (request) => viewOf(access, userActor(request.actor)),
  });
  app.route({
    method: 'PATCH',
    url: '/account',
    config: { access: 'user' },
    schema: { body: changeAccountRequest, response: { 200: account } },
    handler: async (request) => {
      const actor = userActor(request.actor);
      await accounts.setName(actor.user.id, request.body.name);
      await audit(context, request, { action: 'account.changed', detail: { fields: ['name'] } });
      return viewOf(access, { ...actor, user: { ...actor.user, name: request.body.name } });
    },
  });
  app.route({
    method: 'POST',
    url: '/account/password',
    config: beforeFactor,
    schema: { body: changePasswordRequest, response: { 200: sessionAnswer } },
    handler: async (request, reply) => {
      const actor = userActor(request.actor);
      const { user, session } = actor;
      await confirmPassword(access, request, actor, request.body.currentPassword);
      // Ends every session, this one too: the browser goes on under a new token.
      await accounts.setPassword(user.id, await hashPassword(request.body.newPassword));
      context.hub.endWhere(({ userId, key }) => userId === user.id && key !== session.id);
      await audit(context, request, { action: 'account.passwordChanged', subject: userSubject(user) });
      return openSession(access, request, reply, user.id, session.method);
    },
  });
  app.route({
    method: 'POST',
    url: '/account/reauthenticate',
    config: beforeFactor,
    schema: { body: reauthenticateRequest, response: { 200: reauthenticateAnswer } },
    handler: async (request) => {
      const actor = userActor(request.actor);
      const { session } = actor;
      await confirmPassword(access, request, actor, request.body.password);
      const authenticatedAtMs = context.clock.now();
      await accounts.setAuthenticated(session.hash, authenticatedAtMs);
      return { authenticatedUntilMs: recentUntilMs({ ...session, authenticatedAtMs }) };
    },
  });
  sessionListRoutes(app, access);
}

function sessionListRoutes(app: ServerApp, { context, sessions }: Access): void {
  const { accounts } = context.stores;
  const revoked = async (request: FastifyRequest, detail: Readonly<Record<string, string | number>>): Promise<void> => {
    await audit(context, request, { action: 'session.revoked', detail });
  };
  app.route({
    method: 'GET',
    url: '/account/sessions',
    config: { access: 'user' },
    schema: { response: { 200: z.array(personSession) } },
    handler: async (request) => {
      const { user, session } = userActor(request.actor);
      const now = context.clock.now();
      const all = await Promise.all(
        (await accounts.sessionsOf(user.id)).map(async (one) => ({ one, expiresAtMs: await sessions.endOf(one) })),
      );
      return all
        .filter(({ expiresAtMs }) => expiresAtMs >= now)
        .map(({ one: { id, address, browser, createdAtMs, lastSeenAtMs }, expiresAtMs }) => {
          return { id, current: id === session.id, address, browser, createdAtMs, lastSeenAtMs, expiresAtMs };
        });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/account/sessions/:sessionId',
    config: { access: 'user' },
    schema: { params: z.object({ sessionId: z.string() }), response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { user } = userActor(request.actor);
      const { sessionId } = request.params;
      if (!(await accounts.removeSessionOf(user.id, sessionId))) {
        throw new AppError('NOT_FOUND', 'you have no such session, or it has ended');
      }
      context.hub.endWhere(({ key }) => key === sessionId);
      await revoked(request, { session: sessionId });
      return reply.code(204).send(null);
    },
  });
  app.route({
    method: 'DELETE',
    url: '/account/sessions',
    config: { access: 'user' },
    schema: { response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { user, session } = userActor(request.actor);
      const count = await accounts.removeOtherSessions(user.id, session.hash);
      const mine = new Set((await accounts.sessionsOf(user.id)).map(({ id }) => id));
      context.hub.endWhere(({ userId, key }) => userId === user.id && !mine.has(key));
      await revoked(request, { others: count });
      return reply.code(204).send(null);
    },
  });
}

async function viewOf({ context, secondFactors }: Access, { user, session, roles }: UserActor): Promise<Account> {
  const groups = await context.stores.groups.groups();
  const byGroup = groups.some(({ id, secondFactorRequired }) => secondFactorRequired && roles.has(id));
  return {
    id: user.id,
    email: user.email,
    name: user.name,
    administrator: user.administrator,
    createdAtMs: user.createdAtMs,
    hasPassword: user.passwordHash !== '',
    secondFactor: {
      sinceMs: user.secondFactor?.sinceMs ?? null,
      recoveryCodesLeft: secondFactors.recoveryCodesLeft(user) ?? 0,
      required: byGroup || (await serverRequiresSecondFactor(context)),
    },
    authenticatedUntilMs: recentUntilMs(session),
  };
}
