import { useState } from 'preact/hooks';
import type { GroupOverview, PasswordLinkAnswer, User } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { Command } from '../../components/command.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Check } from '../../components/field.tsx';
import { Form } from '../../components/form.tsx';
import { ago } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { useSession } from '../../session.ts';
import { GroupRoles } from './group-roles.tsx';

interface UserDialogProps {
  readonly user: User;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** What an administrator may change of somebody: the right to administer, whether they get in, a lost password or phone. */
export function UserDialog({ user, onChanged, onClose }: UserDialogProps) {
  const own = useSession().session.user.id === user.id;
  const groups = useResource<GroupOverview[]>('/instance/groups').data;
  const path = `/users/${encodeURIComponent(user.id)}`;
  const save = async (values: Record<string, string>) => {
    await send('PATCH', path, {
      administrator: values['administrator'] !== undefined,
      ...(own ? {} : { disabled: values['disabled'] !== undefined }),
    });
    onChanged();
    onClose();
  };
  return (
    <Dialog title={user.email} onClose={onClose}>
      <Form class="form" save={save}>
        {({ busy, error }) => (
          <>
            <Check
              name="administrator"
              label="Administrator of this server"
              checked={user.administrator}
              help="Users, mail, outbound calls, sign-in and the audit log of the server. Gives no role in a group."
            />
            {!own && (
              <Check
                name="disabled"
                label="Disabled"
                checked={user.disabled}
                help="Signed out at once and not let in; roles and tokens stay for the day it is enabled again."
              />
            )}
            {error !== null && <ErrorBox error={error} />}
            <div class="buttons">
              <button type="submit" class="primary" disabled={busy}>
                {busy ? 'Saving' : 'Save'}
              </button>
              <button type="button" onClick={onClose}>
                Cancel
              </button>
            </div>
          </>
        )}
      </Form>
      {groups !== undefined && <GroupRoles user={user} groups={groups} onChanged={onChanged} />}
      <Rescue user={user} path={path} onChanged={onChanged} />
    </Dialog>
  );
}

interface RescueProps {
  readonly user: User;
  readonly path: string;
  readonly onChanged: () => void;
}

/** For who lost the password or the phone. */
function Rescue({ user, path, onChanged }: RescueProps) {
  const [made, setMade] = useState<PasswordLinkAnswer | null>(null);
  const link = useAction(async () => setMade(await send<PasswordLinkAnswer>('POST', `${path}/password-link`)));
  const factor = useAction(async () => {
    await send('DELETE', `${path}/second-factor`);
    onChanged();
  });
  return (
    <div class="form rescue">
      <h3>Lost password, lost phone</h3>
      {made === null ? (
        <div class="buttons">
          <button type="button" disabled={link.busy} onClick={() => link.run()}>
            Make a link that sets a new password
          </button>
        </div>
      ) : (
        <>
          <Command text={made.link} label="Copy the link" />
          <p class="help">
            Hand it to {user.email}. It works once, and ends {ago(made.expiresAtMs)}.
          </p>
        </>
      )}
      {user.secondFactor && (
        <div class="buttons">
          <button type="button" class="danger" disabled={factor.busy || factor.done} onClick={() => factor.run()}>
            {factor.done ? 'Second factor taken away' : 'Take the second factor away'}
          </button>
          <span class="help">Be sure that it is them who ask.</span>
        </div>
      )}
      {link.error !== null && <ErrorBox error={link.error} />}
      {factor.error !== null && <ErrorBox error={factor.error} />}
    </div>
  );
}
