import { useState } from 'preact/hooks';
import type { SessionAnswer, SignInAnswer } from '../../../wire/api/access.ts';
import type { SignInProvider } from '../../../wire/api/sign-in.ts';
import { send } from '../../api.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { useResource } from '../../resource.ts';
import { Gate } from './gate.tsx';
import { Providers, problemWords } from './providers.tsx';
import { SecondStep } from './second-step.tsx';

interface SignInProps {
  readonly query: URLSearchParams;
  readonly onSignedIn: (answer: SessionAnswer) => void;
}

// Until the server has said what it offers: what nearly all offer.
const passwordOnly: readonly SignInProvider[] = [{ id: 'password', kind: 'password', label: 'Password' }];

/** E-mail address and password or a provider, then the code of the second factor where one is set up. */
export function SignInPage({ query, onSignedIn }: SignInProps) {
  const [challenge, setChallenge] = useState<string | null>(null);
  const [over, setOver] = useState(false);
  const providers = useResource<SignInProvider[]>('/sign-in/providers').data ?? passwordOnly;
  const kinds = new Set(providers.map(({ kind }) => kind));
  const byForm = kinds.has('password') || kinds.has('ldap');
  const problem = problemWords(query.get('problem'));
  if (challenge !== null) {
    return (
      <SecondStep
        challenge={challenge}
        onSignedIn={onSignedIn}
        onBack={(expired) => {
          setOver(expired);
          setChallenge(null);
        }}
      />
    );
  }
  const signIn = async ({ email = '', password = '' }: Record<string, string>) => {
    const answer = await send<SignInAnswer>('POST', '/session', { email, password });
    if ('secondFactor' in answer) setChallenge(answer.secondFactor.challenge);
    else onSignedIn(answer);
  };
  return (
    <Gate title="Sign in">
      {over && (
        <p class="why" role="status">
          The second step took too long. Begin again with your password.
        </p>
      )}
      {problem !== null && (
        <p class="why" role="alert">
          {problem}
        </p>
      )}
      {byForm && <PasswordForm save={signIn} label={kinds.has('ldap') ? 'E-mail address or user name' : undefined} />}
      <Providers providers={providers} to={query.get('to')} />
      {kinds.has('password') && (
        <p class="help">
          <a href="/password-reset">Forgot your password?</a>
        </p>
      )}
    </Gate>
  );
}

interface PasswordFormProps {
  readonly save: (values: Record<string, string>) => Promise<unknown>;
  readonly label?: string | undefined;
}

function PasswordForm({ save, label = 'E-mail address' }: PasswordFormProps) {
  return (
    <Form class="form" save={save}>
      {({ busy, error }) => (
        <>
          <Field
            label={label}
            name="email"
            type={label === 'E-mail address' ? 'email' : 'text'}
            autocomplete="username"
            required
            autofocus
          />
          <Field label="Password" name="password" type="password" autocomplete="current-password" required />
          {error !== null && <ErrorBox error={error} />}
          <button type="submit" class="primary" disabled={busy}>
            {busy ? 'Signing in' : 'Sign in'}
          </button>
        </>
      )}
    </Form>
  );
}
