import { kindsOfReaders } from './delivery-memory.ts';
import { countsOf, deliveryOf, mostUrgent, type Occasion } from './notice.ts';
import type { Delivery, DeliveryStore, HeldDelivery, NoticeItem, NotifierRecord } from './ports.ts';

const pageSize = 500;
/** Alerts that a person is told by name. */
const namedToReaders = 50;
/** Events in one message to a program. */
const inOneMessage = 100;

/**
 * What waited for a digest, the end of quiet hours or of a crowded minute goes into the queue: for people as one
 * message, for programs as one of each hundred events, for pagers each by itself but for those that were too many.
 */
export async function mergeHeld(store: DeliveryStore, notifier: NotifierRecord, occasion: Occasion): Promise<void> {
  const reader = kindsOfReaders[notifier.settings.kind];
  if (reader === 'reader') await mergeForReader(store, notifier.id, occasion);
  else if (reader === 'program') await mergeForProgram(store, notifier.id, occasion);
  else await mergeForPager(store, notifier.id, occasion);
}

async function mergeForProgram(store: DeliveryStore, notifierId: string, occasion: Occasion): Promise<void> {
  for await (const page of pages(store, notifierId, occasion.nowMs)) {
    const made = inMessages(notifierId, page, occasion);
    await store.replaceHeld(notifierId, occasion.nowMs, page.at(-1)?.sequence ?? 0, made);
  }
}

async function mergeForReader(store: DeliveryStore, notifierId: string, occasion: Occasion): Promise<void> {
  const several = new Several();
  for await (const page of pages(store, notifierId, occasion.nowMs)) several.add(page);
  const [only] = several.items;
  const made =
    only === undefined
      ? []
      : several.kinds.size === 1
        ? [deliveryOf(only.kind, notifierId, { alert: only.alert }, occasion)]
        : [several.delivery('alerts.digest', notifierId, occasion)];
  await store.replaceHeld(notifierId, occasion.nowMs, several.lastSequence, made);
}

/** What opened and closed while it was held wakes nobody any more. */
async function mergeForPager(store: DeliveryStore, notifierId: string, occasion: Occasion): Promise<void> {
  const several = new Several();
  const alone: Delivery[] = [];
  const opened = new Set<string | null>();
  const over = new Set<string | null>();
  for await (const page of pages(store, notifierId, occasion.nowMs)) {
    several.add(page.filter(({ body }) => body === ''));
    for (const { sequence, alert: _, ...delivery } of page) {
      several.lastSequence = sequence;
      if (delivery.kind === 'alert.opened') opened.add(delivery.alertId);
      if (delivery.kind === 'alert.closed') over.add(delivery.alertId);
      if (delivery.body !== '') alone.push({ ...delivery, heldUntilMs: 0 });
    }
  }
  const news = alone.filter(({ alertId }) => alertId === null || !(opened.has(alertId) && over.has(alertId)));
  const many = several.kinds.size === 0 ? [] : [several.delivery('alerts.many', notifierId, occasion)];
  await store.replaceHeld(notifierId, occasion.nowMs, several.lastSequence, [...news, ...many]);
}

/** The last word on each of many alerts: all are counted, the most urgent are named. */
class Several {
  readonly kinds = new Map<string, NoticeItem['kind']>();
  items: readonly NoticeItem[] = [];
  lastSequence = 0;

  add(page: readonly HeldDelivery[]): void {
    const latest = new Map(this.items.map((item) => [item.alert.id, item]));
    for (const { kind, createdAtMs: atMs, alert, sequence } of page) {
      this.lastSequence = sequence;
      if (alert === null) continue;
      this.kinds.set(alert.id, kind);
      latest.set(alert.id, { kind, atMs, alert });
    }
    this.items = mostUrgent(latest.values(), namedToReaders);
  }

  delivery(kind: 'alerts.digest' | 'alerts.many', notifierId: string, occasion: Occasion): Delivery {
    const more = this.kinds.size - this.items.length;
    const counts = countsOf(this.kinds.values());
    return deliveryOf(kind, notifierId, { alert: null, items: [...this.items], more, counts }, occasion);
  }
}

async function* pages(
  store: DeliveryStore,
  notifierId: string,
  nowMs: number,
): AsyncGenerator<readonly HeldDelivery[]> {
  let after = 0;
  for (;;) {
    const page = await store.heldDeliveries(notifierId, nowMs, after, pageSize);
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)?.sequence ?? after;
  }
}

function inMessages(notifierId: string, page: readonly HeldDelivery[], occasion: Occasion): readonly Delivery[] {
  const items = page.flatMap(itemOf);
  const made: Delivery[] = [];
  for (let from = 0; from < items.length; from += inOneMessage) {
    const some = items.slice(from, from + inOneMessage);
    const counts = countsOf(some.map(({ kind }) => kind));
    made.push(deliveryOf('alerts.digest', notifierId, { alert: null, items: some, more: 0, counts }, occasion));
  }
  return made;
}

function itemOf({ kind, createdAtMs, alert }: HeldDelivery): readonly NoticeItem[] {
  return alert === null ? [] : [{ kind, atMs: createdAtMs, alert }];
}
