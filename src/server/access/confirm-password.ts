import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { Access } from './access.ts';
import type { UserActor } from './actor.ts';
import { noteRefusal } from './check-password.ts';
import { clientNetwork } from './client-network.ts';
import { verifyPassword } from './password-hash.ts';
import type { UserRecord } from './ports.ts';
import { recentUntilMs } from './sessions.ts';

/** Somebody who is signed in proves it again. Counted like guesses at the sign-in. @throws INPUT_INVALID, TOO_MANY_ATTEMPTS */
export async function confirmPassword(
  access: Access,
  request: FastifyRequest,
  user: UserRecord,
  password: string,
): Promise<void> {
  if (user.passwordHash === '') {
    throw new AppError('CONFLICT', 'this account has no password here: it signs in by a provider', {
      hint: 'Sign out and in again to prove who you are; change the password where the account is kept.',
    });
  }
  const { attempts } = access;
  const keys = [`account ${user.email}`, `address ${clientNetwork(request.ip)}`];
  attempts.check(keys);
  attempts.failed(keys);
  if (!(await verifyPassword(password, user.passwordHash))) {
    await noteRefusal(access, request, user.email, 'password asked again');
    throw new AppError('INPUT_INVALID', 'the password is wrong', { details: { field: 'password' } });
  }
  for (const key of keys) attempts.succeeded(key);
}

/** @throws REAUTHENTICATION_REQUIRED when the last proof is older than 15 minutes */
export function requireRecent({ clock }: Access['context'], { session }: UserActor): void {
  if (recentUntilMs(session) >= clock.now()) return;
  throw new AppError('REAUTHENTICATION_REQUIRED', 'the sign-in is too long ago for this: prove again who you are');
}
