import { useEffect, useState } from 'preact/hooks';
import type { Account, RecoveryCodes, SecondFactorSetup } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { Command } from '../../components/command.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { QrCode } from '../../components/qr-code.tsx';
import { CodesOnce } from './codes-once.tsx';
import { PasswordFirst } from './password-first.tsx';

interface SecondFactorDialogProps {
  readonly account: Account;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** Sets a second factor up: the password when it was typed long ago, the QR code, a first code, the recovery codes. */
export function SecondFactorDialog({ account, onChanged, onClose }: SecondFactorDialogProps) {
  const [proved, setProved] = useState(account.authenticatedUntilMs > Date.now());
  const [setup, setSetup] = useState<SecondFactorSetup | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const begin = useAction(async () => setSetup(await send<SecondFactorSetup>('POST', '/account/second-factor')));
  useEffect(() => {
    if (proved) begin.run();
  }, [proved]);
  const confirm = async ({ code = '' }: Record<string, string>) => {
    const answer = await send<RecoveryCodes>('POST', '/account/second-factor/confirm', { code: code.trim() });
    setCodes(answer.recoveryCodes);
    onChanged();
  };
  if (!proved) {
    return (
      <PasswordFirst
        account={account}
        title="Set up the second factor"
        onProved={() => setProved(true)}
        onClose={onClose}
      />
    );
  }
  if (codes !== null) return <CodesOnce codes={codes} email={account.email} onClose={onClose} />;
  return (
    <Dialog title="Set up the second factor" onClose={onClose}>
      {begin.error !== null && <ErrorBox error={begin.error} onRetry={begin.run} />}
      {setup === null ? (
        begin.error === null && <div class="waiting" style={{ height: '360px' }} aria-busy="true" />
      ) : (
        <Form class="form" takesFocus save={confirm}>
          {({ busy, error }) => (
            <>
              <div class="scan">
                <QrCode text={setup.url} label="QR code of the second factor, for the camera of your phone" />
                <ol class="steps">
                  <li>Open the authenticator app on your phone and add an account.</li>
                  <li>Point its camera at this code.</li>
                  <li>Type the six digits that it shows.</li>
                </ol>
              </div>
              <details>
                <summary>No camera? Type the key instead</summary>
                <Command text={inFours(setup.secret)} label="Copy the key" />
                <p class="help">By time (TOTP), 6 digits, every 30 seconds.</p>
              </details>
              <Field label="Code" name="code" autocomplete="one-time-code" required />
              {error !== null && <ErrorBox error={error} />}
              <div class="buttons">
                <button type="submit" class="primary" disabled={busy}>
                  {busy ? 'Checking' : 'Confirm'}
                </button>
                <button type="button" onClick={onClose}>
                  Cancel
                </button>
              </div>
            </>
          )}
        </Form>
      )}
    </Dialog>
  );
}

/** `JBSW Y3DP …`: as people read it aloud. */
function inFours(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, '$1 ');
}
