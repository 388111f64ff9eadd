import { z } from 'zod';
import { AppError } from '../../runtime/errors.ts';
import {
  recoveryCodes,
  removeSecondFactorRequest,
  secondFactorCode,
  secondFactorSetup,
} from '../../wire/api/people.ts';
import type { Access } from '../access/access.ts';
import { userActor } from '../access/actor.ts';
import { confirmPassword, requireRecent } from '../access/confirm-password.ts';
import { serverRequiresSecondFactor } from '../access/second-factor-gate.ts';
import { base32, otpauthUrl } from '../access/totp.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';

const beforeFactor = { access: 'user', beforeSecondFactor: true } as const;

/** The second factor of the own account: shown, confirmed by a code, taken off; recovery codes. */
export function secondFactorRoutes(app: ServerApp, access: Access): void {
  const { context, secondFactors, guesses } = access;
  app.route({
    method: 'POST',
    url: '/account/second-factor',
    config: beforeFactor,
    schema: { response: { 200: secondFactorSetup } },
    handler: async (request) => {
      const actor = userActor(request.actor);
      requireRecent(context, actor);
      const { secret, expiresAtMs } = secondFactors.begin(actor.user.id);
      await audit(context, request, { action: 'account.secondFactorSetUp', subject: userSubject(actor.user) });
      const issuer = `Leafward ${URL.parse(context.address.publicUrl())?.hostname ?? ''}`.trim();
      return { secret: base32(secret), url: otpauthUrl(secret, issuer, actor.user.email), expiresAtMs };
    },
  });
  app.route({
    method: 'POST',
    url: '/account/second-factor/confirm',
    config: beforeFactor,
    schema: { body: secondFactorCode, response: { 200: recoveryCodes } },
    handler: async (request) => {
      const actor = userActor(request.actor);
      requireRecent(context, actor);
      const guess = guesses.again(actor.session);
      const codes = await secondFactors.confirm(actor.user.id, request.body.code);
      guess.right();
      // Sessions that never saw a second factor end.
      await context.stores.accounts.removeOtherSessions(actor.user.id, actor.session.hash);
      context.hub.endWhere(({ userId, key }) => userId === actor.user.id && key !== actor.session.id);
      await audit(context, request, { action: 'account.secondFactorAdded', subject: userSubject(actor.user) });
      return { recoveryCodes: [...codes] };
    },
  });
  changeRoutes(app, access);
}

function changeRoutes(app: ServerApp, access: Access): void {
  const { context, secondFactors } = access;
  app.route({
    method: 'DELETE',
    url: '/account/second-factor',
    config: { access: 'user' },
    schema: { body: removeSecondFactorRequest, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const actor = userActor(request.actor);
      const { user, roles } = actor;
      if (user.passwordHash === '') requireRecent(context, actor);
      else await confirmPassword(access, request, actor, request.body.password);
      const groups = await context.stores.groups.groups();
      const asking = groups.find(({ id, secondFactorRequired }) => secondFactorRequired && roles.has(id));
      if (asking !== undefined || (await serverRequiresSecondFactor(context))) {
        const who = asking === undefined ? 'this server' : `the group ${asking.name}`;
        throw new AppError('CONFLICT', `${who} asks for a second factor`, {
          hint: 'To change the telephone, set up the second factor anew: the old one counts until then.',
        });
      }
      await context.stores.accounts.setSecondFactor(user.id, null);
      await audit(context, request, { action: 'account.secondFactorRemoved', subject: userSubject(user) });
      return reply.code(204).send(null);
    },
  });
  app.route({
    method: 'POST',
    url: '/account/recovery-codes',
    config: { access: 'user' },
    schema: { response: { 200: recoveryCodes } },
    handler: async (request) => {
      const actor = userActor(request.actor);
      requireRecent(context, actor);
      const codes = await secondFactors.newRecoveryCodes(actor.user);
      await audit(context, request, { action: 'account.recoveryCodesMade', subject: userSubject(actor.user) });
      return { recoveryCodes: [...codes] };
    },
  });
}
