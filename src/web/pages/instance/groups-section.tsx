import { useMemo, useState } from 'preact/hooks';
import type { Group } from '../../../wire/api/groups.ts';
import type { User } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { DialogForm } from '../../components/dialog-form.tsx';
import { Field } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { counted } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { groupPath, navigate } from '../../router.ts';
import { useSession } from '../../session.ts';
import { type GroupPeople, groupsOf } from './groups-of.ts';

const narrow = matchMedia('(max-width: 700px)');

/** Every group of the server, with who owns it; new ones are made here. */
export function GroupsSection() {
  const users = useResource<User[]>('/users');
  const [adding, setAdding] = useState(false);
  return (
    <>
      <div class="bar-tools">
        <span class="sub">A group owns hosts, agents, backups and keys. Its members see nothing of other groups.</span>
        <button type="button" class="end primary" onClick={() => setAdding(true)}>
          <Icon name="plus" />
          New group
        </button>
      </div>
      <Loaded from={users} height={240}>
        {(list) => <GroupTable users={list} />}
      </Loaded>
      {adding && <NewGroupDialog onClose={() => setAdding(false)} />}
    </>
  );
}

function GroupTable({ users }: { readonly users: readonly User[] }) {
  const { session } = useSession();
  const groups = useMemo(() => groupsOf(users), [users]);
  const own = new Set(session.groups.map(({ id }) => id));
  return (
    <section class="card" aria-label="Groups">
      <table class="fixed people owned" aria-rowcount={groups.length + 1}>
        <caption class="sr">Groups</caption>
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Members</th>
            <th scope="col">Owners</th>
          </tr>
        </thead>
        <VirtualRows rows={groups} rowHeight={narrow.matches ? 112 : 52} columns={3}>
          {({ id, name, members, owners }: GroupPeople, at) => (
            <tr key={id} aria-rowindex={at + 2} class="low">
              <td class="host" title={name}>
                {own.has(id) ? (
                  <a class="clip" href={groupPath(id)}>
                    {name}
                  </a>
                ) : (
                  <b class="clip">{name}</b>
                )}
              </td>
              <td data-label="Members">{counted(members, 'member')}</td>
              <td data-label="Owners" title={owners.join(', ')}>
                {owners.length === 0 ? 'none: make somebody one under Users' : owners.join(', ')}
              </td>
            </tr>
          )}
        </VirtualRows>
      </table>
    </section>
  );
}

function NewGroupDialog({ onClose }: { readonly onClose: () => void }) {
  const { refresh } = useSession();
  const make = async ({ name = '' }: Record<string, string>) => {
    const { id } = await send<Group>('POST', '/groups', { name: name.trim() });
    refresh();
    navigate(groupPath(id, 'settings', 'members'));
  };
  return (
    <DialogForm title="New group" verb="Make" busyVerb="Making" save={make} onClose={onClose}>
      <Field label="Name" name="name" required autofocus help="You are its first owner, and invite the others." />
    </DialogForm>
  );
}
