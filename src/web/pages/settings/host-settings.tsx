import { useMemo, useState } from 'preact/hooks';
import type { Host } from '../../../wire/api/deployment.ts';
import { send } from '../../api.ts';
import { ConfirmDialog } from '../../components/confirm-dialog.tsx';
import { Dialog } from '../../components/dialog.tsx';
import { Icon } from '../../components/icon.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { RowButton } from '../../components/row-button.tsx';
import { StatusPill } from '../../components/status.tsx';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { WhyNot } from '../../components/why-not.tsx';
import { counted } from '../../format.ts';
import { useResource } from '../../resource.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { AddHostDialog } from '../hosts/add-host-dialog.tsx';
import { DoctorSteps } from '../hosts/doctor-steps.tsx';
import { EditHostDialog } from '../hosts/edit-host-dialog.tsx';

type Open = { readonly what: 'add' } | { readonly what: 'edit' | 'check' | 'remove'; readonly host: Host };
const narrow = matchMedia('(max-width: 700px)');

/** Every process that is watched: how it is reached, and the ways to change that. */
export function HostSettings() {
  const { groupId, may } = useGroup();
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`, ['hosts']);
  const [open, setOpen] = useState<Open | null>(null);
  const [filter, setFilter] = useState('');
  const close = () => setOpen(null);
  return (
    <>
      <div class="bar-tools">
        <input
          class="filter"
          type="search"
          placeholder="Filter: name, set, state"
          aria-label="Filter hosts"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
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

interface HostTableProps {
  readonly hosts: readonly Host[];
  readonly filter: string;
  readonly onOpen: (open: Open) => void;
}

function HostTable({ hosts, filter, onOpen }: HostTableProps) {
  const { groupId, may } = useGroup();
  const rows = useMemo(() => {
    const wanted = filter.toLowerCase();
    const text = (host: Host) =>
      [host.host, host.setName, host.status.word, host.role, ...host.aliases].join(' ').toLowerCase();
    return hosts.filter((host) => text(host).includes(wanted)).sort((a, b) => a.host.localeCompare(b.host));
  }, [hosts, filter]);
  if (rows.length === 0) return <p class="card empty">No host matches “{filter}”.</p>;
  return (
    <section class="card">
      <table class="hosts fixed">
        <caption class="sr">Hosts</caption>
        <thead>
          <tr>
            <th scope="col">State</th>
            <th scope="col">Host</th>
            <th scope="col">Set</th>
            <th scope="col">Reached by</th>
            <th scope="col">User</th>
            <th scope="col">
              <span class="sr">Actions</span>
            </th>
          </tr>
        </thead>
        <VirtualRows rows={rows} rowHeight={narrow.matches ? 124 : 44} columns={6}>
          {(host) => (
            <tr key={host.id}>
              <td class="state">
                <StatusPill status={host.status} />
              </td>
              <td class="host" title={[host.host, ...host.aliases].join(', also ')}>
                <a href={groupPath(groupId, 'hosts', host.id)}>{host.host}</a>
              </td>
              <td class="place">{host.setName ?? '–'}</td>
              <td class="reach">{host.connectTo ?? (host.seed ? 'its name, added by hand' : 'its name, found')}</td>
              <td class="user">{host.username ?? (host.hasCredentials ? 'set' : 'agent’s own')}</td>
              <td class="acts">
                {may('monitoring.write') && (
                  <>
                    <RowButton word="Check" of={host.host} onClick={() => onOpen({ what: 'check', host })} />
                    <RowButton word="Edit" of={host.host} onClick={() => onOpen({ what: 'edit', host })} />
                    <RowButton word="Remove" of={host.host} onClick={() => onOpen({ what: 'remove', host })} />
                  </>
                )}
              </td>
            </tr>
          )}
        </VirtualRows>
      </table>
    </section>
  );
}
