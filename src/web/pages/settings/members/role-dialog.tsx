import type { Member } from '../../../../wire/api/people.ts';
import { send } from '../../../api.ts';
import { DialogForm } from '../../../components/dialog-form.tsx';
import { chosenRoles, RolesField } from '../../../components/roles-field.tsx';
import { useGroup } from '../../../session.ts';

interface RoleDialogProps {
  readonly member: Member;
  readonly onChanged: () => void;
  readonly onClose: () => void;
}

/** Changes what a member may do. */
export function RoleDialog({ member, onChanged, onClose }: RoleDialogProps) {
  const { groupId } = useGroup();
  return (
    <DialogForm
      title={`Roles of ${member.name === '' ? member.email : member.name}`}
      verb="Save"
      busyVerb="Saving"
      save={async (values) => {
        const roles = chosenRoles(values);
        await send('PATCH', `/groups/${groupId}/members/${encodeURIComponent(member.userId)}`, { roles });
        onChanged();
        onClose();
      }}
      onClose={onClose}
    >
      <RolesField roles={member.roles} fixed={member.lastOwner ? ['owner'] : []} />
      {member.lastOwner && (
        <p class="help">The last owner of the group: make somebody else an owner before this role is taken away.</p>
      )}
    </DialogForm>
  );
}
