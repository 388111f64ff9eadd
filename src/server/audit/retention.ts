import { periodic } from '../../runtime/periodic.ts';
import type { ServerContext } from '../context.ts';
import { newId } from '../new-id.ts';
import { auditSection } from './audit-section.ts';
import type { AuditAnchor, AuditRecord } from './ports.ts';

const everyMs = 3_600_000;
const firstMs = 60_000;
const dayMs = 86_400_000;
/** One transaction: the writer is not held up for long. */
const atOnce = 20_000;

type Parts = Pick<ServerContext, 'stores' | 'clock' | 'instance'>;

/** Removes events that are older than the retention, oldest first; each cut is an event itself. */
export async function cutOldEvents({ stores, clock, instance }: Parts): Promise<void> {
  const { keepDays } = (await instance.read(auditSection)).value;
  if (keepDays === null) return;
  const before = clock.now() - keepDays * dayMs;
  const record = (anchor: AuditAnchor, events: number): AuditRecord => ({
    id: newId('x'),
    groupId: null,
    atMs: Math.round(clock.now()),
    actor: { kind: 'system', id: null, name: 'Leafward' },
    address: null,
    action: 'audit.cut',
    subject: null,
    detail: { throughSequence: anchor.sequence, hash: anchor.hash, events, keepDays },
  });
  const through = await stores.audit.lastBefore(before);
  for (let from = (await stores.audit.anchor()).sequence; from < through; from += atOnce) {
    await stores.audit.cut(Math.min(through, from + atOnce), record);
  }
}

/** Every hour until the server stops. */
export async function keepAuditLogShort(context: ServerContext): Promise<void> {
  const { log, signal } = context;
  await periodic(() => cutOldEvents(context), {
    intervalMs: everyMs,
    firstDelayMs: firstMs,
    signal,
    onError: (thrown) => log.warn('old audit events could not be removed', { reason: String(thrown) }),
  });
}
