import type { Account } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { Field } from '../../components/field.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { PlainShell } from '../../components/plain-shell.tsx';
import { Shape } from '../../components/status.tsx';
import { useResource } from '../../resource.ts';
import { useSession } from '../../session.ts';
import { SettingsForm } from '../settings/settings-form.tsx';
import { GroupsCard } from './groups-card.tsx';
import { PasswordForm } from './password-form.tsx';
import { SecondFactorCard } from './second-factor-card.tsx';
import { SessionsCard } from './sessions-card.tsx';

/** A person's own account: name, password, second factor, where it is signed in, and what it may do where. */
export function AccountPage() {
  const { session, refresh } = useSession();
  const account = useResource<Account>('/account');
  const changed = () => {
    account.reload();
    refresh();
  };
  return (
    <PlainShell here="account" title="Account">
      <div class="page-head">
        <h1>Account</h1>
        <span class="sub clip">{session.user.email}</span>
      </div>
      {session.secondFactorMissing && (
        <aside class="notice" aria-label="Second factor missing">
          <Shape health="warn" />
          <p>This server lets nobody in without a second factor. Set yours up below: all other pages open then.</p>
        </aside>
      )}
      <Loaded from={account} height={520}>
        {(data) => (
          <>
            <SecondFactorCard account={data} onChanged={changed} />
            {!session.secondFactorMissing && (
              <div class="grid2">
                <ProfileForm account={data} onChanged={changed} />
                <PasswordForm account={data} />
              </div>
            )}
          </>
        )}
      </Loaded>
      {!session.secondFactorMissing && <SessionsCard />}
      {!session.secondFactorMissing && <GroupsCard />}
    </PlainShell>
  );
}

interface ProfileProps {
  readonly account: Account;
  readonly onChanged: () => void;
}

function ProfileForm({ account, onChanged }: ProfileProps) {
  return (
    <SettingsForm
      title="Profile"
      disabled={false}
      save={async ({ name = '' }) => {
        await send('PATCH', '/account', { name });
        onChanged();
      }}
    >
      <Field
        label="Name"
        name="name"
        value={account.name}
        autocomplete="name"
        help="As others in your groups see it."
      />
      <dl class="told">
        <dt>E-mail address</dt>
        <dd>{account.email}</dd>
      </dl>
      <p class="help">
        You sign in with it. It does not change: who needs another one is invited anew by an owner of the group.
      </p>
    </SettingsForm>
  );
}
