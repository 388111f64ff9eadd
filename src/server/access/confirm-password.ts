import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { Access } from './access.ts';
import type { UserActor } from './actor.ts';
import { noteRefusal } from './check-password.ts';
import { verifyPassword } from './password-hash.ts';
import { recentUntilMs } from './sessions.ts';

/** Somebody who is signed in proves it again. Guesses are counted for the session: strangers cannot use them up. @throws INPUT_INVALID, TOO_MANY_ATTEMPTS */
export async function confirmPassword(
  access: Access,
  request: FastifyRequest,
  { user, session }: UserActor,
  password: string,
): Promise<void> {
  if (user.passwordHash === '') {
    throw new AppError('CONFLICT', 'this account has no password here: it signs in by a provider', {
      hint: 'Sign out and in again to prove who you are; change the password where the account is kept.',
    });
  }
  const guess = access.guesses.again(session);
  if (!(await verifyPassword(password, user.passwordHash, true))) {
    await noteRefusal(access, request, user.email, 'password asked again');
    throw new AppError('INPUT_INVALID', 'the password is wrong', { details: { field: 'password' } });
  }
  guess.right();
}

/** @throws REAUTHENTICATION_REQUIRED when the last proof is older than 15 minutes */
export function requireRecent({ clock }: Access['context'], { session }: UserActor): void {
  if (recentUntilMs(session) >= clock.now()) return;
  throw new AppError('REAUTHENTICATION_REQUIRED', 'the sign-in is too long ago for this: prove again who you are');
}
