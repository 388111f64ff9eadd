import { useMemo, useState } from 'preact/hooks';
import type { Group } from '../../../wire/api/groups.ts';
import type { GroupOverview } from '../../../wire/api/people.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { DialogForm } from '../../components/dialog-form.tsx';
import { ErrorBox } from '../../components/error-box.tsx';
import { Field } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { RowsTable } from '../../components/rows-table.tsx';
import { Pill } from '../../components/status.tsx';
import { counted, size } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { groupPath, navigate } from '../../router.ts';
import { useSession } from '../../session.ts';

/** Every group of the server, with who owns it and what it holds; new ones are made here, those without members taken over. */
export function GroupsSection() {
  const groups = useResource<GroupOverview[]>('/instance/groups');
  const [open, setOpen] = useState<GroupOverview | 'new' | null>(null);
  return (
    <>
      <div class="bar-tools">
        <span class="sub">A group owns hosts, agents, backups and keys. Its members see nothing of other groups.</span>
        <button type="button" class="end" onClick={() => setOpen('new')}>
          <Icon name="plus" />
          New group
        </button>
      </div>
      <Loaded from={groups} height={240}>
        {(list) => <GroupTable groups={list} onRemove={setOpen} onTaken={groups.reload} />}
      </Loaded>
      {open === 'new' && <NewGroupDialog onClose={() => setOpen(null)} />}
      {open !== null && open !== 'new' && (
        <ConfirmDialog
          title="Delete the group"
          text="Its hosts, keys, alerts and charts are deleted for good, and its agents are refused. Backups are never deleted along: a group that holds some is taken over first."
          name={open.name}
          verb="Delete the group"
          act={async () => {
            await send('DELETE', `/instance/groups/${encodeURIComponent(open.id)}`);
            groups.reload();
          }}
          onClose={() => setOpen(null)}
        />
      )}
    </>
  );
}

const columns = ['Group', 'Members', 'Owners', 'Hosts', 'Stored'];

interface GroupTableProps {
  readonly groups: readonly GroupOverview[];
  readonly onRemove: (group: GroupOverview) => void;
  readonly onTaken: () => void;
}

function GroupTable({ groups, onRemove, onTaken }: GroupTableProps) {
  const { session, refresh } = useSession();
  const sorted = useMemo(() => groups.toSorted((a, b) => a.name.localeCompare(b.name)), [groups]);
  const own = new Set(session.groups.map(({ id }) => id));
  const take = useAction(async (id: string) => {
    await send('PUT', `/users/${session.user.id}/groups/${encodeURIComponent(id)}`, { roles: ['owner'] });
    refresh();
    onTaken();
  });
  return (
    <>
      {take.error !== null && <ErrorBox error={take.error} />}
      <section class="card" aria-label="Groups">
        <RowsTable caption="Groups" class="all-groups" columns={columns} rows={sorted} narrowHeight={164}>
          {(group: GroupOverview, at) => (
            <tr key={group.id} aria-rowindex={at + 2}>
              <td class="host" title={group.name}>
                {own.has(group.id) ? (
                  <a class="clip" href={groupPath(group.id)}>
                    {group.name}
                  </a>
                ) : (
                  <b class="clip">{group.name}</b>
                )}
              </td>
              <td data-label="Members">
                {group.members === 0 ? <Pill health="warn" word="Nobody" /> : counted(group.members, 'member')}
              </td>
              <td data-label="Owners" title={group.owners.join(', ')}>
                {group.owners.length === 0 ? 'none who may sign in' : group.owners.join(', ')}
              </td>
              <td data-label="Hosts">{counted(group.hosts, 'host')}</td>
              <td data-label="Stored" title={storedOf(group)}>
                {size(group.metricBytes + group.backupBytes)}
              </td>
              <td class="acts">
                {group.owners.length === 0 && (
                  <RowButton word="Take over" of={group.name} busy={take.busy} onClick={() => take.run(group.id)} />
                )}
                {group.members === 0 && <RowButton word="Delete" of={group.name} onClick={() => onRemove(group)} />}
              </td>
            </tr>
          )}
        </RowsTable>
      </section>
    </>
  );
}

function storedOf({ metricBytes, backupBytes, backedUpSets }: GroupOverview): string {
  return `Charts ${size(metricBytes)}, backups of ${counted(backedUpSets, 'replica set')} ${size(backupBytes)}`;
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
