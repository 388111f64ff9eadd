import type { AuditEvent } from '../../../wire/api/audit.ts';
import { Dialog } from '../../components/dialog.tsx';
import { capital, fullTime, whole } from '../../format.ts';
import { useSession } from '../../session.ts';
import { useZone } from '../../zone.ts';
import { actorKind, valueText, wordsOf } from './audit-words.ts';

interface AuditDialogProps {
  readonly event: AuditEvent;
  readonly meaning: string | undefined;
  readonly onClose: () => void;
}

/** All that is on record of one event. */
export function AuditDialog({ event, meaning, onClose }: AuditDialogProps) {
  const zone = useZone();
  const { groups } = useSession().session;
  const { actor, subject, address, groupId } = event;
  const rows: (readonly [string, string])[] = [
    ['When', `${fullTime(event.atMs, zone)} (${new Date(event.atMs).toISOString()})`],
    ['Who', `${actor.name} (${actorKind(actor)})`],
    ['From', address ?? 'no request: the server itself, or its machine'],
    ['What', event.action],
    ...(subject === null ? [] : [['Of', `${subject.label} (${subject.kind} ${subject.id})`] as const]),
    ['Group', groupId === null ? 'none: the whole server' : (groups.find(({ id }) => id === groupId)?.name ?? groupId)],
    ...Object.entries(event.detail).map(([name, value]) => [capital(wordsOf(name)), valueText(value)] as const),
  ];
  return (
    <Dialog title={`Event ${whole(event.sequence)}`} onClose={onClose} wide>
      <div class="form">
        {meaning !== undefined && <p>{capital(meaning)}.</p>}
        <dl class="event-facts">
          {rows.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
          <div>
            <dt>Hash</dt>
            <dd class="mono">{event.hash}</dd>
          </div>
        </dl>
        <p class="help">
          The hash covers this event and the one before: nothing can be changed or cut out unseen. On the server’s
          machine, <code>leafward admin verify-audit</code> checks all of them.
        </p>
      </div>
    </Dialog>
  );
}
