import type { Clock } from '../../runtime/clock.ts';
import { toAppError } from '../../runtime/errors.ts';
import { newAlertingId } from '../new-id.ts';
import type { AlertEvent } from '../ports.ts';
import { mergeHeld } from './merge-held.ts';
import { noticeTitle } from './notice.ts';
import type { NotifierBook } from './notifier-book.ts';
import { type Delivery, type DeliveryStore, notice, type SendOutcome } from './ports.ts';

const firstRetryMs = 5_000;
const longestRetryMs = 15 * 60_000;
const longestRetryAfterMs = 3_600_000;
/** A message that could not be delivered for a day is given up: it is no news any more. */
const giveUpAfterMs = 24 * 3_600_000;
/** A receiver that says no is asked this many times, in case it was being set up. */
const refusals = 5;
/** Notifiers that are sent to at the same time; each has at most one message on its way. */
const lanesAtOnce = 32;

interface QueueParts {
  readonly store: DeliveryStore;
  readonly notifiers: NotifierBook;
  readonly clock: Clock;
  readonly link: (groupId: string) => string;
  readonly onEvents: (events: readonly AlertEvent[]) => Promise<void>;
}

/**
 * Brings notifications out, in order for each notifier, at least once: a delivery leaves the queue only when it was
 * taken, refused for good or a day old. A notifier that does not answer holds up no other. A restart goes on where the
 * store stands.
 */
export class DeliveryQueue {
  readonly #parts: QueueParts;
  /** Notifiers with a message on its way. */
  readonly #lanes = new Map<string, Promise<void>>();
  /** Nothing is due before; 0 = look now. Keeps an idle queue from reading the store. */
  #nextDueMs = 0;
  #failure: Error | undefined;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Something was added. */
  wake(): void {
    this.#nextDueMs = 0;
  }

  /** Begins to send what is due and waits for none of it. @throws what the store said, also to an earlier message */
  async tick(signal: AbortSignal): Promise<void> {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    const nowMs = this.#parts.clock.now();
    if (signal.aborted || nowMs < this.#nextDueMs) return;
    this.#nextDueMs = Number.POSITIVE_INFINITY;
    await this.#release(nowMs);
    for (const delivery of await this.#parts.store.headDeliveries()) {
      if (delivery.nextAtMs > nowMs) this.#dueAt(delivery.nextAtMs);
      else if (this.#lanes.size >= lanesAtOnce) this.#dueAt(nowMs);
      else if (!this.#lanes.has(delivery.notifierId)) this.#open(delivery, signal);
    }
  }

  /** Sends all that is due now, and waits until it is done. */
  async run(signal: AbortSignal): Promise<void> {
    do {
      await this.tick(signal);
      await this.idle();
    } while (!signal.aborted && this.#parts.clock.now() >= this.#nextDueMs);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Until nothing is on its way. */
  async idle(): Promise<void> {
    while (this.#lanes.size > 0) await Promise.all(this.#lanes.values());
  }

  /** Runs `work` for a notifier of which nothing is on its way, and lets nothing out meanwhile. False: something was. */
  async aside(notifierId: string, work: () => Promise<void>): Promise<boolean> {
    if (this.#lanes.has(notifierId)) return false;
    const mine = work().finally(() => {
      this.#lanes.delete(notifierId);
      this.wake();
    });
    this.#lanes.set(
      notifierId,
      mine.catch(() => {}),
    );
    await mine;
    return true;
  }

  #dueAt(ms: number): void {
    this.#nextDueMs = Math.min(this.#nextDueMs, ms);
  }

  /** What was held and is over goes into the queue. */
  async #release(nowMs: number): Promise<void> {
    const { store, notifiers, link } = this.#parts;
    for (const { groupId, notifierId, untilMs } of await store.heldUntil()) {
      if (untilMs > nowMs) {
        this.#dueAt(untilMs);
        continue;
      }
      const notifier = (await notifiers.notifiers(groupId)).find(({ id }) => id === notifierId);
      const newId = (): string => newAlertingId('d');
      if (notifier !== undefined) await mergeHeld(store, notifier, { groupId, nowMs, link: link(groupId), newId });
    }
  }

  #open(delivery: Delivery, signal: AbortSignal): void {
    const lane = this.#lane(delivery, signal)
      .catch((thrown: unknown) => {
        this.#failure = toAppError(thrown);
        this.wake();
      })
      .finally(() => this.#lanes.delete(delivery.notifierId));
    this.#lanes.set(delivery.notifierId, lane);
  }

  async #lane(first: Delivery, signal: AbortSignal): Promise<void> {
    let delivery: Delivery | undefined = first;
    while (delivery !== undefined && !signal.aborted) {
      if (delivery.nextAtMs > this.#parts.clock.now()) {
        this.#dueAt(delivery.nextAtMs);
        return;
      }
      if (!(await this.#deliver(delivery, signal))) return;
      delivery = await this.#parts.store.headDelivery(delivery.notifierId);
    }
  }

  /** One try. False: it is to be made again after the start. */
  async #deliver(delivery: Delivery, signal: AbortSignal): Promise<boolean> {
    const { store, notifiers, clock } = this.#parts;
    const { groupId, notifierId } = delivery;
    const notifier = (await notifiers.notifiers(groupId)).find((each) => each.id === notifierId);
    if (notifier === undefined || !notifier.settings.enabled) {
      await store.removeDelivery(delivery.id);
      return true;
    }
    const outcome = await notifiers.send(groupId, notifier, delivery.body, signal);
    // The server stops: what became of this try is unknown.
    if (signal.aborted && outcome.result === 'failed') return false;
    await notifiers.noteAttempt(groupId, notifierId, outcome);
    const nowMs = clock.now();
    const attempts = delivery.attempts + 1;
    const tried = { ...delivery, attempts, detail: outcome.detail };
    const end = {
      atMs: nowMs,
      detail: outcome.detail,
      notifierName: notifier.settings.name,
      title: noticeTitle(notice.parse(JSON.parse(delivery.body))),
    };
    if (outcome.result === 'delivered') {
      await store.endDelivery(tried, { ...end, state: 'delivered' });
    } else if (isHopeless(tried, outcome, nowMs)) {
      await store.endDelivery(tried, { ...end, state: 'givenUp' });
      await this.#parts.onEvents([givenUp(delivery, notifier.settings.name, outcome, nowMs)]);
    } else {
      await store.saveDelivery({ ...tried, nextAtMs: nowMs + retryMs(attempts, outcome) });
    }
    return true;
  }
}

function isHopeless({ createdAtMs, attempts }: Delivery, { result }: SendOutcome, nowMs: number): boolean {
  return nowMs - createdAtMs >= giveUpAfterMs || (result === 'refused' && attempts >= refusals);
}

/** 5 s, 15 s, 45 s … up to 15 minutes, or as long as the receiver asked for. */
function retryMs(attempts: number, { retryAfterMs = 0 }: SendOutcome): number {
  const ours = Math.min(longestRetryMs, firstRetryMs * 3 ** Math.min(attempts - 1, 10));
  return Math.max(ours, Math.min(retryAfterMs, longestRetryAfterMs));
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
