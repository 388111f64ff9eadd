import type { Alert } from '../ports.ts';
import type { Delivery, Notice, NoticeItem, NoticeKind } from './ports.ts';

export interface Occasion {
  readonly groupId: string;
  readonly nowMs: number;
  /** Page of the group's alerts; that of one alert is below it. */
  readonly link: string;
  readonly newId: () => string;
}

/** A delivery of one notice, due at once. */
export function deliveryOf(
  kind: NoticeKind,
  notifierId: string,
  content: Pick<Notice, 'alert' | 'items' | 'more' | 'counts'>,
  { groupId, nowMs, link, newId }: Occasion,
): Delivery {
  const id = newId();
  const page = content.alert === null ? link : `${link}/${encodeURIComponent(content.alert.id)}`;
  const body: Notice = { id, kind, atMs: nowMs, groupId, link: page, ...content };
  return {
    id,
    groupId,
    notifierId,
    alertId: content.alert?.id ?? null,
    kind,
    createdAtMs: nowMs,
    nextAtMs: nowMs,
    heldUntilMs: 0,
    attempts: 0,
    detail: '',
    body: JSON.stringify(body),
  };
}

/** A delivery that will be merged with others: what it tells is looked up then. */
export function heldDelivery(
  kind: NoticeKind,
  notifierId: string,
  alertId: string,
  heldUntilMs: number,
  { groupId, nowMs, newId }: Occasion,
): Delivery {
  return {
    id: newId(),
    groupId,
    notifierId,
    alertId,
    kind,
    createdAtMs: nowMs,
    nextAtMs: nowMs,
    heldUntilMs,
    attempts: 0,
    detail: '',
    body: '',
  };
}

/** How many alerts opened, ended, or had something else happen to them last. */
export function countsOf(kinds: Iterable<NoticeKind>): NonNullable<Notice['counts']> {
  const counts = { opened: 0, closed: 0, other: 0 };
  for (const kind of kinds)
    counts[kind === 'alert.opened' ? 'opened' : kind === 'alert.closed' ? 'closed' : 'other'] += 1;
  return counts;
}

/** The last word on each alert: bad before warn, open before closed, then the newest first. */
export function mostUrgent(items: Iterable<NoticeItem>, limit: number): readonly NoticeItem[] {
  const rank = ({ alert }: NoticeItem): number =>
    (alert.state === 'closed' ? 2 : 0) + (alert.severity === 'bad' ? 0 : 1);
  return [...items].sort((a, b) => rank(a) - rank(b) || b.atMs - a.atMs).slice(0, limit);
}

/** In a few words, for lists. */
export function noticeTitle({ kind, alert, counts }: Notice): string {
  if (kind === 'test') return 'Test';
  if (alert !== null) return alert.title;
  return kind === 'alerts.manyClosed' ? 'Many alerts are over' : countWords(counts);
}

/** "12 alerts opened, 3 closed". */
export function countWords(counts: Notice['counts']): string {
  const { opened = 0, closed = 0, other = 0 } = counts ?? {};
  const parts = [
    ...(opened > 0 ? [`${opened} opened`] : []),
    ...(closed > 0 ? [`${closed} closed`] : []),
    ...(other > 0 ? [`${other} still open or acknowledged`] : []),
  ];
  return `Alerts: ${parts.length === 0 ? 'none' : parts.join(', ')}`;
}

export function severityWord({ severity, state }: Pick<Alert, 'severity' | 'state'>): string {
  if (state === 'closed') return 'Over';
  return severity === 'bad' ? 'Bad' : 'Warning';
}
