import { useState } from 'preact/hooks';
import type { PasswordResetState } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { Form } from '../../components/form.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { NewPassword, sameTwice } from '../../components/new-password.tsx';
import { useResource } from '../../resource.ts';
import { Gate } from './gate.tsx';

/** The page of the link that sets a new password. */
export function NewPasswordPage({ token }: { readonly token: string }) {
  const path = `/password-reset/${encodeURIComponent(token)}`;
  const state = useResource<PasswordResetState>(path);
  const [done, setDone] = useState(false);
  if (done) {
    return (
      <Gate title="The password is set">
        <p role="status">Sessions that were open elsewhere are over. Sign in with the new password.</p>
        <a class="button primary" href="/sign-in">
          Sign in
        </a>
      </Gate>
    );
  }
  const save = async (values: Record<string, string>) => {
    await send('POST', path, { password: sameTwice(values) });
    setDone(true);
  };
  return (
    <Gate title="New password">
      <Loaded from={state} height={240}>
        {({ valid, email }) =>
          valid ? (
            <Form class="form" takesFocus save={save}>
              {({ busy, error }) => (
                <>
                  {/* Password managers file the password under this name. */}
                  <input type="hidden" name="username" autocomplete="username" value={email ?? ''} />
                  {email !== undefined && <p>For {email}.</p>}
                  <NewPassword />
                  {error !== null && <ErrorBox error={error} />}
                  <button type="submit" class="primary" disabled={busy}>
                    {busy ? 'Saving' : 'Set the password'}
                  </button>
                </>
              )}
            </Form>
          ) : (
            <>
              <p>This link was used already, or has expired.</p>
              <a class="button" href="/password-reset">
                Ask for another one
              </a>
            </>
          )
        }
      </Loaded>
    </Gate>
  );
}
