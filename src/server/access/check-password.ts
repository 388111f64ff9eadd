import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { Access } from './access.ts';
import { plainEmail } from './accounts.ts';
import { clientNetwork } from './client-network.ts';
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
  const { context, attempts } = access;
  const email = plainEmail(input.email);
  const keys = [`account ${email}`, `address ${clientNetwork(request.ip)}`];
  attempts.check(keys);
  // Counted before the slow comparison, so that many guesses at once do not all slip through.
  attempts.failed(keys);
  const user = await context.stores.accounts.userByEmail(email);
  if (user === undefined || !(await isRight(input.password, user.passwordHash))) {
    if (user === undefined) await wasteVerification(input.password);
    await noteRefusal(access, request, email, 'password');
    throw new AppError('SIGN_IN_REFUSED', 'the e-mail address or the password is wrong');
  }
  for (const key of keys) attempts.succeeded(key);
  if (user.disabled) {
    await noteRefusal(access, request, email, 'disabled');
    throw new AppError('SIGN_IN_REFUSED', 'this account is disabled', {
      hint: 'An administrator of this server can enable it again.',
    });
  }
  return user;
}

async function isRight(password: string, stored: string): Promise<boolean> {
  if (stored !== '') return verifyPassword(password, stored);
  await wasteVerification(password);
  return false;
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
