import { useMemo, useState } from 'preact/hooks';
import type { Alert } from '../../../wire/api/alerts.ts';
import { send } from '../../api.ts';
import { useAction } from '../../components/action.ts';
import { ErrorBox } from '../../components/error-box.tsx';
import { narrow } from '../../components/narrow.ts';
import { VirtualRows } from '../../components/virtual-rows.tsx';
import { counted } from '../../format.ts';
import { useGroup } from '../../session.ts';
import { useClock } from '../../zone.ts';
import { AcknowledgeDialog } from './acknowledge-dialog.tsx';
import type { Places } from './alert-places.ts';
import { AlertRow, HeadRow } from './alert-row.tsx';
import { type AlertFilter, type Row, rowsOf } from './alert-rows.ts';

interface AlertListProps {
  readonly alerts: readonly Alert[];
  readonly state: AlertFilter['state'];
  readonly places: Places;
  readonly onChanged: () => void;
}

const headPx = 40;
const rowPx = narrow.matches ? 108 : 56;
const heightOf = (row: Row) => (row.kind === 'head' ? headPx : rowPx);

/** The alerts of one state as rows, of which only those near the screen exist; some or all are acknowledged at once. */
export function AlertList({ alerts, state, places, onChanged }: AlertListProps) {
  const { groupId, may } = useGroup();
  const now = useClock(10_000);
  const rows = useMemo(() => rowsOf(alerts, places, state), [alerts, places, state]);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState<readonly Alert[]>([]);
  const choosable = state !== 'closed' && may('monitoring.write');
  // What was closed meanwhile, or is filtered out, is no longer chosen.
  const chosen = useMemo(() => alerts.filter(({ id }) => marked.has(id)), [alerts, marked]);
  const chosenIds = useMemo(() => new Set(chosen.map(({ id }) => id)), [chosen]);
  const choose = (ids: readonly string[], on: boolean) => {
    const next = new Set(chosenIds);
    for (const id of ids) {
      if (on) next.add(id);
      else next.delete(id);
    }
    setMarked(next);
  };
  const reopen = useAction(async (id: string) => {
    await send('POST', `/groups/${groupId}/alerts/${encodeURIComponent(id)}/unacknowledge`);
    onChanged();
  });
  return (
    <>
      {reopen.error !== null && <ErrorBox error={reopen.error} />}
      <section class="card">
        <table class="alerts fixed" aria-rowcount={rows.length + 1} onKeyDown={moveByKeys}>
          <caption class="sr">Alerts: arrow keys go from one to the next</caption>
          <thead>
            <tr aria-rowindex={1}>
              <td class="choose">
                {choosable && (
                  <input
                    type="checkbox"
                    aria-label={`Choose all ${alerts.length}`}
                    checked={chosen.length === alerts.length && alerts.length > 0}
                    onChange={({ currentTarget }) =>
                      choose(
                        alerts.map(({ id }) => id),
                        currentTarget.checked,
                      )
                    }
                  />
                )}
              </td>
              <th scope="col">What</th>
              <th scope="col">{state === 'closed' ? 'Lasted' : 'For'}</th>
              <th scope="col">In whose hands</th>
              <th scope="col">
                <span class="sr">Actions</span>
              </th>
            </tr>
          </thead>
          <VirtualRows rows={rows} rowHeight={heightOf} columns={5}>
            {(row, at) =>
              row.kind === 'head' ? (
                <HeadRow key={row.key} row={row} at={at} chosen={choosable ? chosenIds : null} onChoose={choose} />
              ) : (
                <AlertRow
                  key={row.key}
                  alert={row.alert}
                  place={row.place}
                  at={at}
                  nowMs={now}
                  chosen={choosable ? chosenIds : null}
                  onChoose={choose}
                  onAcknowledge={() => setAsked([row.alert])}
                  onReopen={() => reopen.run(row.alert.id)}
                />
              )
            }
          </VirtualRows>
        </table>
      </section>
      {chosen.length > 0 && (
        <div class="chosen-bar" role="region" aria-label="Chosen alerts">
          <b>{counted(chosen.length, 'alert')} chosen</b>
          <button type="button" class="primary" onClick={() => setAsked(chosen)}>
            Acknowledge
          </button>
          <button type="button" onClick={() => setMarked(new Set())}>
            Clear
          </button>
        </div>
      )}
      {asked.length > 0 && (
        <AcknowledgeDialog
          alerts={asked}
          onClose={() => setAsked([])}
          onDone={() => {
            setMarked(new Set());
            onChanged();
          }}
        />
      )}
    </>
  );
}

/** Arrow up and down go from one row's link to the next; rows that are not drawn yet come as the page scrolls. */
function moveByKeys(event: KeyboardEvent): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  if (by === 0 || !(event.target instanceof HTMLElement)) return;
  let row = event.target.closest('tr');
  for (;;) {
    const next: Element | null | undefined = by > 0 ? row?.nextElementSibling : row?.previousElementSibling;
    if (!(next instanceof HTMLTableRowElement)) return;
    row = next;
    const link = row.querySelector('a');
    if (link === null) continue;
    event.preventDefault();
    link.focus();
    return;
  }
}
