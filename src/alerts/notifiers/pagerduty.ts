import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { Notice, NotifierChannel, OutgoingMessage, SendOutcome } from '../delivery/ports.ts';
import { cut, noticeWords } from './notice-words.ts';
import { post } from './post.ts';

const summaryLength = 1024;

/**
 * Events API v2: an incident per alert, acknowledged and resolved with it
 * (https://developer.pagerduty.com/docs/send-alert-event). A test opens one of severity info and resolves it at once.
 */
export function pagerduty(outbound: Outbound): NotifierChannel {
  return {
    kind: 'pagerduty',
    async send(message, { signal }) {
      const { settings } = message;
      if (settings.kind !== 'pagerduty') return { result: 'refused', detail: 'not a PagerDuty notifier' };
      let outcome: SendOutcome = { result: 'refused', detail: 'nothing to send' };
      for (const action of actionsOf(message.notice)) {
        const body = JSON.stringify(eventOf(message, action));
        outcome = await post(outbound, { url: settings.url, body, signal });
        if (outcome.result !== 'delivered') return outcome;
      }
      return outcome;
    },
  };
}

type Action = 'trigger' | 'acknowledge' | 'resolve';

function actionsOf({ kind }: Notice): readonly Action[] {
  if (kind === 'test') return ['trigger', 'resolve'];
  if (kind === 'alert.acknowledged') return ['acknowledge'];
  return [kind === 'alert.closed' || kind === 'alerts.manyClosed' ? 'resolve' : 'trigger'];
}

/** The same for all that is told of one alert. */
export function incidentKey({ groupId, alert, kind, id }: Notice): string {
  if (alert !== null) return `leafward-${groupId}-${alert.id}`;
  return kind === 'test' ? `leafward-${groupId}-${id}` : `leafward-${groupId}-many`;
}

function eventOf({ notice, groupName, secrets }: OutgoingMessage, action: Action): object {
  const { headline, paragraphs, facts, lines } = noticeWords(notice);
  const { alert, kind } = notice;
  const severity = kind === 'test' ? 'info' : alert?.severity === 'warn' ? 'warning' : 'critical';
  const event = { routing_key: secrets['routingKey'] ?? '', event_action: action, dedup_key: incidentKey(notice) };
  if (action !== 'trigger') return event;
  return {
    ...event,
    client: 'Leafward',
    client_url: notice.link,
    links: [{ href: notice.link, text: 'Alerts in Leafward' }],
    payload: {
      summary: cut(`[${groupName}] ${headline}`, summaryLength),
      source: alert?.subject.label ?? groupName,
      severity,
      timestamp: new Date(alert?.openedAtMs ?? notice.atMs).toISOString(),
      component: alert?.subject.kind ?? 'group',
      group: groupName,
      class: alert?.ruleName ?? 'alerts',
      custom_details: {
        ...Object.fromEntries(facts),
        ...(paragraphs.length === 0 ? {} : { Detail: paragraphs.join(' ') }),
        ...(lines.length === 0 ? {} : { Alerts: lines.join('\n') }),
      },
    },
  };
}
