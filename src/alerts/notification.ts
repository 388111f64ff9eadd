import type { Alert, AlertRule, Delivery, NotifierRecord } from './ports.ts';

export type NotificationKind = 'alert.opened' | 'alert.acknowledged' | 'alert.reopened' | 'alert.closed' | 'test';

interface Occasion {
  readonly groupId: string;
  readonly nowMs: number;
  /** Page of the group's alerts. */
  readonly link: string;
  readonly newId: () => string;
}

/** The body that a notifier sends; docs/alerts.md describes it. The same id comes again when it is sent again. */
export function notificationBody(
  kind: NotificationKind,
  id: string,
  alert: Alert | null,
  { groupId, nowMs, link }: Occasion,
): string {
  return JSON.stringify({ id, kind, atMs: nowMs, groupId, link, alert });
}

/** One delivery to every enabled notifier of the rule; a rule that names none tells all of the group. */
export function deliveriesFor(
  kind: NotificationKind,
  alert: Alert,
  rule: AlertRule | undefined,
  notifiers: readonly NotifierRecord[],
  occasion: Occasion,
): readonly Delivery[] {
  const first = (rule?.steps ?? []).filter(({ afterMs }) => afterMs === 0);
  const told = notifiers.filter(
    ({ id, enabled }) =>
      enabled && first.some(({ notifierIds }) => notifierIds.length === 0 || notifierIds.includes(id)),
  );
  return told.map((notifier) => {
    const id = occasion.newId();
    return {
      id,
      groupId: occasion.groupId,
      notifierId: notifier.id,
      createdAtMs: occasion.nowMs,
      nextAtMs: occasion.nowMs,
      attempts: 0,
      body: notificationBody(kind, id, alert, occasion),
    };
  });
}
