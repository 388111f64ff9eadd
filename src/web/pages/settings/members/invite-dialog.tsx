import { useState } from 'preact/hooks';
import type { NewInvitationAnswer } from '../../../../wire/api/people.ts';
import { send } from '../../../api.ts';
import { Command } from '../../../components/command.tsx';
import { Dialog } from '../../../components/dialog.tsx';
import { DialogForm } from '../../../components/dialog-form.tsx';
import { Field } from '../../../components/field.tsx';
import { chosenRoles, RolesField } from '../../../components/roles-field.tsx';
import { Pill } from '../../../components/status.tsx';
import { ago } from '../../../format.ts';
import { useGroup } from '../../../session.ts';

interface InviteDialogProps {
  readonly onInvited: () => void;
  readonly onClose: () => void;
}

/** Invites somebody: by mail where the server sends mail, and always by a link to hand over. */
export function InviteDialog({ onInvited, onClose }: InviteDialogProps) {
  const { groupId, groupName } = useGroup();
  const [made, setMade] = useState<NewInvitationAnswer | null>(null);
  if (made !== null) return <Invited made={made} onClose={onClose} />;
  const invite = async (values: Record<string, string>) => {
    const body = { email: values['email']?.trim() ?? '', roles: chosenRoles(values) };
    setMade(await send<NewInvitationAnswer>('POST', `/groups/${groupId}/invitations`, body));
    onInvited();
  };
  return (
    <DialogForm title={`Invite to ${groupName}`} verb="Invite" busyVerb="Inviting" save={invite} onClose={onClose}>
      <Field
        label="E-mail address"
        name="email"
        type="email"
        required
        autofocus
        help="Who has an account here joins with it; for others one is made."
      />
      <RolesField roles={['readOnly']} />
    </DialogForm>
  );
}

function Invited({ made, onClose }: { readonly made: NewInvitationAnswer; readonly onClose: () => void }) {
  const { invitation, link, mailed, mailProblem } = made;
  return (
    <Dialog title={`${invitation.email} is invited`} onClose={onClose}>
      <div class="form">
        {mailed ? (
          <p>
            <Pill health="ok" word="The invitation is on its way by mail." /> Should it not arrive, hand over this link:
          </p>
        ) : (
          <p>
            No mail was sent{mailProblem === undefined ? '' : `: ${mailProblem}`}. Hand this link over yourself. Whoever
            has it can join, so send it to this person alone.
          </p>
        )}
        <Command text={link} label="Copy the link" />
        <p class="help">It works once, and ends {ago(invitation.expiresAtMs)}. It is not shown again.</p>
        <div class="buttons">
          <button type="button" class="primary" onClick={onClose}>
            Done
          </button>
        </div>
      </div>
    </Dialog>
  );
}
