import { useState } from 'preact/hooks';
import type { SessionAnswer, SignInAnswer } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Gate } from './gate.tsx';
import { Providers } from './providers.tsx';
import { SecondStep } from './second-step.tsx';

interface SignInProps {
  readonly query: URLSearchParams;
  readonly onSignedIn: (answer: SessionAnswer) => void;
}

/** E-mail address and password or a provider, then the code of the second factor where one is set up. */
export function SignInPage({ query, onSignedIn }: SignInProps) {
  const [challenge, setChallenge] = useState<string | null>(null);
  const [over, setOver] = useState(false);
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
      <Form class="form" save={signIn}>
        {({ busy, error }) => (
          <>
            <Field label="E-mail address" name="email" type="email" autocomplete="username" required autofocus />
            <Field label="Password" name="password" type="password" autocomplete="current-password" required />
            {error !== null && <ErrorBox error={error} />}
            <button type="submit" class="primary" disabled={busy}>
              {busy ? 'Signing in' : 'Sign in'}
            </button>
          </>
        )}
      </Form>
      <Providers to={query.get('to')} problem={query.get('problem')} />
      <p class="help">
        <a href="/password-reset">Forgot your password?</a>
      </p>
    </Gate>
  );
}
