import type { AuditEvent } from '../../../wire/api/audit.ts';
import { capital, fullTime, shortTime } from '../../format.ts';
import { useZone } from '../../zone.ts';
import { actorKind, detailText } from './audit-words.ts';

interface AuditRowProps {
  readonly event: AuditEvent;
  readonly at: number;
  /** What an event of this action says; while the list is not there, the action's name stands for it. */
  readonly meaning: string | undefined;
  readonly onOpen: () => void;
}

/** One event: when, who, from where, what; a press shows all of it. */
export function AuditRow({ event, at, meaning, onOpen }: AuditRowProps) {
  const zone = useZone();
  const { actor, address, subject, action } = event;
  const detail = [subject === null || subject.label === '' ? '' : subject.label, detailText(event.detail)]
    .filter(Boolean)
    .join(' · ');
  return (
    <tr aria-rowindex={at + 2}>
      <td class="when" title={fullTime(event.atMs, zone)}>
        <time dateTime={new Date(event.atMs).toISOString()}>{shortTime(event.atMs, zone)}</time>
      </td>
      <td class="who" title={`${actor.name} (${actorKind(actor)})`}>
        <span class="clip">{actor.name}</span>
        {actor.kind !== 'user' && actor.name !== actorKind(actor) && (
          <span class="sub small clip">{actorKind(actor)}</span>
        )}
      </td>
      <td class="from" title={address ?? 'no request'}>
        {address ?? '–'}
      </td>
      <td class="what" title={`${action}: ${meaning ?? ''} ${detail}`}>
        <button type="button" class="link clip" aria-haspopup="dialog" onClick={onOpen}>
          {capital(meaning?.split(';', 1)[0] ?? action)}
        </button>
        <span class="sub small clip">{detail}</span>
      </td>
    </tr>
  );
}
