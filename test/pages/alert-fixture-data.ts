import type { Alert, AlertPreview, AlertRule, AlertTemplate, NewAlertRule } from '../../src/wire/api/alerts.ts';
import type { MetricInfo, Series } from '../../src/wire/api/metrics.ts';
import type { AlertNotification, DeadLetter, MaintenanceWindow, Notifier } from '../../src/wire/api/notifiers.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

function alert(id: string, more: Partial<Alert>): Alert {
  return {
    id,
    ruleId: 'default-lagAbove',
    ruleName: 'Replication lag',
    severity: 'warn',
    state: 'open',
    subject: { kind: 'host', id: 'h3', label: 'checkout-3.example.net:27017' },
    title: 'checkout-3 is 4 min 12 s behind its primary',
    detail: 'Its disk takes 48 ms for a write; 3 ms is usual.',
    value: 252,
    threshold: 60,
    openedAtMs: Date.now() - 19 * minute,
    acknowledgedAtMs: null,
    acknowledgedBy: null,
    acknowledgedUntilMs: null,
    note: null,
    closedAtMs: null,
    maintenance: null,
    ...more,
  };
}

/** An alert of each kind of subject, one in somebody's hands, one that is over; then as many more as wanted. */
export function alerts(more = 0): Alert[] {
  return [
    alert('a2', {
      state: 'acknowledged',
      acknowledgedBy: 'kim@example.net',
      acknowledgedAtMs: Date.now() - minute,
      acknowledgedUntilMs: Date.now() + 3 * hour,
      note: 'The import of October runs, it will be over at noon; after that the oplog is resized.',
      title: 'Oplog of checkout holds less than 36 h',
      subject: { kind: 'set', id: 'rs-checkout', label: 'checkout' },
    }),
    alert('a1', {
      maintenance: { windowId: 'w1', name: 'resize of the disks of checkout', untilMs: Date.now() + hour },
    }),
    alert('a3', {
      severity: 'bad',
      ruleId: 'default-hostDown',
      ruleName: 'Host is down',
      title: 'legacy.example.net:27017 is down',
      detail: '3 polls missed, and no member sees it.',
      value: null,
      threshold: null,
      subject: { kind: 'host', id: 'h40', label: 'legacy.example.net:27017' },
    }),
    alert('a4', {
      ruleId: 'r-connections',
      ruleName: 'A rule that somebody gave a name that is much longer than anybody would think is sensible for a rule',
      title:
        'Connections used of checkout-analytics-with-a-very-long-name.eu-central-1.example.net:27018 are at 91 % of 51,200',
      subject: {
        kind: 'host',
        id: 'h4',
        label: 'checkout-analytics-with-a-very-long-name.eu-central-1.example.net:27018',
      },
      openedAtMs: Date.now() - 3 * day,
    }),
    alert('a5', {
      severity: 'bad',
      ruleId: 'default-agentDown',
      ruleName: 'Agent is down',
      title: 'The agent on watch-old.example.net does not report',
      subject: { kind: 'agent', id: 'a_3', label: 'watch-old.example.net' },
    }),
    alert('a9', { state: 'closed', closedAtMs: Date.now() - 5 * hour, openedAtMs: Date.now() - 6 * hour }),
    ...Array.from({ length: more }, (_, at) =>
      alert(`m${at}`, {
        severity: at % 5 === 0 ? 'bad' : 'warn',
        title: `set${String(at % 300).padStart(3, '0')}-${at % 3} is ${at + 60} s behind its primary`,
        subject: { kind: 'set', id: `rs-set${at % 300}`, label: `set${String(at % 300).padStart(3, '0')}` },
        openedAtMs: Date.now() - at * 7000,
      }),
    ),
  ];
}

const everything = { hostPattern: '', hostTypes: [], sets: [], clusters: [], tags: [] };
function rule(name: string, condition: NewAlertRule['condition'], more: Partial<NewAlertRule> = {}): NewAlertRule {
  return {
    name,
    condition,
    target: everything,
    forMs: minute,
    closeAfterMs: 30_000,
    severity: 'warn',
    enabled: true,
    steps: [{ afterMs: 0, notifierIds: [] }],
    repeatMs: null,
    ...more,
  };
}

export const templates: AlertTemplate[] = [
  { id: 'default-hostDown', rule: rule('Host is down', { kind: 'hostDown' }, { severity: 'bad', forMs: 0 }) },
  { id: 'default-lagAbove', rule: rule('Replication lag', { kind: 'lagAbove', seconds: 60 }, { forMs: 2 * minute }) },
  { id: 'default-agentDown', rule: rule('Agent is down', { kind: 'agentDown' }, { severity: 'bad' }) },
  { id: 'tpl-queues', rule: rule('Queries wait', { kind: 'metric', metric: 'connections.usedPercent', above: 80 }) },
];

