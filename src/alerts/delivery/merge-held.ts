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
  const { nowMs } = occasion;
  const reader = kindsOfReaders[notifier.settings.kind];
  if (reader !== 'reader') {
    for await (const page of pages(store, notifier.id, nowMs)) {
      const made = reader === 'program' ? inMessages(notifier.id, page, occasion) : woken(notifier.id, page, occasion);
      await store.replaceHeld(notifier.id, nowMs, page.at(-1)?.sequence ?? 0, made);
    }
    return;
  }
  const kinds = new Map<string, NoticeItem['kind']>();
  let urgent: readonly NoticeItem[] = [];
  let last = 0;
  for await (const page of pages(store, notifier.id, nowMs)) {
    const latest = new Map(urgent.map((item) => [item.alert.id, item]));
    for (const { kind, createdAtMs: atMs, alert } of page) {
      if (alert === null) continue;
      kinds.set(alert.id, kind);
      latest.set(alert.id, { kind, atMs, alert });
    }
    urgent = mostUrgent(latest.values(), namedToReaders);
    last = page.at(-1)?.sequence ?? last;
  }
  const [only] = urgent;
  const made =
    only === undefined
      ? []
      : kinds.size === 1
        ? [deliveryOf(only.kind, notifier.id, { alert: only.alert }, occasion)]
        : [summary('alerts.digest', notifier.id, kinds, urgent, occasion)];
  await store.replaceHeld(notifier.id, nowMs, last, made);
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

/** What opened and closed while it was held wakes nobody any more. */
function woken(notifierId: string, page: readonly HeldDelivery[], occasion: Occasion): readonly Delivery[] {
  const opened = new Set(
    page.flatMap(({ kind, alertId }) => (kind === 'alert.opened' && alertId !== null ? alertId : [])),
  );
  const over = new Set(
    page.flatMap(({ kind, alertId }) => (kind === 'alert.closed' && alertId !== null ? alertId : [])),
  );
  const isNews = ({ alertId }: HeldDelivery) => alertId === null || !(opened.has(alertId) && over.has(alertId));
  const alone = page.filter(({ body }) => body !== '').filter(isNews);
  const many = page.filter(({ body }) => body === '').flatMap(itemOf);
  const kinds = new Map(many.map((item) => [item.alert.id, item.kind]));
  return [
    ...alone.map(({ sequence: _, alert: __, ...delivery }) => ({ ...delivery, heldUntilMs: 0 })),
    ...(many.length === 0
      ? []
      : [summary('alerts.many', notifierId, kinds, mostUrgent(many, namedToReaders), occasion)]),
  ];
}

function summary(
  kind: 'alerts.digest' | 'alerts.many',
  notifierId: string,
  kinds: ReadonlyMap<string, NoticeItem['kind']>,
  items: readonly NoticeItem[],
  occasion: Occasion,
): Delivery {
  const more = kinds.size - items.length;
  return deliveryOf(
    kind,
    notifierId,
    { alert: null, items: [...items], more, counts: countsOf(kinds.values()) },
    occasion,
  );
}

function itemOf({ kind, createdAtMs, alert }: HeldDelivery): readonly NoticeItem[] {
  return alert === null ? [] : [{ kind, atMs: createdAtMs, alert }];
}
