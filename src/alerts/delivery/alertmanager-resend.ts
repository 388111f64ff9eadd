import type { Clock } from '../../runtime/clock.ts';
import type { AlertMemory } from '../group-memory.ts';
import { newAlertingId } from '../new-id.ts';
import type { DeliveryQueue } from './delivery-queue.ts';
import { countsOf, deliveryOf } from './notice.ts';
import type { NotifierBook } from './notifier-book.ts';
import type { NoticeItem, NotifierRecord } from './ports.ts';

interface ResendParts {
  readonly memory: AlertMemory;
  readonly notifiers: NotifierBook;
  readonly queue: DeliveryQueue;
  readonly clock: Clock;
  readonly link: (groupId: string) => string;
}

const inOneMessage = 100;

/**
 * Sends to every Alertmanager what is open and was told to it, again: it forgets what nobody repeats. Nothing of this
 * is stored; a message that is lost comes again a minute later. One that waits in the queue goes first.
 */
export async function resendToAlertmanagers(
  { memory, notifiers, queue, clock, link }: ResendParts,
  groupIds: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const waiting = new Set((await memory.store.headDeliveries()).map(({ notifierId }) => notifierId));
  const sent: Promise<unknown>[] = [];
  for (const groupId of groupIds) {
    for (const notifier of memory.loaded(groupId)?.notifiers ?? []) {
      const { settings } = notifier;
      if (settings.kind !== 'alertmanager' || !settings.enabled || waiting.has(notifier.id)) continue;
      const work = async (): Promise<void> => {
        const items = openItems(memory, groupId, notifier);
        for (let from = 0; from < items.length && !signal.aborted; from += inOneMessage) {
          const some = items.slice(from, from + inOneMessage);
          const occasion = { groupId, nowMs: clock.now(), link: link(groupId), newId: () => newAlertingId('d') };
          const content = { alert: null, items: some, more: 0, counts: countsOf(some.map(({ kind }) => kind)) };
          const { body } = deliveryOf('alerts.digest', notifier.id, content, occasion);
          const outcome = await notifiers.send(groupId, notifier, body, signal);
          if (outcome.result === 'delivered') continue;
          await notifiers.noteAttempt(groupId, notifier.id, outcome);
          return;
        }
      };
      sent.push(queue.aside(notifier.id, work));
    }
  }
  await Promise.all(sent);
}

function openItems(memory: AlertMemory, groupId: string, notifier: NotifierRecord): NoticeItem[] {
  const group = memory.loaded(groupId);
  return [...(group?.active.values() ?? [])].flatMap((alert) => {
    const plan = group?.delivery.plans.get(alert.id);
    const isTold = plan?.told.some(({ notifierId }) => notifierId === notifier.id) ?? false;
    return isTold ? [{ kind: 'alert.repeated' as const, atMs: alert.openedAtMs, alert }] : [];
  });
}
