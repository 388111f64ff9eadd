import { z } from 'zod';
import { AppError, toAppError } from '../../runtime/errors.ts';
import { newPasswordRequest, passwordResetRequest, passwordResetState } from '../../wire/api/people.ts';
import type { Access } from '../access/access.ts';
import { addLink, plainEmail } from '../access/accounts.ts';
import { checkSameOrigin } from '../access/authenticate.ts';
import { hashPassword } from '../access/password-hash.ts';
import { passwordMail } from '../access/people-mail.ts';
import { hashSecret } from '../access/secret-token.ts';
import { userSubject } from '../audit/subjects.ts';
import { type AuditSource, audit } from '../audit.ts';
import type { ServerApp } from '../http/server-app.ts';

const tokenParams = z.object({ token: z.string().max(200) });

/** A lost password: a link by mail, or one that an administrator hands over (`/users/:userId/password-link`). */
export function passwordResetRoutes(app: ServerApp, access: Access): void {
  const { context, guesses } = access;
  const { accounts } = context.stores;
  app.route({
    method: 'POST',
    url: '/password-reset',
    config: { access: 'public' },
    schema: { body: passwordResetRequest, response: { 202: z.null() } },
    handler: async (request, reply) => {
      checkSameOrigin(request, context.address);
      // Every asking counts: few are meant, and each may send a mail.
      guesses.reset({ ip: request.ip });
      // Answered at once and always alike: neither the answer nor its time tells whether there is such an account.
      void sendLink(access, request.body.email, { actor: null, ip: request.ip });
      return reply.code(202).send(null);
    },
  });
  app.route({
    method: 'GET',
    url: '/password-reset/:token',
    config: { access: 'public', quiet: true },
    schema: { params: tokenParams, response: { 200: passwordResetState } },
    handler: async (request) => {
      const link = await accounts.link(hashSecret(request.params.token), 'password');
      const user = link?.userId === undefined || link.userId === null ? undefined : await accounts.user(link.userId);
      const valid = link !== undefined && link.expiresAtMs > context.clock.now() && user?.disabled === false;
      return valid ? { valid, email: user.email } : { valid };
    },
  });
  app.route({
    method: 'POST',
    url: '/password-reset/:token',
    config: { access: 'public', quiet: true },
    schema: { params: tokenParams, body: newPasswordRequest, response: { 204: z.null() } },
    handler: async (request, reply) => {
      checkSameOrigin(request, context.address);
      const link = await accounts.takeLink(hashSecret(request.params.token), 'password');
      const user = link?.userId === undefined || link.userId === null ? undefined : await accounts.user(link.userId);
      if (link === undefined || link.expiresAtMs < context.clock.now() || user?.disabled !== false) throw linkGone();
      await accounts.setPassword(user.id, await hashPassword(request.body.password));
      await accounts.proveEmail(user.id, false);
      context.hub.endWhere(({ userId }) => userId === user.id);
      await guesses.remember(user.email, request.ip);
      const source = { actor: { kind: 'link', id: null, name: 'link to a new password' }, ip: request.ip } as const;
      await audit(context, source, { action: 'account.passwordReset', subject: userSubject(user) });
      return reply.code(204).send(null);
    },
  });
}

function linkGone(): AppError {
  return new AppError('LINK_EXPIRED', 'this link was used already or has expired', {
    hint: 'Ask for a new one on the sign-in page, or ask an administrator of this server for a link.',
  });
}

/** In the background, with its own deadline; what goes wrong is in the log alone. */
async function sendLink({ context, guesses }: Access, email: string, source: AuditSource): Promise<void> {
  try {
    const user = await context.stores.accounts.userByEmail(plainEmail(email));
    if (user === undefined || user.disabled || user.passwordHash === '' || !(await context.mailer.isReady())) return;
    guesses.reset({ userId: user.id });
    const { token } = await addLink(context, 'password', user.id);
    await audit(context, source, { action: 'account.passwordResetAsked', subject: userSubject(user) });
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(60_000)]);
    await context.mailer.send(passwordMail(user, `${context.address.publicUrl()}/password-reset/${token}`), signal);
  } catch (thrown) {
    const { code, message } = toAppError(thrown);
    context.log.warn('a link to a new password was not sent', { code, reason: message });
  }
}
