import type { SignInProblem, SignInProvider } from '../../../wire/api/sign-in.ts';

/** Why a sign-in by a provider ended here, and the next step; any other code is somebody's invention and says nothing. */
const problems: Readonly<Record<SignInProblem, string>> = {
  'provider-unreachable':
    'The provider does not answer this server. Try again in a minute, then tell an administrator.',
  'provider-refused': 'The provider did not confirm who you are. Sign in there anew, then come back.',
  expired: 'That took too long, or was begun in another browser. Begin again.',
  'email-not-verified': 'The provider has not verified your e-mail address. Verify it there first.',
  'no-email': 'The provider did not tell your e-mail address. An administrator checks scopes and claims.',
  'no-account': 'You have no account here yet. Ask an owner of your group for an invitation.',
  'account-exists':
    'An account with your e-mail address is here already. Sign in with its password, or ask an administrator to join the two.',
  'account-disabled': 'Your account is disabled. Ask an administrator of this server.',
  'no-role': 'Nothing at the provider gives you a role here. Ask an administrator of this server.',
  'not-set-up': 'Sign-in by a provider is not switched on here.',
};

/** What went wrong at the provider, for the code in the address. */
export function problemWords(code: string | null): string | null {
  if (code === null || !Object.hasOwn(problems, code)) return null;
  return problems[code as SignInProblem];
}

interface ProvidersProps {
  readonly providers: readonly SignInProvider[];
  readonly to: string | null;
}

/** A button for each provider that one is sent to; nothing where there is none. */
export function Providers({ providers, to }: ProvidersProps) {
  const sentTo = providers.filter(({ kind }) => kind === 'oidc');
  if (sentTo.length === 0) return null;
  const query = to === null ? '' : `&to=${encodeURIComponent(to)}`;
  return (
    <div class="providers">
      {sentTo.length < providers.length && <p class="or">or</p>}
      {sentTo.map(({ id, label }) => (
        <a key={id} class="button" href={`/api/v1/sign-in/oidc/start?provider=${encodeURIComponent(id)}${query}`}>
          {label}
        </a>
      ))}
    </div>
  );
}
