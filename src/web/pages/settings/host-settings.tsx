import { useState } from 'preact/hooks';
import type { Host } from '../../../wire/api/deployment.ts';
import { send } from '../../api.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { FilterInput } from '../../components/filter-input.tsx';
import { Icon } from '../../components/icon.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { WhyNot } from '../../components/why-not.tsx';
import { counted } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { useGroup } from '../../session.ts';
import { AddHostDialog } from '../hosts/add-host-dialog.tsx';
import { DoctorSteps } from '../hosts/doctor-steps.tsx';
import { EditHostDialog } from '../hosts/edit-host-dialog.tsx';
import { TagHostsDialog } from '../hosts/tag-hosts-dialog.tsx';
import { HostTable, type OpenHost } from './host-table.tsx';

/** Every process that is watched: how it is reached, and the ways to change that. */
export function HostSettings() {
  const { groupId, may } = useGroup();
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`, ['hosts']);
  const [open, setOpen] = useState<OpenHost | null>(null);
  const [filter, setFilter] = useState('');
  const close = () => setOpen(null);
  return (
    <>
      <div class="bar-tools">
        <FilterInput
          placeholder="Filter: name, set, state, tag"
          label="Filter hosts"
          value={filter}
          onText={setFilter}
        />
        {hosts.data !== undefined && <span class="sub">{counted(hosts.data.length, 'host')}</span>}
        {may('monitoring.write') && (
          <button type="button" class="end" onClick={() => setOpen({ what: 'add' })}>
            <Icon name="plus" />
            Add host
          </button>
        )}
      </div>
      <WhyNot permission="monitoring.write" what="add, check, edit or remove hosts" />
      <Loaded from={hosts} height={300}>
        {(list) =>
          list.length === 0 ? (
            <div class="card empty big">
              <Icon name="deployment" />
              <h2>No hosts yet</h2>
              <p>One member of a replica set or one mongos is enough: all others are found by themselves.</p>
            </div>
          ) : (
            <HostTable hosts={list} filter={filter} onOpen={setOpen} />
          )
        }
      </Loaded>
      {open?.what === 'add' && <AddHostDialog onClose={close} />}
      {open?.what === 'tag' && <TagHostsDialog hosts={open.hosts} onClose={close} onSaved={hosts.reload} />}
      {open?.what === 'edit' && <EditHostDialog host={open.host} onClose={close} onSaved={hosts.reload} />}
      {open?.what === 'check' && (
        <Dialog title={`Check ${open.host.host}`} onClose={close} wide>
          <DoctorSteps hostId={open.host.id} />
        </Dialog>
      )}
      {open?.what === 'remove' && (
        <ConfirmDialog
          title="Remove the host"
          text="It is no longer watched and all its samples are deleted. A member of a set that is still watched would be found again."
          name={open.host.host}
          verb="Remove the host and its samples"
          act={async () => {
            await send('DELETE', `/groups/${groupId}/hosts/${encodeURIComponent(open.host.id)}`);
            hosts.reload();
          }}
          onClose={close}
        />
      )}
    </>
  );
}
