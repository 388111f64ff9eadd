import { useState } from 'preact/hooks';
import { send } from '../../api.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { Gate } from './gate.tsx';

/** Asks for a link that sets a new password; the answer is the same whether the address is known here or not. */
export function PasswordResetPage() {
  const [sentTo, setSentTo] = useState<string | null>(null);
  if (sentTo !== null) {
    return (
      <Gate title="Look at your mail">
        <p role="status">
          If <b>{sentTo}</b> has an account here, a link that sets a new password is on its way. It works for an hour,
          once.
        </p>
        <p class="help">
          Nothing came? Look among unwanted mail. Where this server sends no mail, an administrator makes the link under
          Instance, Users, or on the server’s machine with <code>leafward admin user reset-password</code>.
        </p>
        <a class="button" href="/sign-in">
          Back to the sign-in
        </a>
      </Gate>
    );
  }
  const ask = async ({ email = '' }: Record<string, string>) => {
    await send('POST', '/password-reset', { email });
    setSentTo(email);
  };
  return (
    <Gate title="Forgotten password">
      <Form class="form" takesFocus save={ask}>
        {({ busy, error }) => (
          <>
            <Field
              label="E-mail address"
              name="email"
              type="email"
              autocomplete="username"
              required
              help="The one you sign in with. A link to set a new password goes there."
            />
            {error !== null && <ErrorBox error={error} />}
            <button type="submit" class="primary" disabled={busy}>
              {busy ? 'Sending' : 'Send the link'}
            </button>
          </>
        )}
      </Form>
      <p class="help">
        <a href="/sign-in">Back to the sign-in</a>
      </p>
    </Gate>
  );
}
