import type { Clock } from '../runtime/clock.ts';
import { type Actor, actorName } from './access/actor.ts';
import { newId } from './new-id.ts';
import type { EventStore } from './ports.ts';

interface AuditParts {
  readonly clock: Clock;
  readonly stores: { readonly events: EventStore };
}

/** Writes down who did what; `detail` never holds a secret. */
export async function audit(
  { clock, stores }: AuditParts,
  actor: Actor | string | null,
  groupId: string | null,
  action: string,
  detail: string,
): Promise<void> {
  const name = typeof actor === 'string' ? actor : actorName(actor);
  await stores.events.appendAudit({ id: newId('x'), groupId, atMs: clock.now(), actor: name, action, detail });
}
