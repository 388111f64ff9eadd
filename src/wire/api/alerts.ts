import { z } from 'zod';
import { id, timeMs } from './common.ts';

export const alertCondition = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('hostDown') }),
  z.object({ kind: z.literal('hostUnreachable') }),
  z.object({ kind: z.literal('hostRecovering') }),
  z.object({ kind: z.literal('noPrimary') }),
  z.object({ kind: z.literal('agentDown') }),
  z.object({ kind: z.literal('lagAbove'), seconds: z.number().min(1) }),
  z.object({ kind: z.literal('oplogWindowBelow'), hours: z.number().min(0) }),
  /** A backed-up set could not be brought back as it was so many seconds ago. */
  z.object({ kind: z.literal('backupBehind'), seconds: z.number().min(1) }),
  /** Capture stands still, and the source's oplog holds its place for less than so many hours. */
  z.object({ kind: z.literal('backupPlaceAtRisk'), hours: z.number().min(0) }),
  z.object({ kind: z.literal('backupResyncNeeded') }),
  /** Due for so many hours, or it cannot be made. */
  z.object({ kind: z.literal('backupSnapshotLate'), hours: z.number().min(0) }),
  /** The last restore drill failed, or the next is due for so many hours. */
  z.object({ kind: z.literal('backupDrillFailed'), hours: z.number().min(0) }),
  z.object({ kind: z.literal('backupAgentDown') }),
  /** Free space on the disk of the backups, as a share of what they take and what is free. */
  z.object({ kind: z.literal('backupStoreFull'), freePercent: z.number().min(0).max(100) }),
  z.object({
    kind: z.literal('metric'),
    metric: z.string().max(400),
    above: z.number().optional(),
    below: z.number().optional(),
  }),
]);
export const alertRule = z.object({
  id,
  name: z.string(),
  condition: alertCondition,
  /** The condition must hold this long. */
  forMs: z.number().min(0),
  severity: z.enum(['warn', 'bad']),
  enabled: z.boolean(),
  /** Who is told; none named = all notifiers of the group. */
  notifierIds: z.array(id),
  builtIn: z.boolean(),
});
export const newAlertRule = z.object({
  name: z.string().trim().min(1).max(200),
  condition: alertCondition,
  forMs: z
    .number()
    .int()
    .min(0)
    .max(7 * 86_400_000)
    .default(0),
  severity: z.enum(['warn', 'bad']),
  enabled: z.boolean().default(true),
  notifierIds: z.array(id).max(100).default([]),
});
/** A field that is left out stays as it is. */
export const changeAlertRule = z
  .object({
    name: z.string().trim().min(1).max(200),
    condition: alertCondition,
    forMs: z
      .number()
      .int()
      .min(0)
      .max(7 * 86_400_000),
    severity: z.enum(['warn', 'bad']),
    enabled: z.boolean(),
    notifierIds: z.array(id).max(100),
  })
  .partial();

export const alert = z.object({
  id,
  ruleId: id,
  ruleName: z.string(),
  severity: z.enum(['warn', 'bad']),
  /** open until the condition ends; acknowledged silences; closed = over. */
  state: z.enum(['open', 'acknowledged', 'closed']),
  /** What it is about: host, replica set or agent. */
  subject: z.object({ kind: z.enum(['host', 'set', 'agent', 'group']), id, label: z.string() }),
  /** Plain words with the value: "checkout-3 is 4 min 12 s behind its primary". */
  title: z.string(),
  detail: z.string(),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  openedAtMs: timeMs,
  acknowledgedAtMs: timeMs.nullable(),
  acknowledgedBy: z.string().nullable(),
  closedAtMs: timeMs.nullable(),
});
export const alertsAnswer = z.array(alert);
/** active: open and acknowledged, which is what needs a person. Without a state: all, newest first. */
export const alertsQuery = z.object({
  state: z.enum(['active', 'open', 'acknowledged', 'closed']).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const notifier = z.object({
  id,
  name: z.string(),
  kind: z.literal('webhook'),
  url: z.string(),
  enabled: z.boolean(),
  lastAttempt: z.object({ atMs: timeMs, ok: z.boolean(), detail: z.string() }).nullable(),
});
export const newNotifier = z.object({
  name: z.string().trim().min(1).max(200),
  kind: z.literal('webhook'),
  url: z.url().max(2000),
  enabled: z.boolean().default(true),
});
export const changeNotifier = z
  .object({ name: z.string().trim().min(1).max(200), url: z.url().max(2000), enabled: z.boolean() })
  .partial();
/** The secret that signs bodies (HMAC-SHA-256 in `leafward-signature`), shown this once. */
export const newNotifierAnswer = z.object({ notifier, secret: z.string() });

export const event = z.object({
  id,
  atMs: timeMs,
  kind: z.string(),
  subject: z.object({ kind: z.enum(['host', 'set', 'agent', 'group']), id, label: z.string() }),
  message: z.string(),
});
export const eventsQuery = z.object({
  /** Events about this host, set or agent only. */
  hostId: id.optional(),
  kind: z.string().max(100).optional(),
  from: z.coerce.number().optional(),
  to: z.coerce.number().optional(),
  /** `nextBefore` of the page before. */
  before: z.string().max(100).optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export const eventsAnswer = z.object({ events: z.array(event), nextBefore: z.string().nullable() });

export type AlertCondition = z.infer<typeof alertCondition>;
export type AlertRule = z.infer<typeof alertRule>;
export type Alert = z.infer<typeof alert>;
export type Notifier = z.infer<typeof notifier>;
export type NewNotifierAnswer = z.infer<typeof newNotifierAnswer>;
export type Event = z.infer<typeof event>;
export type EventsAnswer = z.infer<typeof eventsAnswer>;
