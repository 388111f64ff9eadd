import type { Alert } from '../../../wire/api/alerts.ts';
import { Icon } from '../../components/icon.tsx';
import { Shape } from '../../components/status.tsx';
import { counted, fullTime, shortDuration, shortTime } from '../../format.ts';
import { groupPath } from '../../router.ts';
import { useGroup } from '../../session.ts';
import { useZone } from '../../zone.ts';
import type { Place } from './alert-places.ts';
import type { Row } from './alert-rows.ts';

interface ChoiceProps {
  /** Null: nothing can be chosen here. */
  readonly chosen: ReadonlySet<string> | null;
  readonly onChoose: (ids: readonly string[], on: boolean) => void;
}

interface HeadRowProps extends ChoiceProps {
  readonly row: Extract<Row, { kind: 'head' }>;
  readonly at: number;
}

/** The name of a replica set over its alerts. */
export function HeadRow({ row, at, chosen, onChoose }: HeadRowProps) {
  const { name, severity, ids } = row;
  return (
    <tr class="head" aria-rowindex={at + 2}>
      <td class="choose">
        {chosen !== null && (
          <input
            type="checkbox"
            aria-label={`Choose all of ${name}`}
            checked={ids.every((id) => chosen.has(id))}
            onChange={({ currentTarget }) => onChoose(ids, currentTarget.checked)}
          />
        )}
      </td>
      <th scope="rowgroup" colSpan={4}>
        <Shape health={severity} />
        <span class="clip">{name}</span>
        <span class="sub">{counted(ids.length, 'alert')}</span>
      </th>
    </tr>
  );
}

interface AlertRowProps extends ChoiceProps {
  readonly alert: Alert;
  readonly place: Place;
  readonly at: number;
  readonly nowMs: number;
  readonly onAcknowledge: () => void;
  readonly onReopen: () => void;
}

/** One alert: what, since when, who has it. Its title opens it. */
export function AlertRow({ alert, place, at, nowMs, chosen, onChoose, onAcknowledge, onReopen }: AlertRowProps) {
  const { groupId, may } = useGroup();
  const zone = useZone();
  const { id, title, severity, state, ruleName, openedAtMs, closedAtMs } = alert;
  const end = closedAtMs ?? nowMs;
  return (
    <tr class={`one ${state}`} aria-rowindex={at + 2}>
      <td class="choose">
        {chosen !== null && (
          <input
            type="checkbox"
            aria-label={`Choose ${title}`}
            checked={chosen.has(id)}
            onChange={({ currentTarget }) => onChoose([id], currentTarget.checked)}
          />
        )}
      </td>
      <td class="what">
        <Shape health={state === 'closed' ? 'ok' : severity} />
        <a class="clip" href={groupPath(groupId, 'alerts', id)} title={title}>
          <span class="sr">{severity === 'bad' ? 'Severe: ' : 'Warning: '}</span>
          {title}
        </a>
        <span class="under clip">
          {ruleName}
          {state === 'closed' && place.setName !== null && `, ${place.setName}`}
          {place.tags.length > 0 && ` · ${place.tags.join(' ')}`}
        </span>
      </td>
      <td class="since" title={fullTime(openedAtMs, zone)}>
        {shortDuration(Math.max(1000, end - openedAtMs))}
        <span class="under">
          {closedAtMs === null ? `since ${shortTime(openedAtMs, zone)}` : `closed ${shortTime(closedAtMs, zone)}`}
        </span>
      </td>
      <td class="who">
        <WhoHasIt alert={alert} />
      </td>
      <td class="acts">
        {may('monitoring.write') && state === 'open' && (
          <button type="button" aria-label={`Acknowledge ${title}`} onClick={onAcknowledge}>
            Acknowledge
          </button>
        )}
        {may('monitoring.write') && state === 'acknowledged' && (
          <button type="button" class="quiet" aria-label={`Open again ${title}`} onClick={onReopen}>
            Open again
          </button>
        )}
      </td>
    </tr>
  );
}

/** Who acknowledged it and until when, or which maintenance silences it. */
function WhoHasIt({ alert }: { readonly alert: Alert }) {
  const zone = useZone();
  const { state, acknowledgedBy, acknowledgedUntilMs, note, maintenance } = alert;
  return (
    <>
      {state === 'acknowledged' && (
        <span class="clip" title={note ?? undefined}>
          {acknowledgedBy ?? 'somebody'}
          {acknowledgedUntilMs !== null && ` until ${shortTime(acknowledgedUntilMs, zone)}`}
          {note !== null && <span class="under clip">{note}</span>}
        </span>
      )}
      {maintenance !== null && state !== 'closed' && (
        <span class="silenced clip" title={`Nobody is told: ${maintenance.name}`}>
          <Icon name="silence" />
          {maintenance.name}
          {state !== 'acknowledged' && (
            <span class="under">maintenance until {shortTime(maintenance.untilMs, zone)}</span>
          )}
        </span>
      )}
    </>
  );
}
