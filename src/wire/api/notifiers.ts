import { z } from 'zod';
import { id, plainName, timeMs } from './common.ts';

const name = plainName;
const webUrl = z.url({ protocol: /^https?$/ }).max(2000);
/** Never given back. */
const secret = z.string().min(1).max(1000);
const timeZone = z
  .string()
  .max(100)
  .refine(isTimeZone, { message: 'no such time zone; name one like Europe/Berlin or UTC' });
const timeOfDay = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time of day like 22:30');
const weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);

/** Every day from `start` to `end` in the time zone; an end that is not after the start lies on the next day. */
export const quietHours = z.object({ start: timeOfDay, end: timeOfDay, timeZone });

/** What every kind has. */
const common = {
  name,
  enabled: z.boolean(),
  /** Between these times, only severity `bad` is told; what else happens is told in one message when they end. */
  quietHours: quietHours.nullable(),
};
/** Of kinds that people read: every so many minutes one message of all that happened; null: each at once. */
const digestMinutes = z
  .number()
  .int()
  .min(1)
  .max(24 * 60)
  .nullable();

const pagerdutyUrl = 'https://events.pagerduty.com/v2/enqueue';
const opsgenieUrl = 'https://api.opsgenie.com';

/** Fields of each kind that are given back. */
const shown = {
  mail: { ...common, digestMinutes, to: z.array(z.email().max(320)).min(1).max(50) },
  webhook: { ...common, digestMinutes, url: webUrl },
  /** The address is a secret: given back is only its beginning, for people to recognise. */
  slack: { ...common, digestMinutes, url: z.string().max(2000) },
  teams: { ...common, digestMinutes, url: z.string().max(2000) },
  pagerduty: { ...common, url: webUrl.default(pagerdutyUrl) },
  opsgenie: { ...common, url: webUrl.default(opsgenieUrl) },
  /** Base address, without /api/v2/alerts. */
  alertmanager: { ...common, url: webUrl, username: z.string().max(200).nullable() },
  snmp: { ...common, host: z.string().trim().min(1).max(253), port: z.number().int().min(1).max(65_535) },
};
/** Fields of each kind that are taken and never given back. */
const hidden = {
  mail: {},
  webhook: {},
  slack: { url: webUrl },
  teams: { url: webUrl },
  pagerduty: { routingKey: secret },
  opsgenie: { apiKey: secret },
  alertmanager: { password: secret.nullable() },
  snmp: { community: secret },
};

const answered = { id, lastAttempt: z.object({ atMs: timeMs, ok: z.boolean(), detail: z.string() }).nullable() };
const shownOf = {
  mail: z.object({ kind: z.literal('mail'), ...shown.mail }),
  webhook: z.object({ kind: z.literal('webhook'), ...shown.webhook }),
  slack: z.object({ kind: z.literal('slack'), ...shown.slack }),
  teams: z.object({ kind: z.literal('teams'), ...shown.teams }),
  pagerduty: z.object({ kind: z.literal('pagerduty'), ...shown.pagerduty }),
  opsgenie: z.object({ kind: z.literal('opsgenie'), ...shown.opsgenie }),
  alertmanager: z.object({ kind: z.literal('alertmanager'), ...shown.alertmanager }),
  snmp: z.object({ kind: z.literal('snmp'), ...shown.snmp }),
};
/** What of a notifier is no secret and no news. */
export const notifierSettings = z.discriminatedUnion('kind', [
  shownOf.mail,
  shownOf.webhook,
  shownOf.slack,
  shownOf.teams,
  shownOf.pagerduty,
  shownOf.opsgenie,
  shownOf.alertmanager,
  shownOf.snmp,
]);
export const notifier = z.discriminatedUnion('kind', [
  shownOf.mail.extend(answered),
  shownOf.webhook.extend(answered),
  shownOf.slack.extend(answered),
  shownOf.teams.extend(answered),
  shownOf.pagerduty.extend(answered),
  shownOf.opsgenie.extend(answered),
  shownOf.alertmanager.extend(answered),
  shownOf.snmp.extend(answered),
]);

const defaults = { enabled: z.boolean().default(true), quietHours: quietHours.nullable().default(null) };
const digestDefault = { ...defaults, digestMinutes: digestMinutes.default(null) };
export const newNotifier = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('mail'), ...shown.mail, ...hidden.mail, ...digestDefault }),
  z.object({ kind: z.literal('webhook'), ...shown.webhook, ...hidden.webhook, ...digestDefault }),
  z.object({ kind: z.literal('slack'), ...shown.slack, ...hidden.slack, ...digestDefault }),
  z.object({ kind: z.literal('teams'), ...shown.teams, ...hidden.teams, ...digestDefault }),
  z.object({ kind: z.literal('pagerduty'), ...shown.pagerduty, ...hidden.pagerduty, ...defaults }),
  z.object({ kind: z.literal('opsgenie'), ...shown.opsgenie, ...hidden.opsgenie, ...defaults }),
  z.object({
    kind: z.literal('alertmanager'),
    ...shown.alertmanager,
    ...defaults,
    username: z.string().max(200).nullable().default(null),
    password: secret.nullable().default(null),
  }),
  z.object({
    kind: z.literal('snmp'),
    ...shown.snmp,
    ...defaults,
    port: z.number().int().min(1).max(65_535).default(162),
    community: secret.default('public'),
  }),
]);
/** Fields of the notifier's kind; one that is left out stays as it is, secrets too. A field of another kind is refused. */
export const changeNotifier = z
  .strictObject({
    ...common,
    digestMinutes,
    to: shown.mail.to,
    url: webUrl,
    routingKey: secret,
    apiKey: secret,
    username: z.string().max(200).nullable(),
    password: secret.nullable(),
    host: shown.snmp.host,
    port: shown.snmp.port,
    community: secret,
  })
  .partial();
