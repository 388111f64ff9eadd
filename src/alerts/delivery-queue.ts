import type { Clock } from '../runtime/clock.ts';
import type { NotifierBook } from './notifier-book.ts';
import type { AlertEvent, AlertStore, Delivery, SendOutcome } from './ports.ts';

const firstRetryMs = 5_000;
const longestRetryMs = 15 * 60_000;
/** A message that could not be delivered for a day is given up: it is no news any more. */
const giveUpAfterMs = 24 * 3_600_000;
/** A receiver that says no is asked this many times, in case it was being set up. */
const refusals = 5;

interface QueueParts {
  readonly store: AlertStore;
  readonly notifiers: NotifierBook;
  readonly clock: Clock;
  readonly onEvents: (events: readonly AlertEvent[]) => Promise<void>;
}

/**
 * Brings notifications out, in order for each notifier, at least once: a delivery leaves the store only when it was
 * taken, refused for good or a day old. A restart goes on where the store stands.
 */
export class DeliveryQueue {
  readonly #parts: QueueParts;
  /** Nothing is due before; 0 = look now. Keeps an idle queue from reading the store. */
  #nextDueMs = 0;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Something was added. */
  wake(): void {
    this.#nextDueMs = 0;
  }

  /** Sends all that is due; never throws for what a receiver does. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#parts.clock.now() >= this.#nextDueMs) {
      const nowMs = this.#parts.clock.now();
      this.#nextDueMs = Number.POSITIVE_INFINITY;
      const heads = await this.#parts.store.headDeliveries();
      const due = heads.filter((delivery) => delivery.nextAtMs <= nowMs);
      const later = heads.filter((delivery) => delivery.nextAtMs > nowMs).map((delivery) => delivery.nextAtMs);
      const after = await Promise.all(due.map((delivery) => this.#deliver(delivery, signal)));
      this.#nextDueMs = Math.min(this.#nextDueMs, ...later, ...after);
    }
  }

  /** One try. Gives back when to look at this notifier's queue again. */
  async #deliver(delivery: Delivery, signal: AbortSignal): Promise<number> {
    const { store, notifiers, clock } = this.#parts;
    const { groupId, notifierId, id, body } = delivery;
    const notifier = (await notifiers.notifiers(groupId)).find((each) => each.id === notifierId);
    if (notifier === undefined || !notifier.enabled) {
      await store.removeDelivery(id);
      return 0;
    }
    const outcome = await notifiers.send(groupId, notifier, id, body, signal);
    // The server stops: what became of this try is unknown, so it is made again after the start.
    if (signal.aborted && outcome.result === 'failed') return Number.POSITIVE_INFINITY;
    await notifiers.noteAttempt(groupId, notifierId, outcome);
    if (outcome.result === 'delivered') {
      await store.removeDelivery(id);
      return 0;
    }
    const nowMs = clock.now();
    const attempts = delivery.attempts + 1;
    if (nowMs - delivery.createdAtMs >= giveUpAfterMs || (outcome.result === 'refused' && attempts >= refusals)) {
      await store.removeDelivery(id);
      await this.#parts.onEvents([givenUp(delivery, notifier.name, outcome, nowMs)]);
      return 0;
    }
    const nextAtMs = nowMs + retryMs(attempts);
    await store.saveDelivery({ ...delivery, attempts, nextAtMs });
    return nextAtMs;
  }
}

/** 5 s, 15 s, 45 s … up to 15 minutes. */
function retryMs(attempts: number): number {
  return Math.min(longestRetryMs, firstRetryMs * 3 ** Math.min(attempts - 1, 10));
}

function givenUp({ groupId }: Delivery, name: string, { detail }: SendOutcome, nowMs: number): AlertEvent {
  return {
    groupId,
    atMs: nowMs,
    kind: 'notificationFailed',
    subject: { kind: 'group', id: groupId, label: name },
    message: `A notification to ${name} was given up: ${detail}`,
  };
}
