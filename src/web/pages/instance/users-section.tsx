import { useMemo, useState } from 'preact/hooks';
import type { User } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { fitsWords } from '../../components/fits-words.ts';
import { Loaded } from '../../components/loaded.tsx';
import { PersonCell } from '../../components/person-cell.tsx';
import { rolesText } from '../../components/role-words.ts';
import { RowButton } from '../../components/row-button.tsx';
import { RowsTable } from '../../components/rows-table.tsx';
import { Pill } from '../../components/status.tsx';
import { ago, counted, fullTime } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { useSession } from '../../session.ts';
import { useZone } from '../../zone.ts';
import { UserDialog } from './user-dialog.tsx';

type Open = { readonly what: 'edit' | 'remove'; readonly user: User };
/** Everybody who has an account on this server. */
export function UsersSection() {
  const users = useResource<User[]>('/users');
  const [open, setOpen] = useState<Open | null>(null);
  const [filter, setFilter] = useState('');
  const close = () => setOpen(null);
  return (
    <>
      <div class="bar-tools">
        <FilterInput placeholder="Filter: name, e-mail, group" label="Filter users" value={filter} onText={setFilter} />
        {users.data !== undefined && <span class="sub">{counted(users.data.length, 'user')}</span>}
      </div>
      <Loaded from={users} height={300}>
        {(list) => <UserTable users={list} filter={filter} onOpen={setOpen} />}
      </Loaded>
      <p class="why">New people come by invitation: an owner of a group invites them under Settings, Members.</p>
      {open?.what === 'edit' && (
        <UserDialog user={newest(users.data, open.user)} onChanged={users.reload} onClose={close} />
      )}
      {open?.what === 'remove' && (
        <ConfirmDialog
          title="Remove the account"
          text="It leaves all its groups and is signed out everywhere; its API tokens stop. What the audit log says of it stays."
          name={open.user.email}
          verb="Remove the account"
          act={async () => {
            await send('DELETE', `/users/${encodeURIComponent(open.user.id)}`);
            users.reload();
          }}
          onClose={close}
        />
      )}
    </>
  );
}

const columns = ['Person', 'State', 'Groups', 'Last seen'];

interface UserTableProps {
  readonly users: readonly User[];
  readonly filter: string;
  readonly onOpen: (open: Open) => void;
}

function UserTable({ users, filter, onOpen }: UserTableProps) {
  const { user: me } = useSession().session;
  const zone = useZone();
  const rows = useMemo(() => matching(users, filter), [users, filter]);
  if (rows.length === 0) return <p class="card empty">Nobody matches “{filter}”.</p>;
  return (
    <section class="card">
      <RowsTable caption="Users" class="users" columns={columns} rows={rows} narrowHeight={164}>
        {(user, at) => (
          <tr key={user.id} class={user.disabled ? 'gone' : undefined} aria-rowindex={at + 2}>
            <PersonCell name={user.name} email={user.email} />
            <td data-label="State">{stateOf(user)}</td>
            <td data-label="Groups" title={groupsOf(user)}>
              {user.groups.length === 0 ? 'none' : groupsOf(user)}
            </td>
            <td data-label="Last seen" title={user.lastSeenAtMs === null ? '' : fullTime(user.lastSeenAtMs, zone)}>
              {user.lastSeenAtMs === null ? 'never' : ago(user.lastSeenAtMs)}
            </td>
            <td class="acts">
              <RowButton word="Edit" of={user.email} onClick={() => onOpen({ what: 'edit', user })} />
              {user.id !== me.id && (
                <RowButton word="Remove" of={user.email} onClick={() => onOpen({ what: 'remove', user })} />
              )}
            </td>
          </tr>
        )}
      </RowsTable>
    </section>
  );
}

function stateOf(user: User) {
  if (user.disabled) return <Pill health="off" word="Disabled" />;
  const factor = user.secondFactor ? 'second factor' : user.hasPassword ? 'password only' : 'by a provider';
  return <Pill health="ok" word={user.administrator ? `Administrator, ${factor}` : `Active, ${factor}`} />;
}

function groupsOf(user: User): string {
  return user.groups.map(({ name, roles }) => `${name} (${rolesText(roles)})`).join(', ');
}

/** As it was read last: the dialog stays open over a change. */
function newest(users: readonly User[] | undefined, user: User): User {
  return users?.find(({ id }) => id === user.id) ?? user;
}

function matching(users: readonly User[], filter: string): User[] {
  const fits = fitsWords(filter);
  return users
    .filter((user) => fits(`${user.name} ${user.email} ${groupsOf(user)}`))
    .sort((a, b) => a.email.localeCompare(b.email));
}
