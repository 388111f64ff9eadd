import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { Access } from './access.ts';
import { plainEmail } from './accounts.ts';
import type { Guess } from './guess-limits.ts';
import { verifyPassword, wasteVerification } from './password-hash.ts';
import type { UserRecord } from './ports.ts';

/**
 * Whose address and password these are. An unknown address, an account without a password and a wrong password take
 * equally long and are answered alike. @throws SIGN_IN_REFUSED, TOO_MANY_ATTEMPTS
 */
export async function checkPassword(
  access: Access,
  request: FastifyRequest,
  input: { readonly email: string; readonly password: string },
): Promise<UserRecord> {
  const { context, guesses } = access;
  const email = plainEmail(input.email);
  const guess = await guesses.password(email, request.ip);
  const user = await context.stores.accounts.userByEmail(email);
  if (!(await isRight(input.password, user?.passwordHash ?? '', guess))) {
    await noteRefusal(access, request, email, 'password');
    throw new AppError('SIGN_IN_REFUSED', 'the e-mail address or the password is wrong');
  }
  guess.right();
  if (user?.disabled !== false) {
    await noteRefusal(access, request, email, 'disabled');
    throw new AppError('SIGN_IN_REFUSED', 'this account is disabled', {
      hint: 'An administrator of this server can enable it again.',
    });
  }
  await guesses.remember(email, request.ip);
  return user;
}

async function isRight(password: string, stored: string, { known, takeBack }: Guess): Promise<boolean> {
  try {
    if (stored !== '') return await verifyPassword(password, stored, known);
    await wasteVerification(password, known);
    return false;
  } catch (thrown) {
    // Nobody looked at it: a flood of others must not use up the guesses of this one.
    takeBack();
    throw thrown;
  }
}

/** The actor of a refusal is the name that was typed. */
export async function noteRefusal(
  { refusals }: Access,
  { ip }: FastifyRequest,
  name: string,
  reason: string,
): Promise<void> {
  await refusals.note(ip, name, { reason });
}
