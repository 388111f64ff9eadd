import { useState } from 'preact/hooks';
import type { Host } from '../../../../wire/api/deployment.ts';
import type { MaintenanceWindow } from '../../../../wire/api/notifiers.ts';
import { send } from '../../../api.ts';
import { useAction } from '../../../components/action.ts';
import { ErrorBox } from '../../../components/error-box.tsx';
import { Icon } from '../../../components/icon.tsx';
import { ListCard } from '../../../components/list-card.tsx';
import { RowButton } from '../../../components/row-button.tsx';
import { Pill } from '../../../components/status.tsx';
import { WhyNot } from '../../../components/why-not.tsx';
import { useResource } from '../../../resource.ts';
import { useGroup } from '../../../session.ts';
import { useClock, useZone } from '../../../zone.ts';
import { setNames } from '../target-choices.ts';
import { SilenceMenu } from './silence-menu.tsx';
import { WindowDialog } from './window-dialog.tsx';
import { spanOf, targetWords, timesWords } from './window-words.ts';

const columns = ['Name', 'When', 'What', 'State'];
const noHosts: readonly Host[] = [];

/** Planned work: nobody is woken while it lasts. */
export function WindowSettings() {
  const { groupId, may } = useGroup();
  const path = `/groups/${groupId}/maintenance-windows`;
  const windows = useResource<MaintenanceWindow[]>(path, ['alerts']);
  const hosts = useResource<Host[]>(`/groups/${groupId}/hosts`).data ?? noHosts;
  const [editing, setEditing] = useState<MaintenanceWindow | 'new' | null>(null);
  return (
    <div class="stack">
      <WhyNot permission="monitoring.write" what="plan maintenance" />
      <ListCard
        title="Maintenance windows"
        note="nobody is told of alerts that open meanwhile; what is still open at the end is told then"
        from={windows}
        height={160}
        order={activeFirst}
        empty="No maintenance is planned. Silence a host or a set from its page, or the whole group from here."
        columns={columns}
        removal={{
          title: 'Remove the maintenance window',
          text: 'If it is on now, people are told at once of what is open.',
          verb: 'Remove the window',
          name: ({ name }) => name,
          act: ({ id }) => send('DELETE', `${path}/${encodeURIComponent(id)}`),
        }}
        action={
          may('monitoring.write') && (
            <span class="end">
              <SilenceMenu
                word="Silence all now"
                what="the whole group"
                target={{ hosts: [], sets: [], tags: [] }}
                onMade={windows.reload}
              />
              <button type="button" onClick={() => setEditing('new')}>
                <Icon name="plus" />
                Plan maintenance
              </button>
            </span>
          )
        }
      >
        {(window, askRemoval) => (
          <WindowRow
            window={window}
            hosts={hosts}
            path={`${path}/${encodeURIComponent(window.id)}`}
            onChanged={windows.reload}
            onEdit={() => setEditing(window)}
            onRemove={askRemoval}
          />
        )}
      </ListCard>
      {editing !== null && (
        <WindowDialog
          window={editing === 'new' ? null : editing}
          hosts={hosts}
          onClose={() => setEditing(null)}
          onSaved={windows.reload}
        />
      )}
    </div>
  );
}

interface WindowRowProps {
  readonly window: MaintenanceWindow;
  readonly hosts: readonly Host[];
  readonly path: string;
  readonly onChanged: () => void;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function WindowRow({ window, hosts, path, onChanged, onEdit, onRemove }: WindowRowProps) {
  const { may } = useGroup();
  const zone = useZone();
  const now = useClock(30_000);
  const end = useAction(async () => {
    const { times } = window;
    // A window that comes again is only switched off: what was planned is not lost.
    await send('PATCH', path, times.kind === 'once' ? { times: { ...times, toMs: Date.now() } } : { enabled: false });
    onChanged();
  });
  const turnOn = useAction(async () => {
    await send('PATCH', path, { enabled: true });
    onChanged();
  });
  const setName = (id: string) => setNames(hosts).find(([value]) => value === id)?.[1] ?? id;
  const error = end.error ?? turnOn.error;
  return (
    <tr class={window.enabled && window.toMs !== null ? undefined : 'gone'}>
      <td class="host">
        <b>{window.name}</b>
        <span class="under">by {window.createdBy}</span>
      </td>
      <td data-label="When" class="wrap">
        {timesWords(window.times, zone, now)}
        {error !== null && <ErrorBox error={error} />}
      </td>
      <td data-label="What" class="wrap">
        {targetWords(window.target, setName)}
      </td>
      <td data-label="State" class="wrap">
        <WindowState window={window} />
      </td>
      <td class="acts">
        {may('monitoring.write') && (
          <>
            {window.active && (
              <RowButton
                word={window.times.kind === 'once' ? 'End now' : 'Turn off'}
                of={window.name}
                busy={end.busy}
                onClick={end.run}
              />
            )}
            {!window.enabled && <RowButton word="Turn on" of={window.name} busy={turnOn.busy} onClick={turnOn.run} />}
            <RowButton word="Edit" of={window.name} onClick={onEdit} />
            <RowButton word="Remove" of={window.name} onClick={onRemove} />
          </>
        )}
      </td>
    </tr>
  );
}

function WindowState({ window }: { readonly window: MaintenanceWindow }) {
  const zone = useZone();
  const now = useClock(30_000);
  const { enabled, active, fromMs, toMs } = window;
  if (!enabled) return <Pill health="off" word="Off" />;
  if (fromMs === null || toMs === null) return <Pill health="off" word="Over" />;
  const span = spanOf({ fromMs, toMs }, zone, now);
  if (active) return <Pill health="busy" word="On now" title={span} />;
  return <>Next: {span}</>;
}

function activeFirst(a: MaintenanceWindow, b: MaintenanceWindow): number {
  const rank = ({ active, enabled, fromMs }: MaintenanceWindow) =>
    active ? 0 : !enabled || fromMs === null ? Number.MAX_VALUE : fromMs;
  return rank(a) - rank(b) || b.createdAtMs - a.createdAtMs;
}
