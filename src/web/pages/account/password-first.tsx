import type { Account } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { Dialog } from '../../components/dialog.tsx';
import { DialogForm } from '../../components/dialog-form.tsx';
import { Field } from '../../components/field.tsx';

interface PasswordFirstProps {
  readonly account: Account;
  readonly title: string;
  readonly onProved: () => void;
  readonly onClose: () => void;
}

/** The sign-in is some time ago: whoever sits there now types the password before anything that guards the account changes. */
export function PasswordFirst({ account, title, onProved, onClose }: PasswordFirstProps) {
  if (!account.hasPassword) {
    return (
      <Dialog title={title} onClose={onClose}>
        <p>
          Your sign-in is some time ago. Sign out, sign in by your provider again, and come back here within minutes.
        </p>
      </Dialog>
    );
  }
  const prove = async ({ password = '' }: Record<string, string>) => {
    await send('POST', '/account/reauthenticate', { password });
    onProved();
  };
  return (
    <DialogForm title={title} verb="Continue" save={prove} onClose={onClose}>
      <p>First, so that nobody else does this at your desk:</p>
      <Field label="Your password" name="password" type="password" autocomplete="current-password" required autofocus />
    </DialogForm>
  );
}
