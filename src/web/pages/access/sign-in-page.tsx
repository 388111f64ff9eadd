import type { SessionAnswer } from '../../../wire/api/access.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field, formValues } from '../../components/field.tsx';
import { Gate } from './gate.tsx';

export function SignInPage({ onSignedIn }: { readonly onSignedIn: (answer: SessionAnswer) => void }) {
  const signIn = useAction(async (form: HTMLFormElement) => {
    const { email = '', password = '' } = formValues(form);
    onSignedIn(await send<SessionAnswer>('POST', '/session', { email, password }));
  });
  return (
    <Gate title="Sign in">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          signIn.run(event.currentTarget);
        }}
      >
        <Field label="E-mail address" name="email" type="email" autocomplete="username" required autofocus />
        <Field label="Password" name="password" type="password" autocomplete="current-password" required />
        {signIn.error !== null && <ErrorBox error={signIn.error} />}
        <button type="submit" class="primary" disabled={signIn.busy}>
          {signIn.busy ? 'Signing in' : 'Sign in'}
        </button>
      </form>
      <p class="help">
        Password lost? On the server's machine, <code>leafward admin user reset-password</code> sets a new one.
      </p>
    </Gate>
  );
}
