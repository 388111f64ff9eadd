import type { Event } from '../../wire/api/alerts.ts';
import { fullTime, shortTime } from '../format.ts';
import { groupPath } from '../router.ts';
import { useGroup } from '../session.ts';
import { useZone } from '../zone.ts';
import { Shape, type ShapeKind } from './status.tsx';

/** A short list of events as a table. */
export function EventRows({ events }: { readonly events: readonly Event[] }) {
  return (
    <table class="events">
      <caption class="sr">Events, newest first</caption>
      <thead class="sr">
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Where</th>
          <th scope="col">What</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <EventRow key={event.id} event={event} />
        ))}
      </tbody>
    </table>
  );
}

export function EventRow({ event }: { readonly event: Event }) {
  const { groupId } = useGroup();
  const zone = useZone();
  const { label } = event.subject;
  const address = addressOf(groupId, event.subject);
  return (
    <tr>
      <td class="when" title={fullTime(event.atMs, zone)}>
        <time dateTime={new Date(event.atMs).toISOString()}>{shortTime(event.atMs, zone)}</time>
      </td>
      <td class="where">
        <span class="pill" title={event.kind}>
          <Shape health={shapeOf(event.kind)} />
          {address === null ? (
            <span class="clip">{label}</span>
          ) : (
            <a class="clip" href={address} title={label}>
              {label}
            </a>
          )}
        </span>
      </td>
      <td class="what" title={event.message}>
        <span>{event.message}</span>
      </td>
    </tr>
  );
}

/** Where the subject of an event is seen; null: nowhere. */
function addressOf(groupId: string, { kind, id, label }: Event['subject']): string | null {
  if (kind === 'host') return groupPath(groupId, 'hosts', id);
  if (kind === 'agent') return groupPath(groupId, 'agents');
  return kind === 'set' || kind === 'cluster' ? `${groupPath(groupId)}?filter=${encodeURIComponent(label)}` : null;
}

/** Only what hurts has a colour; everything else is a dash. */
function shapeOf(kind: string): ShapeKind {
  if (/closed|resolved|^reachable|recovered|returned/i.test(kind)) return 'ok';
  if (/down|unreachable|noPrimary/i.test(kind)) return 'bad';
  if (/alert|opened|problem|gap|lost|duplicate/i.test(kind)) return 'warn';
  return 'off';
}
