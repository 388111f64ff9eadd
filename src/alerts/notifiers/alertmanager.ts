import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { Notice, NoticeItem, NotifierChannel, OutgoingMessage } from '../delivery/ports.ts';
import { post } from './post.ts';

/** An alert that is not sent again for so long counts as over: longer than a restart takes, and than several resends. */
const endsAfterMs = 10 * 60_000;
const testEndsAfterMs = 60_000;

/**
 * POST /api/v2/alerts of Prometheus Alertmanager: open alerts end in ten minutes unless they are sent again, which
 * alertmanager-resend.ts does each minute; closed ones end when they closed.
 */
export function alertmanager(outbound: Outbound): NotifierChannel {
  return {
    kind: 'alertmanager',
    async send(message, { signal }) {
      const { settings, secrets } = message;
      if (settings.kind !== 'alertmanager') return { result: 'refused', detail: 'not an Alertmanager notifier' };
      const login = `${settings.username ?? ''}:${secrets['password'] ?? ''}`;
      const headers =
        settings.username === null ? {} : { authorization: `Basic ${Buffer.from(login, 'utf8').toString('base64')}` };
      const url = `${settings.url.replace(/\/+$/, '')}/api/v2/alerts`;
      return post(outbound, { url, body: JSON.stringify(alertsOf(message)), headers, signal });
    },
  };
}

function alertsOf({ notice, groupName, sentAtMs }: OutgoingMessage): readonly object[] {
  if (notice.kind === 'test') {
    const labels = { alertname: 'LeafwardTest', severity: 'none', leafward_group: groupName };
    const annotations = { summary: 'Test of Leafward', description: 'Alerts of this group arrive here.' };
    return [times({ labels, annotations, generatorURL: notice.link }, notice.atMs, sentAtMs + testEndsAfterMs)];
  }
  const items: readonly Pick<NoticeItem, 'alert'>[] = [
    ...(notice.items ?? []),
    ...(notice.alert === null ? [] : [{ alert: notice.alert }]),
  ];
  // Of one alert its last state, or its end would come before its beginning.
  const latest = new Map(items.map(({ alert }) => [alert.id, alert]));
  return [...latest.values()].map((alert) => {
    const { openedAtMs, closedAtMs } = alert;
    return times(described(notice, alert, groupName), openedAtMs, closedAtMs ?? sentAtMs + endsAfterMs);
  });
}

/** The labels say which alert it is, so they never change while it lasts. */
function described(notice: Notice, alert: NoticeItem['alert'], groupName: string): object {
  return {
    labels: {
      alertname: alert.ruleName,
      severity: alert.severity === 'bad' ? 'critical' : 'warning',
      instance: alert.subject.label,
      subject: alert.subject.kind,
      leafward_alert: alert.id,
      leafward_group: groupName,
    },
    annotations: {
      summary: alert.title,
      description: alert.detail,
      ...(alert.value === null ? {} : { value: String(alert.value) }),
      ...(alert.acknowledgedBy === null ? {} : { acknowledged_by: alert.acknowledgedBy }),
    },
    generatorURL: notice.link,
  };
}

function times(alert: object, startsAtMs: number, endsAtMs: number): object {
  return { ...alert, startsAt: new Date(startsAtMs).toISOString(), endsAt: new Date(endsAtMs).toISOString() };
}