/** `secret` signs the bodies of a webhook (HMAC-SHA-256 in `leafward-signature`), shown this once; null for other kinds. */
export const newNotifierAnswer = z.object({ notifier, secret: z.string().nullable() });
/** How one try went, now. */
export const sendReport = z.object({
  ok: z.boolean(),
  /** Plain words: "HTTP 200", "the receiver refuses the password". */
  detail: z.string(),
  /** What the receiver answered, 64 KiB at most: given to administrators of the instance only. */
  body: z.string().nullable(),
});
export const testNotifierAnswer = z.object({ notifier, report: sendReport });

/** A message that was given up: taken by nobody for a day, or refused five times. Kept for 30 days, at most 1000 of a group. */
export const deadLetter = z.object({
  id,
  notifierId: id,
  notifierName: z.string(),
  /** As in the body: alert.opened, alert.closed … */
  kind: z.string(),
  title: z.string(),
  /** Null: a digest of several. */
  alertId: id.nullable(),
  createdAtMs: timeMs,
  givenUpAtMs: timeMs,
  attempts: z.number().int(),
  /** Of the last try. */
  detail: z.string(),
});

/** Who was told what of one alert: `GET /alerts/{id}/notifications`, the newest first, 200 at most. */
export const alertNotification = z.object({
  id,
  notifierId: id,
  notifierName: z.string(),
  /** As in the body: alert.opened, alert.repeated, alert.acknowledged, alert.closed. */
  kind: z.string(),
  createdAtMs: timeMs,
  /** waiting: not taken yet, it is tried again. */
  state: z.enum(['waiting', 'delivered', 'givenUp']),
  /** When it was taken or given up. */
  endedAtMs: timeMs.nullable(),
  attempts: z.number().int(),
  /** Of the last try; empty before the first. */
  detail: z.string(),
});

/** All three empty: the whole group, what is not about a host included. Otherwise what any of them names. */
export const windowTarget = z.object({
  hosts: z.array(id).max(1000).default([]),
  /** Ids or names of replica sets: alerts of the set and of its hosts. */
  sets: z.array(z.string().min(1).max(200)).max(1000).default([]),
  tags: z.array(z.string().min(1).max(100)).max(100).default([]),
});
export const windowTimes = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('once'), fromMs: timeMs, toMs: timeMs }),
  z.object({
    kind: z.literal('weekly'),
    /** Days on which it starts. */
    days: z.array(weekday).min(1).max(7),
    start: timeOfDay,
    durationMinutes: z
      .number()
      .int()
      .min(1)
      .max(7 * 24 * 60),
    timeZone,
  }),
]);
/** While it lasts nobody is told of new alerts of its target: they stand on the page with its mark. What is still open at its end is told then. */
export const maintenanceWindow = z.object({
  id,
  name: z.string(),
  enabled: z.boolean(),
  times: windowTimes,
  target: windowTarget,
  createdBy: z.string(),
  createdAtMs: timeMs,
  /** Now. */
  active: z.boolean(),
  /** Of the stretch that is on, or of the next one; null: there is none any more. */
  fromMs: timeMs.nullable(),
  toMs: timeMs.nullable(),
});
export const newMaintenanceWindow = z.object({
  name,
  enabled: z.boolean().default(true),
  times: windowTimes,
  target: windowTarget.default({ hosts: [], sets: [], tags: [] }),
});
export const changeMaintenanceWindow = z
  .object({ name, enabled: z.boolean(), times: windowTimes, target: windowTarget })
  .partial();

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

export type QuietHours = z.infer<typeof quietHours>;
export type Weekday = z.infer<typeof weekday>;
export type Notifier = z.infer<typeof notifier>;
export type NewNotifier = z.infer<typeof newNotifier>;
export type ChangeNotifier = z.infer<typeof changeNotifier>;
export type NewNotifierAnswer = z.infer<typeof newNotifierAnswer>;
export type SendReport = z.infer<typeof sendReport>;
export type TestNotifierAnswer = z.infer<typeof testNotifierAnswer>;
export type DeadLetter = z.infer<typeof deadLetter>;
export type AlertNotification = z.infer<typeof alertNotification>;
export type WindowTimes = z.infer<typeof windowTimes>;
export type WindowTarget = z.infer<typeof windowTarget>;
export type MaintenanceWindow = z.infer<typeof maintenanceWindow>;
