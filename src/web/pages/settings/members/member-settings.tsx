import { useState } from 'preact/hooks';
import type { Member } from '../../../../wire/api/people.ts';
import { send } from '../../../api.ts';
import { ConfirmDialog } from '../../../components/confirm-dialog.tsx';
import { FilterInput } from '../../../components/filter-input.tsx';
import { Icon } from '../../../components/icon.tsx';
import { Loaded } from '../../../components/loaded.tsx';
import { counted } from '../../../format.ts';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { InvitationList } from './invitation-list.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { MemberTable, type OpenMember } from './member-table.tsx';
import { RoleDialog } from './role-dialog.tsx';
import { RoleTable } from './role-table.tsx';

/** Who belongs to the group and what they may do; who is invited. */
export function MemberSettings() {
  const { groupId, session, refresh } = useGroup();
  const members = useResource<Member[]>(`/groups/${groupId}/members`);
  const [open, setOpen] = useState<OpenMember | 'invite' | null>(null);
  const [invited, setInvited] = useState(0);
  const [filter, setFilter] = useState('');
  const close = () => setOpen(null);
  const remove = async ({ userId }: Member) => {
    await send('DELETE', `/groups/${groupId}/members/${encodeURIComponent(userId)}`);
    if (userId === session.user.id) location.assign('/');
    else members.reload();
  };
  return (
    <div class="stack">
      <div class="bar-tools">
        <FilterInput
          placeholder="Filter: name, e-mail, role"
          label="Filter members"
          value={filter}
          onText={setFilter}
        />
        {members.data !== undefined && <span class="sub">{counted(members.data.length, 'member')}</span>}
        <button type="button" class="end" onClick={() => setOpen('invite')}>
          <Icon name="plus" />
          Invite
        </button>
      </div>
      <Loaded from={members} height={200}>
        {(list) => <MemberTable members={list} filter={filter} onOpen={setOpen} />}
      </Loaded>
      <InvitationList key={invited} />
      <RoleTable />
      {open === 'invite' && <InviteDialog onInvited={() => setInvited(invited + 1)} onClose={close} />}
      {open !== null && open !== 'invite' && open.what === 'roles' && (
        <RoleDialog
          member={open.member}
          onChanged={() => {
            members.reload();
            refresh();
          }}
          onClose={close}
        />
      )}
      {open !== null && open !== 'invite' && open.what === 'remove' && (
        <ConfirmDialog
          title={open.member.userId === session.user.id ? 'Leave the group' : 'Remove the member'}
          text="What they may do here ends at once, and the API tokens that they made stop. Their account stays."
          name={open.member.email}
          verb={open.member.userId === session.user.id ? 'Leave' : 'Remove the member'}
          act={() => remove(open.member)}
          onClose={close}
        />
      )}
    </div>
  );
}
