import { useState } from 'preact/hooks';
import type { Account, RecoveryCodes } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { CodesOnce } from './codes-once.tsx';
import { PasswordFirst } from './password-first.tsx';

interface NewCodesProps {
  readonly account: Account;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** New recovery codes in place of the old ones. */
export function NewCodesDialog({ account, onChanged, onClose }: NewCodesProps) {
  const [proved, setProved] = useState(account.authenticatedUntilMs > Date.now());
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  if (!proved)
    return (
      <PasswordFirst account={account} title="New recovery codes" onProved={() => setProved(true)} onClose={onClose} />
    );
  if (codes !== null) return <CodesOnce codes={codes} email={account.email} onClose={onClose} />;
  return (
    <DialogForm
      title="New recovery codes"
      verb="Make new ones"
      save={async () => {
        setCodes((await send<RecoveryCodes>('POST', '/account/recovery-codes')).recoveryCodes);
        onChanged();
      }}
      onClose={onClose}
    >
      <p>Those that you have now are void from then on.</p>
    </DialogForm>
  );
}