/** Two that came with Leafward, one of them changed, one that is off, and one with everything that a rule can have. */
export const rules: AlertRule[] = [
  {
    ...rule('Host is down', { kind: 'hostDown' }, { severity: 'bad', forMs: 0 }),
    id: 'default-hostDown',
    builtIn: true,
  },
  {
    ...rule('Replication lag', { kind: 'lagAbove', seconds: 120 }, { forMs: 2 * minute }),
    id: 'default-lagAbove',
    builtIn: true,
  },
  {
    ...rule('Agent is down', { kind: 'agentDown' }, { severity: 'bad', enabled: false }),
    id: 'default-agentDown',
    builtIn: true,
  },
  {
    ...rule(
      'A rule that somebody gave a name that is much longer than anybody would think is sensible for a rule',
      { kind: 'metric', metric: 'connections.usedPercent', above: 80, aggregate: 'average', windowMs: 300_000 },
      {
        target: { ...everything, sets: ['rs-checkout'], tags: ['prod'], hostTypes: ['primary'] },
        forMs: 5 * minute,
        steps: [
          { afterMs: 0, notifierIds: ['n1', 'n2'] },
          { afterMs: 15 * minute, notifierIds: ['n3'] },
        ],
        repeatMs: hour,
      },
    ),
    id: 'r-connections',
    builtIn: false,
  },
];

const manner = { enabled: true, quietHours: null };
/** One of each kind; one has failed, one was never used, one is off. */
export const notifiers: Notifier[] = [
  {
    ...manner,
    id: 'n1',
    kind: 'mail',
    name: 'database team',
    to: ['db-team@example.net', 'a-very-long-address-of-somebody.in-another-department@subsidiary.example.net'],
    digestMinutes: 15,
    quietHours: { start: '22:00', end: '07:00', timeZone: 'Europe/Berlin' },
    lastAttempt: { atMs: Date.now() - hour, ok: true, detail: 'taken by mail.example.net' },
  },
  {
    ...manner,
    id: 'n2',
    kind: 'slack',
    name: 'ops channel',
    url: 'https://hooks.slack.com/services/T0…',
    digestMinutes: null,
    lastAttempt: { atMs: Date.now() - 3 * minute, ok: false, detail: 'HTTP 404: no_service' },
  },
  {
    ...manner,
    id: 'n3',
    kind: 'pagerduty',
    name: 'on-call',
    url: 'https://events.pagerduty.com/v2/enqueue',
    lastAttempt: null,
  },
  {
    ...manner,
    id: 'n4',
    kind: 'webhook',
    name: 'ticket system',
    url: 'https://alerts.example.net/hooks/leafward',
    digestMinutes: null,
    lastAttempt: { atMs: Date.now() - hour, ok: true, detail: 'HTTP 204' },
  },
  {
    ...manner,
    id: 'n5',
    kind: 'teams',
    name: 'Teams',
    url: 'https://prod-1.logic.azure.com/…',
    digestMinutes: 60,
    lastAttempt: null,
  },
  { ...manner, id: 'n6', kind: 'opsgenie', name: 'Opsgenie', url: 'https://api.opsgenie.com', lastAttempt: null },
  {
    ...manner,
    id: 'n7',
    kind: 'alertmanager',
    name: 'Alertmanager',
    url: 'https://alertmanager.example.net',
    username: 'leafward',
    lastAttempt: null,
  },
  {
    ...manner,
    enabled: false,
    id: 'n8',
    kind: 'snmp',
    name: 'old console',
    host: 'traps.example.net',
    port: 162,
    lastAttempt: null,
  },
];

export function deadLetters(count: number): DeadLetter[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `dl${at}`,
    notifierId: 'n2',
    notifierName: 'ops channel',
    kind: 'alert.opened',
    title: 'checkout-3 is 4 min 12 s behind its primary',
    alertId: at % 2 === 0 ? 'a1' : null,
    createdAtMs: Date.now() - day - at * hour,
    givenUpAtMs: Date.now() - at * hour,
    attempts: 5,
    detail: 'HTTP 404: no_service',
  }));
}

