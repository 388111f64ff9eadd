import { useMemo, useState } from 'preact/hooks';
import type { Host } from '../../../wire/api/deployment.ts';
import { TagChips } from '../../components/chip-picker.tsx';
import { fitsWords } from '../../components/fits-words.ts';
import { narrow } from '../../components/narrow.ts';
import { RowButton } from '../../components/row-button.tsx';
import { StatusPill } from '../../components/status.tsx';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { counted } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';

/** What is open above the table. */
export type OpenHost =
  | { readonly what: 'add' }
  | { readonly what: 'tag'; readonly hosts: readonly Host[] }
  | { readonly what: 'edit' | 'check' | 'remove'; readonly host: Host };

interface HostTableProps {
  readonly hosts: readonly Host[];
  readonly filter: string;
  readonly onOpen: (open: OpenHost) => void;
}

/** The hosts as rows, of which only those near the screen exist; many are chosen to be tagged at once. */
export function HostTable({ hosts, filter, onOpen }: HostTableProps) {
  const { may } = useGroup();
  const rows = useMemo(() => {
    const fits = fitsWords(filter);
    const text = ({ host, setName, status, role, aliases, tags }: Host) =>
      [host, setName, status.word, role, ...aliases, ...tags].join(' ');
    return hosts.filter((host) => fits(text(host))).sort((a, b) => a.host.localeCompare(b.host));
  }, [hosts, filter]);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const chosen = rows.filter(({ id }) => marked.has(id));
  const choose = (ids: readonly string[], on: boolean) =>
    setMarked(new Set(on ? [...marked, ...ids] : [...marked].filter((id) => !ids.includes(id))));
  if (rows.length === 0) return <p class="card empty">No host matches “{filter}”.</p>;
  const choosable = may('monitoring.write');
  return (
    <>
      <section class="card">
        <table class={choosable ? 'hosts fixed choosable' : 'hosts fixed'} aria-rowcount={rows.length + 1}>
          <caption class="sr">Hosts</caption>
          <thead>
            <tr aria-rowindex={1}>
              {choosable && (
                <td class="choose">
                  <input
                    type="checkbox"
                    aria-label={`Choose all ${rows.length}`}
                    checked={chosen.length === rows.length}
                    onChange={({ currentTarget }) =>
                      setMarked(new Set(currentTarget.checked ? rows.map(({ id }) => id) : []))
                    }
                  />
                </td>
              )}
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
          <VirtualRows rows={rows} rowHeight={narrow.matches ? 124 : 44} columns={choosable ? 7 : 6}>
            {(host, at) => (
              <HostRow
                key={host.id}
                host={host}
                at={at}
                chosen={choosable ? marked.has(host.id) : null}
                onChoose={(on) => choose([host.id], on)}
                onOpen={onOpen}
              />
            )}
          </VirtualRows>
        </table>
      </section>
      {chosen.length > 0 && (
        <div class="chosen-bar" role="region" aria-label="Chosen hosts">
          <b>{counted(chosen.length, 'host')} chosen</b>
          <button type="button" class="primary" onClick={() => onOpen({ what: 'tag', hosts: chosen })}>
            Tag
          </button>
          <button type="button" onClick={() => setMarked(new Set())}>
            Clear
          </button>
        </div>
      )}
    </>
  );
}

interface HostRowProps {
  readonly host: Host;
  readonly at: number;
  /** Null: this person cannot change hosts. */
  readonly chosen: boolean | null;
  readonly onChoose: (on: boolean) => void;
  readonly onOpen: (open: OpenHost) => void;
}

function HostRow({ host, at, chosen, onChoose, onOpen }: HostRowProps) {
  const { groupId } = useGroup();
  return (
    <tr aria-rowindex={at + 2}>
      {chosen !== null && (
        <td class="choose">
          <input
            type="checkbox"
            aria-label={`Choose ${host.host}`}
            checked={chosen}
            onChange={({ currentTarget }) => onChoose(currentTarget.checked)}
          />
        </td>
      )}
      <td class="state">
        <StatusPill status={host.status} />
      </td>
      <td class="host" title={[host.host, ...host.aliases].join(', also ')}>
        <a href={groupPath(groupId, 'hosts', host.id)}>{host.host}</a> <TagChips tags={host.tags} />
      </td>
      <td class="place" data-label="Set" title={host.setName ?? undefined}>
        {host.setName ?? '–'}
      </td>
      <td class="reach" data-label="Reached by">
        {host.connectTo ?? (host.seed ? 'its name, added by hand' : 'its name, found by itself')}
      </td>
      <td class="user">{host.username ?? (host.hasCredentials ? 'set' : 'agent’s own')}</td>
      <td class="acts">
        {chosen !== null && (
          <>
            <RowButton word="Check" of={host.host} onClick={() => onOpen({ what: 'check', host })} />
            <RowButton word="Edit" of={host.host} onClick={() => onOpen({ what: 'edit', host })} />
            <RowButton word="Remove" of={host.host} onClick={() => onOpen({ what: 'remove', host })} />
          </>
        )}
      </td>
    </tr>
  );
}
