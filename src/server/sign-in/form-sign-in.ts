import type { FastifyRequest } from 'fastify';
import { AppError } from '../../runtime/errors.ts';
import type { Access } from '../access/access.ts';
import { plainEmail } from '../access/accounts.ts';
import { checkPassword } from '../access/check-password.ts';
import type { Guess } from '../access/guess-limits.ts';
import type { UserRecord } from '../access/ports.ts';
import { personOfDirectory } from './directory.ts';
import { mappedGroupDns } from './nested-groups.ts';
import { problemOf } from './problem.ts';
import { accountOf } from './provider-account.ts';
import { type SignInValue, signInSection } from './sign-in-section.ts';

interface Typed {
  readonly email: string;
  readonly password: string;
}

/**
 * Whose name and password these are: by the password that this server keeps, or by the directory for those who have none
 * here. @throws SIGN_IN_REFUSED, TOO_MANY_ATTEMPTS
 */
export async function checkForm(
  access: Access,
  request: FastifyRequest,
  typed: Typed,
): Promise<{ user: UserRecord; method: 'password' | 'ldap' }> {
  const { context } = access;
  const { value, secrets } = await context.instance.read(signInSection);
  const local = await context.stores.accounts.userByEmail(plainEmail(typed.email));
  const isLocal = value.passwords && local !== undefined && local.passwordHash !== '';
  if (value.ldap.enabled && !isLocal) {
    return { user: await checkDirectory(access, request, typed, value, secrets['bindPassword']), method: 'ldap' };
  }
  if (!value.passwords) {
    throw new AppError('SIGN_IN_REFUSED', 'this server takes no passwords: sign in by the provider', {
      hint: 'An administrator gets in by: leafward admin user sign-in-link --data-dir DIR --email ADDRESS.',
    });
  }
  return { user: await checkPassword(access, request, typed), method: 'password' };
}

/** Guesses are counted as those at passwords are: the directory must not be a way around, nor be locked by us. */
async function checkDirectory(
  access: Access,
  request: FastifyRequest,
  typed: Typed,
  settings: SignInValue,
  bindPassword: string | undefined,
): Promise<UserRecord> {
  const { context, guesses, refusals } = access;
  const login = plainEmail(typed.email);
  const ofName = await guesses.directory(login, request.ip);
  let ofEntry: Guess | undefined;
  const beforeBind = async (dn: string): Promise<void> => {
    ofEntry = await guesses.directory(login, request.ip, dn);
  };
  try {
    const groupDns = mappedGroupDns(settings.mapping);
    const asked = { login, password: typed.password, beforeBind, groupDns };
    const person = await personOfDirectory(context, settings.ldap, bindPassword, asked);
    if (person === undefined) {
      throw new AppError('SIGN_IN_REFUSED', 'the e-mail address or the password is wrong');
    }
    ofName.right();
    ofEntry?.right();
    await guesses.remember(login, request.ip);
    return await accountOf(context, settings, person, request.ip);
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'SIGN_IN_REFUSED') {
      const isWrong = thrown.details['problem'] === undefined;
      const detail = isWrong ? { reason: 'password' } : { problem: problemOf(thrown), reason: thrown.message };
      await refusals.note(request.ip, login, { method: 'ldap', ...detail });
    }
    throw thrown;
  }
}
