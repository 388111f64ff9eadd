import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { SessionAnswer } from '../../wire/api/access.ts';
import { userSubject } from '../audit/subjects.ts';
import { audit } from '../audit.ts';
import type { Access } from './access.ts';
import { noteRefusal } from './check-password.ts';
import { openSession } from './open-session.ts';
import type { UserRecord } from './ports.ts';
import { isAppCode } from './second-factor.ts';

/** The second step of a sign-in. @throws LINK_EXPIRED, SIGN_IN_REFUSED, TOO_MANY_ATTEMPTS */
export async function finishChallenge(
  access: Access,
  request: FastifyRequest,
  reply: FastifyReply,
  { challenge, code }: { readonly challenge: string; readonly code: string },
): Promise<SessionAnswer> {
  const { context, challenges } = access;
  const { userId, method, proven } = challenges.try(challenge);
  const user = await context.stores.accounts.user(userId);
  if (user === undefined || user.disabled) throw new AppError('SIGN_IN_REFUSED', 'this account is gone or disabled');
  const { recoveryCodesLeft } = await checkCode(access, request, user, code);
  challenges.done(challenge);
  if (recoveryCodesLeft !== null) {
    await audit(
      context,
      { actor: { kind: 'user', id: user.id, name: user.email }, ip: request.ip },
      { action: 'account.recoveryCodeUsed', subject: userSubject(user), detail: { left: recoveryCodesLeft } },
    );
  }
  const secondFactor = recoveryCodesLeft === null ? 'code' : 'recovery code';
  return openSession(access, request, reply, user.id, method, { proven, detail: { secondFactor } });
}

/** Guesses at codes are counted apart from those at passwords. */
async function checkCode(
  access: Access,
  request: FastifyRequest,
  user: UserRecord,
  code: string,
): Promise<{ recoveryCodesLeft: number | null }> {
  const { guesses, secondFactors } = access;
  const guess = isAppCode(code) ? guesses.code(user.id, request.ip) : guesses.recoveryCode(user.id, request.ip);
  try {
    const used = await secondFactors.check(user, code);
    guess.right();
    return used;
  } catch (thrown) {
    await noteRefusal(access, request, user.email, 'second factor');
    throw thrown;
  }
}