/** One that is on for a set, one that comes every week, one that is over. */
export function windows(): MaintenanceWindow[] {
  const now = Date.now();
  const common = { enabled: true, createdBy: 'kim@example.net', createdAtMs: now - day };
  return [
    {
      ...common,
      id: 'w1',
      name: 'resize of the disks of checkout',
      times: { kind: 'once', fromMs: now - hour, toMs: now + hour },
      target: { hosts: [], sets: ['rs-checkout'], tags: [] },
      active: true,
      fromMs: now - hour,
      toMs: now + hour,
    },
    {
      ...common,
      id: 'w2',
      name: 'weekly patches',
      times: {
        kind: 'weekly',
        days: ['sat', 'sun'],
        start: '02:30',
        durationMinutes: 240,
        timeZone: 'Europe/Berlin',
      },
      target: { hosts: ['h1', 'h2'], sets: [], tags: ['prod'] },
      active: false,
      fromMs: now + 2 * day,
      toMs: now + 2 * day + 4 * hour,
    },
    {
      ...common,
      id: 'w3',
      name: 'move to the new rack',
      times: { kind: 'once', fromMs: now - 9 * day, toMs: now - 8 * day },
      target: { hosts: [], sets: [], tags: [] },
      active: false,
      fromMs: null,
      toMs: null,
    },
  ];
}

export function told(): AlertNotification[] {
  const one = (id: string, more: Partial<AlertNotification>): AlertNotification => ({
    id,
    notifierId: 'n1',
    notifierName: 'database team',
    kind: 'alert.opened',
    createdAtMs: Date.now() - 19 * minute,
    state: 'delivered',
    endedAtMs: Date.now() - 19 * minute,
    attempts: 1,
    detail: 'taken by mail.example.net',
    ...more,
  });
  return [
    one('t3', {
      notifierName: 'on-call',
      state: 'waiting',
      endedAtMs: null,
      attempts: 2,
      detail: 'HTTP 503',
      createdAtMs: Date.now() - 4 * minute,
    }),
    one('t2', { notifierName: 'ops channel', state: 'givenUp', attempts: 5, detail: 'HTTP 404: no_service' }),
    one('t1', {}),
  ];
}

/** Three subjects of twenty would have had alerts. */
export function preview(): AlertPreview {
  const toMs = Date.now();
  const fromMs = toMs - 7 * day;
  const subject = (id: string, label: string, hours: readonly (readonly [number, number | null])[]) => ({
    subject: { kind: 'host' as const, id, label },
    intervals: hours.map(([from, to]) => ({
      fromMs: fromMs + from * hour,
      toMs: to === null ? null : fromMs + to * hour,
      value: 91,
    })),
  });
  return {
    fromMs,
    toMs,
    history: 'partial',
    note: 'Samples older than two days are kept as averages of a minute: shorter peaks are not seen.',
    resolutionMs: minute,
    subjects: [
      subject('h1', 'checkout-1.example.net:27017', [
        [10, 11],
        [34, 35.5],
        [58, 59],
      ]),
      subject('h4', 'checkout-analytics-with-a-very-long-name.eu-central-1.example.net:27018', [[96, 130]]),
      subject('h3', 'checkout-3.example.net:27017', [[166, null]]),
      subject('h2', 'checkout-2.example.net:27017', []),
    ],
    walked: 20,
    watched: 20,
    alerts: 5,
    notifications: 14,
  };
}

export const catalog: MetricInfo[] = [
  {
    name: 'connections.usedPercent',
    title: 'Connections used',
    unit: 'percent',
    kind: 'gauge',
    explanation: 'Open connections, of those that the process would accept.',
    chart: 'connections',
    raw: false,
  },
  {
    name: 'replication.lag',
    title: 'Replication lag',
    unit: 'seconds',
    kind: 'gauge',
    explanation: 'How far this member is behind its primary.',
    chart: 'replicationLag',
    raw: false,
  },
  {
    name: 'operations.total',
    title: 'Operations',
    unit: 'per second',
    kind: 'counter',
    explanation: 'All operations together.',
    chart: 'operations',
    raw: false,
  },
];

/** A lag that grows past its limit, with a gap in it. */
export function series(metric: string, fromMs: number, toMs: number): Series {
  const count = 120;
  return {
    metric,
    unit: 'seconds',
    resolutionMs: (toMs - fromMs) / count,
    points: Array.from({ length: count }, (_, at) => {
      const ms = fromMs + ((toMs - fromMs) * at) / count;
      const value = at > 20 && at < 26 ? null : Math.max(0.5, (at - 30) * 4 + 9 * Math.sin(at));
      return [ms, value, value, value];
    }),
  };
}
