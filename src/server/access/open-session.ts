import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { SessionAnswer, SignInAnswer } from '../../wire/api/access.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { Access } from './access.ts';
import type { ProvenAccount, SignInMethod, UserRecord } from './ports.ts';
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
    return openSession(access, request, reply, user.id, method, { proven: provenOf(user) });
  }
  return { secondFactor: access.challenges.add(user.id, method, provenOf(user)) };
}

export function provenOf({ passwordHash, secondFactor }: UserRecord): ProvenAccount {
  return { passwordHash, hasSecondFactor: secondFactor !== null };
}

interface Opening {
  /** Absent: what was proven is not a password. */
  readonly proven?: ProvenAccount;
  readonly detail?: { readonly secondFactor?: string };
}

/** Signs in: a new session under a new token; that which the browser had before ends. @throws SIGN_IN_REFUSED */
export async function openSession(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  userId: string,
  method: SignInMethod,
  { proven, detail = {} }: Opening = {},
): Promise<SessionAnswer> {
  const { context, sessions, guesses } = access;
  const opened = await sessions.open(userId, method, request, proven);
  const actor = opened && (await sessions.actor(opened.token, request.ip));
  if (opened === undefined || actor === undefined) {
    throw new AppError('SIGN_IN_REFUSED', 'this account was changed, disabled or removed at the same time');
  }
  const before = sessionTokenOf(context.address, request);
  if (before !== undefined) await sessions.close(hashSecret(before));
  setSessionCookie(context.address, request, reply, opened);
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
