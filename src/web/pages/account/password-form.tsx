import { useState } from 'preact/hooks';
import type { Account } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { Field } from '../../components/field.tsx';
import { NewPassword, sameTwice } from '../../components/new-password.tsx';
import { SettingsForm } from '../settings/settings-form.tsx';

/** Changes the password; who signs in by a provider only has none here. */
export function PasswordForm({ account }: { readonly account: Account }) {
  // Another key makes the fields anew: what was typed is gone once it is saved.
  const [saved, setSaved] = useState(0);
  if (!account.hasPassword) {
    return (
      <section class="card" aria-label="Password">
        <header>
          <h2>Password</h2>
        </header>
        <p class="body sub">You sign in by a provider. This server knows no password of yours.</p>
      </section>
    );
  }
  return (
    <SettingsForm
      title="Password"
      disabled={false}
      save={async (values) => {
        await send('POST', '/account/password', {
          currentPassword: values['password'] ?? '',
          newPassword: sameTwice(values, 'newPassword'),
        });
        setSaved(saved + 1);
      }}
    >
      <div key={saved} class="form">
        <input type="hidden" name="username" autocomplete="username" value={account.email} />
        <Field label="Password now" name="password" type="password" autocomplete="current-password" required />
        <NewPassword name="newPassword" />
        <p class="help">Your sessions in other browsers end.</p>
      </div>
    </SettingsForm>
  );
}
