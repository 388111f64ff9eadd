import { useMemo, useState } from 'preact/hooks';
import type { User } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { rolesText } from '../../components/role-words.ts';
import { RowButton } from '../../components/row-button.tsx';
import { Pill } from '../../components/status.tsx';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { ago, counted, fullTime } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { useSession } from '../../session.ts';
import { useZone } from '../../zone.ts';
import { UserDialog } from './user-dialog.tsx';

type Open = { readonly what: 'edit' | 'remove'; readonly user: User };
const narrow = matchMedia('(max-width: 700px)');

/** Everybody who has an account on this server. */
export function UsersSection() {
  const users = useResource<User[]>('/users');
  const [open, setOpen] = useState<Open | null>(null);
  const [filter, setFilter] = useState('');
  const close = () => setOpen(null);
  return (
    <>
      <div class="bar-tools">
        <input
          class="filter"
          type="search"
          placeholder="Filter: name, e-mail, group"
          aria-label="Filter users"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
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
      <table class="fixed people users" aria-rowcount={rows.length + 1}>
        <caption class="sr">Users</caption>
        <thead>
          <tr>
            <th scope="col">Person</th>
            <th scope="col">State</th>
            <th scope="col">Groups</th>
            <th scope="col">Last seen</th>
            <th scope="col">
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <VirtualRows rows={rows} rowHeight={narrow.matches ? 164 : 52} columns={5}>
          {(user, at) => (
            <tr key={user.id} class={user.disabled ? 'gone' : undefined} aria-rowindex={at + 2}>
              <td class="host" title={`${user.name} ${user.email}`}>
                <b class="clip">{user.name === '' ? user.email : user.name}</b>
                {user.name !== '' && <span class="sub small clip">{user.email}</span>}
              </td>
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
        </VirtualRows>
      </table>
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
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const text = (user: User) => `${user.name} ${user.email} ${groupsOf(user)}`.toLowerCase();
  return users
    .filter((user) => words.every((word) => text(user).includes(word)))
    .sort((a, b) => a.email.localeCompare(b.email));
}
