import { AppError } from '../../runtime/errors.ts';
import { type SignInProblem, signInProblem } from '../../wire/api/sign-in.ts';

const messages: Readonly<Record<SignInProblem, string>> = {
  'provider-unreachable': 'the provider does not answer',
  'provider-refused': 'the provider did not let this sign-in through',
  expired: 'this sign-in took too long, was used already, or began in another browser',
  'email-not-verified': 'the provider has not verified the e-mail address of this person',
  'no-email': 'the provider tells no e-mail address of this person',
  'no-account': 'this person has no account here, and accounts are not made at the first sign-in',
  'account-exists': 'there is an account with this e-mail address that was not made by this provider',
  'account-disabled': 'this account is disabled',
  'no-role': 'this person has no role here',
  'not-set-up': 'this way to sign in is not set up',
};

/** A sign-in by a provider or a directory that ends here. */
export function signInRefused(problem: SignInProblem, reason?: string, cause?: unknown): AppError {
  const message = messages[problem];
  return new AppError('SIGN_IN_REFUSED', reason === undefined ? message : `${message}: ${reason}`, {
    cause,
    details: { problem },
    hint:
      problem === 'provider-unreachable'
        ? 'Try again, or sign in another way.'
        : 'An administrator can tell more: the audit log has the reason.',
  });
}

/** What to tell the page. */
export function problemOf(thrown: unknown): SignInProblem {
  const named = thrown instanceof AppError ? signInProblem.safeParse(thrown.details['problem']) : undefined;
  return named?.success === true ? named.data : 'provider-refused';
}
