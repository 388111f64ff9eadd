import type { Notice, NotifierChannel, NotifierSettings, SendOutcome } from '../../src/alerts/delivery/ports.ts';
import type { Alert } from '../../src/alerts/ports.ts';
import { Outbound } from '../../src/wire/outbound/outbound.ts';
import { outboundRules } from '../../src/wire/outbound/outbound-rules.ts';

const openedAtMs = Date.UTC(2026, 10, 21, 12);

export const lagAlert: Alert = {
  id: 'al_1',
  ruleId: 'default-lagAbove',
  ruleName: 'Replication lag',
  severity: 'warn',
  state: 'open',
  subject: { kind: 'host', id: 'h_1', label: 'checkout-3:27017' },
  title: 'checkout-3 is 4 min 12 s behind its primary',
  detail: 'It has applied the writes of checkout up to 11:55:48 UTC. Look at <its> disk & network.',
  value: 252,
  threshold: 60,
  openedAtMs,
  acknowledgedAtMs: null,
  acknowledgedBy: null,
  acknowledgedUntilMs: null,
  note: null,
  closedAtMs: null,
  maintenance: null,
};

export function aNotice(given: Partial<Notice> = {}): Notice {
  const link = 'https://leafward.example.net/g/g_1/alerts';
  return { id: 'd_1', kind: 'alert.opened', atMs: openedAtMs, groupId: 'g_1', link, alert: lagAlert, ...given };
}

export const acknowledgedNotice = aNotice({
  kind: 'alert.acknowledged',
  alert: { ...lagAlert, state: 'acknowledged', acknowledgedBy: 'eve@example.net', note: 'the import runs' },
});
export const closedNotice = aNotice({
  kind: 'alert.closed',
  atMs: openedAtMs + 600_000,
  alert: { ...lagAlert, state: 'closed', closedAtMs: openedAtMs + 600_000 },
});
export const testNotice = aNotice({ kind: 'test', alert: null });
/** Two of 40 are named. */
export const digestNotice = aNotice({
  kind: 'alerts.digest',
  alert: null,
  items: [
    {
      kind: 'alert.opened',
      atMs: openedAtMs,
      alert: { ...lagAlert, id: 'al_2', severity: 'bad', title: 'checkout-1 is down' },
    },
    {
      kind: 'alert.closed',
      atMs: openedAtMs,
      alert: { ...lagAlert, state: 'closed', closedAtMs: openedAtMs + 90_000 },
    },
  ],
  more: 38,
  counts: { opened: 30, closed: 10, other: 0 },
});

/** Calls of the tests go to this machine. */
export const openOutbound = new Outbound(() => outboundRules({ allowPrivate: true, allow: [] }));

/** Sends one notice as the queue does. */
export function sendBy(
  channel: NotifierChannel,
  settings: NotifierSettings,
  secrets: Readonly<Record<string, string>>,
  notice: Notice,
  signal = AbortSignal.timeout(120_000),
): Promise<SendOutcome> {
  const body = JSON.stringify(notice);
  const message = { notice, body, groupName: 'Shop', settings, secrets, sentAtMs: openedAtMs };
  return channel.send(message, { signal });
}

export const plainSettings = { name: 'On call', enabled: true, quietHours: null } as const;
