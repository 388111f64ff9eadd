import type { Clock } from '../runtime/clock.ts';
import type { AuditActor, AuditSubject, AuditValue } from '../wire/api/audit.ts';
import type { AuditAction } from '../wire/api/audit-actions.ts';
import type { Actor } from './access/actor.ts';
import { boundedDetail, cutText } from './audit/bounded-detail.ts';
import type { AuditStore } from './audit/ports.ts';
import { newId } from './new-id.ts';

interface AuditParts {
  readonly clock: Clock;
  readonly stores: { readonly audit: AuditStore };
}

/** Who did it and from where: a request is one. */
export interface AuditSource {
  readonly actor: Actor | AuditActor | null;
  /** The address; null when no request is behind it. */
  readonly ip: string | null;
}

export interface AuditEntry {
  readonly action: AuditAction;
  /** Absent or null: about the server, not a group. */
  readonly groupId?: string | null;
  readonly subject?: AuditSubject;
  /** Never a secret, and no values of people's documents. Long texts are cut. */
  readonly detail?: Readonly<Record<string, AuditValue | undefined>>;
}

/** The server itself, in its background work. */
export const bySystem: AuditSource = { actor: { kind: 'system', id: null, name: 'Leafward' }, ip: null };
/** `leafward admin` on the server's machine. */
export const byAdminCli: AuditSource = { actor: { kind: 'admin-cli', id: null, name: 'leafward admin' }, ip: null };

/**
 * Writes down who did what; durable when it resolves. Call it before data is handed out, and after a change is made;
 * when it fails the request fails too, so that nothing is read unrecorded.
 */
export async function audit({ clock, stores }: AuditParts, source: AuditSource, entry: AuditEntry): Promise<void> {
  const { action, groupId = null, subject = null, detail = {} } = entry;
  await stores.audit.append([
    {
      id: newId('x'),
      groupId,
      atMs: Math.round(clock.now()),
      actor: auditActorOf(source.actor),
      address: source.ip,
      action,
      subject: subject === null ? null : { ...subject, id: cutText(subject.id), label: cutText(subject.label) },
      detail: boundedDetail(detail),
    },
  ]);
}

function auditActorOf(actor: AuditSource['actor']): AuditActor {
  if (actor === null) return { kind: 'user', id: null, name: 'nobody' };
  if ('name' in actor) return { kind: actor.kind, id: actor.id, name: cutText(actor.name) };
  if (actor.kind === 'user') return { kind: 'user', id: actor.user.id, name: actor.user.email };
  if (actor.kind === 'token') return { kind: 'token', id: actor.token.id, name: actor.token.name };
  return { kind: 'agent', id: actor.key.id, name: actor.key.name };
}
