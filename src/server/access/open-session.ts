import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { SessionAnswer, SignInAnswer } from '../../wire/api/access.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { Access } from './access.ts';
import type { SignInMethod, UserRecord } from './ports.ts';
import { hashSecret } from './secret-token.ts';
import { answerOf } from './session-answer.ts';
import { sessionTokenOf, setSessionCookie } from './session-cookie.ts';

/** After the first proof: a session, or what is asked of who has a second factor. A provider (OIDC) asked for its own. */
export async function finishSignIn(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  user: UserRecord,
  method: SignInMethod,
): Promise<SignInAnswer> {
  if (user.secondFactor === null || method === 'oidc' || method === 'link') {
    return openSession(access, request, reply, user.id, method);
  }
  return { secondFactor: access.challenges.add(user.id, method) };
}

/** Signs in: a new session under a new token; that which the browser had before ends. @throws SIGN_IN_REFUSED */
export async function openSession(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  method: SignInMethod,
  detail: { readonly secondFactor?: string } = {},
): Promise<SessionAnswer> {
  const { context, sessions, guesses } = access;
  const { token, maxAgeMs } = await sessions.open(userId, method, request);
  const actor = await sessions.actor(token, request.ip);
  if (actor === undefined) throw new AppError('SIGN_IN_REFUSED', 'this account is gone or disabled');
  const before = sessionTokenOf(context.address, request);
  if (before !== undefined) await sessions.close(hashSecret(before));
  setSessionCookie(context.address, request, reply, { token, maxAgeMs });
  await guesses.remember(actor.user.email, request.ip);
  await audit(
    context,
    { actor, ip: request.ip },
    {
      action: 'session.opened',
      subject: userSubject(actor.user),
      detail: { method, browser: actor.session.browser, ...detail },
    },
  );
  return answerOf(access, actor);
}
