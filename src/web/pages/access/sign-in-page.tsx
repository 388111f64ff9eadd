import type { SessionAnswer } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Gate } from './gate.tsx';

export function SignInPage({ onSignedIn }: { readonly onSignedIn: (answer: SessionAnswer) => void }) {
  const signIn = async ({ email = '', password = '' }: Record<string, string>) =>
    onSignedIn(await send<SessionAnswer>('POST', '/session', { email, password }));
  return (
    <Gate title="Sign in">
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
      <p class="help">
        Password lost? On the server's machine, <code>leafward admin user reset-password</code> sets a new one.
      </p>
    </Gate>
  );
}
