import { useState } from 'preact/hooks';
import type { Account } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { Field } from '../../components/field.tsx';
import { Pill } from '../../components/status.tsx';
import { counted, fullTime } from '../../format.ts';
import { useZone } from '../../zone.ts';
import { NewCodesDialog } from './new-codes-dialog.tsx';
import { SecondFactorDialog } from './second-factor-dialog.tsx';

interface SecondFactorCardProps {
  readonly account: Account;
  readonly onChanged: () => void;
}

const few = 3;

/** Whether a code is asked for beside the password, and the codes for the day the phone is gone. */
export function SecondFactorCard({ account, onChanged }: SecondFactorCardProps) {
  const zone = useZone();
  const [open, setOpen] = useState<'setUp' | 'codes' | 'remove' | null>(null);
  const { sinceMs, recoveryCodesLeft, required } = account.secondFactor;
  const close = () => setOpen(null);
  return (
    <section class="card" aria-label="Second factor">
      <header>
        <h2>Second factor</h2>
        {sinceMs === null ? (
          <Pill health={required ? 'warn' : 'off'} word="Off" boxed />
        ) : (
          <Pill health="ok" word="On" boxed title={`Since ${fullTime(sinceMs, zone)}`} />
        )}
      </header>
      <div class="body form">
        {sinceMs === null ? (
          <>
            <p>
              With it a stolen password is not enough: the sign-in also asks for six digits that an app on your phone
              shows, such as Aegis, 1Password or Google Authenticator.
            </p>
            <div class="buttons">
              <button type="button" class="primary" onClick={() => setOpen('setUp')}>
                Set up
              </button>
              {required && <span class="help">A group of yours, or the server, asks for one.</span>}
            </div>
          </>
        ) : (
          <>
            <p>
              The sign-in asks for a code of your app.{' '}
              {recoveryCodesLeft < few ? (
                <Pill health="warn" word={`${counted(recoveryCodesLeft, 'recovery code')} left: make new ones`} />
              ) : (
                `${counted(recoveryCodesLeft, 'recovery code')} left for the day the phone is gone.`
              )}
            </p>
            <div class="buttons">
              <button type="button" onClick={() => setOpen('codes')}>
                Make new recovery codes
              </button>
              <button type="button" onClick={() => setOpen('setUp')}>
                Change to another phone
              </button>
              <button type="button" class="danger" disabled={required} onClick={() => setOpen('remove')}>
                Take it away
              </button>
              {required && <span class="help">A group of yours, or the server, asks for one: it stays.</span>}
            </div>
          </>
        )}
      </div>
      {open === 'setUp' && <SecondFactorDialog account={account} onChanged={onChanged} onClose={close} />}
      {open === 'codes' && <NewCodesDialog account={account} onChanged={onChanged} onClose={close} />}
      {open === 'remove' && <RemoveDialog hasPassword={account.hasPassword} onChanged={onChanged} onClose={close} />}
    </section>
  );
}

interface RemoveProps {
  readonly hasPassword: boolean;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

function RemoveDialog({ hasPassword, onChanged, onClose }: RemoveProps) {
  return (
    <DialogForm
      title="Take the second factor away"
      verb="Take it away"
      danger
      save={async ({ password = '' }) => {
        await send('DELETE', '/account/second-factor', { password });
        onChanged();
        onClose();
      }}
      onClose={onClose}
    >
      <p>The password alone is then enough to sign in as you. The recovery codes are void.</p>
      {hasPassword && (
        <Field label="Your password" name="password" type="password" autocomplete="current-password" required />
      )}
    </DialogForm>
  );
}
