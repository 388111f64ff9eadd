import type { Outbound } from '../../wire/outbound/outbound.ts';
import type { Notice, NotifierChannel, OutgoingMessage, SendOutcome } from '../delivery/ports.ts';
import { cut, noticeWords } from './notice-words.ts';
import { incidentKey } from './pagerduty.ts';
import { post } from './post.ts';

/** Limits of the Alert API. */
const messageLength = 130;
const descriptionLength = 15_000;
const entityLength = 512;

/**
 * Alert API: an alert per alert by its alias, acknowledged and closed with it
 * (https://docs.opsgenie.com/docs/alert-api). A test makes one of priority P5 and closes it at once.
 */
export function opsgenie(outbound: Outbound): NotifierChannel {
  return {
    kind: 'opsgenie',
    async send(message, { signal }) {
      const { settings, secrets } = message;
      if (settings.kind !== 'opsgenie') return { result: 'refused', detail: 'not an Opsgenie notifier' };
      const headers = { authorization: `GenieKey ${secrets['apiKey'] ?? ''}` };
      let outcome: SendOutcome = { result: 'refused', detail: 'nothing to send' };
      for (const { path, body } of requestsOf(message)) {
        const url = `${settings.url.replace(/\/+$/, '')}/v2/alerts${path}`;
        outcome = await post(outbound, { url, body: JSON.stringify(body), headers, signal });
        if (outcome.result !== 'delivered') return outcome;
      }
      return outcome;
    },
  };
}

interface ApiRequest {
  readonly path: string;
  readonly body: object;
}

function requestsOf(message: OutgoingMessage): readonly ApiRequest[] {
  const { notice } = message;
  const by = { source: 'Leafward', note: cut(noticeWords(notice).headline, descriptionLength) };
  const ofAlias = (verb: string): ApiRequest => ({
    path: `/${encodeURIComponent(incidentKey(notice))}/${verb}?identifierType=alias`,
    body: by,
  });
  if (notice.kind === 'test') return [{ path: '', body: alertOf(message) }, ofAlias('close')];
  if (notice.kind === 'alert.acknowledged') return [ofAlias('acknowledge')];
  if (notice.kind === 'alert.closed' || notice.kind === 'alerts.manyClosed') return [ofAlias('close')];
  return [{ path: '', body: alertOf(message) }];
}

function alertOf({ notice, groupName }: OutgoingMessage): object {
  const { headline, paragraphs, facts, lines } = noticeWords(notice);
  return {
    message: cut(`[${groupName}] ${headline}`, messageLength),
    alias: incidentKey(notice),
    description: cut([headline, ...paragraphs, ...lines, notice.link].join('\n'), descriptionLength),
    priority: priorityOf(notice),
    source: 'Leafward',
    entity: cut(notice.alert?.subject.label ?? groupName, entityLength),
    tags: ['leafward'],
    details: Object.fromEntries([...facts, ['Group', groupName], ['Link', notice.link]]),
  };
}

function priorityOf({ kind, alert }: Notice): string {
  if (kind === 'test') return 'P5';
  return alert?.severity === 'warn' ? 'P3' : 'P1';
}
