import type { Notifier, QuietHours } from '../../../../wire/api/notifiers.ts';
import { duration } from '../../../format.ts';

export type NotifierKind = Notifier['kind'];

/** One field of a kind, as the form shows it. */
export interface KindField {
  readonly name: 'to' | 'url' | 'routingKey' | 'apiKey' | 'username' | 'password' | 'host' | 'port' | 'community';
  readonly label: string;
  readonly type: 'text' | 'url' | 'password' | 'number';
  readonly placeholder: string;
  readonly help: string;
  /** It is never given back: empty means that it stays, when something was saved before. */
  readonly secret: boolean;
  readonly required: boolean;
}

interface Kind {
  readonly word: string;
  /** Where its credentials come from, or what it needs. */
  readonly note: string;
  /** People read it: it can be collected to a digest. */
  readonly digest: boolean;
  readonly fields: readonly KindField[];
}

function field(name: KindField['name'], label: string, more: Partial<KindField> = {}): KindField {
  return { name, label, type: 'text', placeholder: '', help: '', secret: false, required: true, ...more };
}

const hook = (placeholder: string, help: string) =>
  field('url', 'Webhook address', { type: 'url', placeholder, help, secret: true });
const key = (name: 'routingKey' | 'apiKey', label: string) => field(name, label, { type: 'password', secret: true });
const own = (usual: string) =>
  field('url', 'Address', { type: 'url', placeholder: usual, help: `Empty: ${usual}`, required: false });

/** Every way to tell people or systems: its name, and only the fields that it needs. */
export const notifierKinds: Readonly<Record<NotifierKind, Kind>> = {
  mail: {
    word: 'Mail',
    note: 'It leaves by the mail server of this instance, which an administrator sets.',
    digest: true,
    fields: [
      field('to', 'To', { placeholder: 'on-call@example.net, db-team@example.net', help: 'Several: with commas.' }),
    ],
  },
  webhook: {
    word: 'Webhook',
    note: 'JSON with a signature (HMAC-SHA-256); the secret is shown once when it is made.',
    digest: true,
    fields: [field('url', 'Address', { type: 'url', placeholder: 'https://alerts.example.net/leafward' })],
  },
  slack: {
    word: 'Slack',
    note: 'Make an app with an incoming webhook for the channel.',
    digest: true,
    fields: [hook('https://hooks.slack.com/services/…', 'It is a secret: kept encrypted.')],
  },
  teams: {
    word: 'Microsoft Teams',
    note: 'Make a workflow “Post to a channel when a webhook request is received”.',
    digest: true,
    fields: [hook('https://….logic.azure.com/workflows/…', 'It is a secret: kept encrypted.')],
  },
  pagerduty: {
    word: 'PagerDuty',
    note: 'Add the integration “Events API v2” to a service and take its key. Closed alerts resolve the incident.',
    digest: false,
    fields: [key('routingKey', 'Integration key'), own('https://events.pagerduty.com/v2/enqueue')],
  },
  opsgenie: {
    word: 'Opsgenie',
    note: 'Add an integration of type API and take its key. Closed alerts are closed there.',
    digest: false,
    fields: [key('apiKey', 'API key'), own('https://api.opsgenie.com')],
  },
  alertmanager: {
    word: 'Prometheus Alertmanager',
    note: 'Alerts are posted to its API v2; routing and silences stay there.',
    digest: false,
    fields: [
      field('url', 'Address', {
        type: 'url',
        placeholder: 'https://alertmanager.example.net',
        help: 'Without /api/v2.',
      }),
      field('username', 'User', { required: false, help: 'Empty: no login.' }),
      field('password', 'Password', { type: 'password', secret: true, required: false }),
    ],
  },
  snmp: {
    word: 'SNMP trap',
    note: 'A v2c trap over UDP: nobody confirms that it arrived.',
    digest: false,
    fields: [
      field('host', 'Host', { placeholder: 'traps.example.net' }),
      field('port', 'Port', { type: 'number', placeholder: '162', help: 'Empty: 162.', required: false }),
      field('community', 'Community', { type: 'password', secret: true, required: false, help: 'Empty: public.' }),
    ],
  },
};

/** The kinds in the order of the choice. */
export const kindNames = [
  'mail',
  'slack',
  'teams',
  'pagerduty',
  'opsgenie',
  'webhook',
  'alertmanager',
  'snmp',
] as const satisfies readonly NotifierKind[];

/** Where it goes, in one line. */
export function placeOf(notifier: Notifier): string {
  switch (notifier.kind) {
    case 'mail':
      return notifier.to.join(', ');
    case 'snmp':
      return `${notifier.host}:${notifier.port}`;
    case 'webhook':
    case 'slack':
    case 'teams':
    case 'pagerduty':
    case 'opsgenie':
    case 'alertmanager':
      return notifier.url;
  }
}

/** When it speaks, in words: `severe ones only from 22:00 to 07:00 (Europe/Berlin), collected for 15 min`. */
export function mannerOf(notifier: Notifier): string {
  const { quietHours } = notifier;
  const digest = 'digestMinutes' in notifier ? notifier.digestMinutes : null;
  const parts = [quietHours === null ? '' : quietWords(quietHours), digest === null ? '' : digestWords(digest)];
  return parts.filter(Boolean).join(', ');
}

function quietWords({ start, end, timeZone }: QuietHours): string {
  return `severe ones only from ${start} to ${end} (${timeZone})`;
}

function digestWords(minutes: number): string {
  return `one message every ${duration(minutes * 60_000)}`;
}

/** Choices of the form: how long alerts are collected. */
export const digestChoices = [
  ['', 'At once, each by itself'],
  ['5', 'Every 5 minutes, in one message'],
  ['15', 'Every 15 minutes, in one message'],
  ['60', 'Every hour, in one message'],
  ['1440', 'Once a day, in one message'],
] as const;
