import { z } from 'zod';
import { hostTag, id, plainName, timeMs } from './common.ts';

/** How the values of a window become the one that is compared; `newest` needs no window. `rate`: change per second over the window. */
export const metricAggregate = z.enum(['newest', 'average', 'maximum', 'minimum', 'rate']);
const windowMs = z
  .number()
  .int()
  .min(60_000)
  .max(24 * 3_600_000);

const missedSeconds = z.number().min(5).max(86_400);

export const alertCondition = z.discriminatedUnion('kind', [
  /** Without an answer for so many seconds (and three polls); not given: 60. */
  z.object({ kind: z.literal('hostDown'), seconds: missedSeconds.optional() }),
  z.object({ kind: z.literal('hostUnreachable'), seconds: missedSeconds.optional() }),
  z.object({ kind: z.literal('hostRecovering') }),
  z.object({ kind: z.literal('hostRollback') }),
  /** Its process was started anew while it was watched; holds for so many minutes. */
  z.object({ kind: z.literal('hostRestarted'), minutes: z.number().min(1).max(1440) }),
  /** So many patch releases or more behind the newest of its series that the group or this version knows. */
  z.object({ kind: z.literal('versionBehind'), patches: z.number().int().min(1).max(100) }),
  /** Members of one replica set run different versions. */
  z.object({ kind: z.literal('versionsMixed') }),
  z.object({ kind: z.literal('startupWarnings') }),
  /** The TLS certificate that a host shows ends within so many days. */
  z.object({ kind: z.literal('certificateExpiring'), days: z.number().min(1).max(365) }),
  /** This server's own, unless it renews it by itself. */
  z.object({ kind: z.literal('serverCertificateExpiring'), days: z.number().min(1).max(365) }),
  z.object({ kind: z.literal('noPrimary') }),
  z.object({
    kind: z.literal('electionsAbove'),
    count: z.number().int().min(0).max(1000),
    minutes: z.number().min(1).max(1440),
  }),
  z.object({ kind: z.literal('unhealthyMembersAbove'), count: z.number().int().min(0).max(50) }),
  /** Fewer than so many mongos of a cluster answer. */
  z.object({ kind: z.literal('mongosBelow'), count: z.number().int().min(1).max(1000) }),
  z.object({ kind: z.literal('agentDown') }),
  /** Of another version than the server's, and an older one; backup agents too. */
  z.object({ kind: z.literal('agentVersionBehind') }),
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
  /** The port of a host answers from where the server stands (docs/faq/exposed-hosts.md). */
  /** `finding`: MongoDB answers and guards its data, or lists its databases to anybody; absent: either. */
  z.object({ kind: z.literal('exposedHost'), finding: z.enum(['mongodb', 'open']).optional() }),
  /** Something that people did; the alert ends by itself after a quarter of an hour. */
  z.object({
    kind: z.literal('peopleChanged'),
    changes: z
      .array(z.enum(['userJoined', 'userLeft', 'roleChanged', 'keyCreated']))
      .min(1)
      .max(4),
  }),
  /** Counters are compared as rates per second. Opens past `above` or `below`, ends only past the clear-value. */
  z.object({
    kind: z.literal('metric'),
    metric: z.string().min(1).max(400),
    above: z.number().optional(),
    below: z.number().optional(),
    /** Not given: newest. */
    aggregate: metricAggregate.optional(),
    /** Of the aggregate; not given: 5 minutes. */
    windowMs: windowMs.optional(),
    /** An alert on `above` ends below this; not given: 5 % under it. */
    clearsBelow: z.number().optional(),
    /** An alert on `below` ends above this; not given: 5 % over it. */
    clearsAbove: z.number().optional(),
  }),
  /** The average of the window is far from what the metric was in the same hour of the last four weeks. */
  z.object({
    kind: z.literal('anomaly'),
    metric: z.string().min(1).max(400),
    side: z.enum(['above', 'below', 'both']).default('both'),
    /** How far: times the usual deviation (1.4826 × the median absolute deviation). */
    deviations: z.number().min(1).max(100).default(6),
    windowMs: windowMs.default(300_000),
  }),
]);

/** Which hosts, sets and clusters a rule is about: within a list any will do, every list that is not empty must fit. */
export const alertTarget = z.object({
  /** Host names; `*` any characters, `?` one; several apart by commas. A set or cluster fits when one of its hosts does. */
  hostPattern: z.string().trim().max(400).default(''),
  hostTypes: z
    .array(z.enum(['standalone', 'primary', 'secondary', 'arbiter', 'mongos', 'configServer', 'shardServer']))
    .max(7)
    .default([]),
  /** Replica sets by id or name. */
  sets: z.array(z.string().min(1).max(400)).max(200).default([]),
  /** Sharded clusters by id. */
  clusters: z.array(z.string().min(1).max(400)).max(200).default([]),
  tags: z.array(hostTag).max(50).default([]),
});

/** Who is told when an alert has been open and not acknowledged for so long. Nobody named = all notifiers of the group. */
export const alertStep = z.object({
  afterMs: z
    .number()
    .int()
    .min(0)
    .max(7 * 86_400_000),
  notifierIds: z.array(id).max(100).default([]),
});
/** In the order of their times; no step = only the pages show it. */
const alertSteps = z.array(alertStep).max(10);
const holdMs = z
  .number()
  .int()
  .min(0)
  .max(7 * 86_400_000);
const closeAfterMs = z.number().int().min(0).max(86_400_000);
/** The first gap between two tellings of the same open alert; it grows up to 24 h. Null: told once. */
const repeatMs = z.number().int().min(60_000).max(86_400_000).nullable();
const severity = z.enum(['warn', 'bad']);
const ruleName = plainName;
const everything = { hostPattern: '', hostTypes: [], sets: [], clusters: [], tags: [] };
const tellAllAtOnce = [{ afterMs: 0, notifierIds: [] }];

export const alertRule = z.object({
  id,
  name: z.string(),
  condition: alertCondition,
  target: alertTarget.default(everything),
  /** The condition must hold this long. */
  forMs: z.number().min(0),
  /** It must be gone this long before the alert closes. */
  closeAfterMs: z.number().min(0).default(30_000),
  severity,
  enabled: z.boolean(),
  steps: alertSteps.default(tellAllAtOnce),
  repeatMs: repeatMs.default(null),
  builtIn: z.boolean(),
});
export const newAlertRule = z.object({
  name: ruleName,
  condition: alertCondition,
  target: alertTarget.default(everything),
  forMs: holdMs.default(0),
  closeAfterMs: closeAfterMs.default(30_000),
  severity,
  enabled: z.boolean().default(true),
  steps: alertSteps.default(tellAllAtOnce),
  repeatMs: repeatMs.default(null),
});
/** A field that is left out stays as it is. */
export const changeAlertRule = z
  .object({
    name: ruleName,
    condition: alertCondition,
    target: alertTarget,
    forMs: holdMs,
    closeAfterMs,
    severity,
    enabled: z.boolean(),
    steps: alertSteps,
    repeatMs,
  })
  .partial();

/** What it is about. */
export const alertSubject = z.object({
  kind: z.enum(['host', 'set', 'cluster', 'agent', 'group']),
  id,
  label: z.string(),
});
export const alert = z.object({
  id,
  ruleId: id,
  ruleName: z.string(),
  severity,
  /** open until the condition ends; acknowledged silences; closed = over. */
  state: z.enum(['open', 'acknowledged', 'closed']),
  subject: alertSubject,
  /** Plain words with the value: "checkout-3 is 4 min 12 s behind its primary". */
  title: z.string(),
  detail: z.string(),
  value: z.number().nullable(),
  threshold: z.number().nullable(),
  openedAtMs: timeMs,
  acknowledgedAtMs: timeMs.nullable(),
  acknowledgedBy: z.string().nullable(),
  /** Null: acknowledged until it closes. When the time is over and it still holds, the alert is open again. */
  acknowledgedUntilMs: timeMs.nullable().default(null),
  /** What the one who acknowledged wrote. */
  note: z.string().nullable().default(null),
  closedAtMs: timeMs.nullable(),
  /** The maintenance window that keeps it from being told, or kept it when it closed. */
  maintenance: z.object({ windowId: id, name: z.string(), untilMs: timeMs }).nullable().default(null),
});
/** Both may be left out; an alert that is acknowledged already takes the new time and note. */
export const acknowledgeRequest = z
  .object({ untilMs: timeMs.optional(), note: z.string().trim().max(2000).optional() })
  .nullish();

/** Several at once, all with the same time and note; those that are closed or unknown are left out of the answer. */
export const acknowledgeManyRequest = z.object({
  ids: z.array(id).min(1).max(500),
  untilMs: timeMs.optional(),
  note: z.string().trim().max(2000).optional(),
});

/** A rule to start from. One with the id of a built-in rule is what that rule was when the group was new. */
export const alertTemplate = z.object({ id, rule: newAlertRule });

/** What a target fits now: how many of all, and the first 50 hosts by name. */
export const alertTargetAnswer = z.object({
  hosts: z.array(z.object({ id, host: z.string() })),
  hostCount: z.number().int(),
  setCount: z.number().int(),
  clusterCount: z.number().int(),
  /** Watched hosts of the group. */
  allHosts: z.number().int(),
});

/** What would this rule have done: at most 31 days. */
export const alertPreviewRequest = z.object({ rule: newAlertRule, from: timeMs, to: timeMs });
export const alertPreviewAnswer = z.object({
  fromMs: timeMs,
  toMs: timeMs,
  /** none: nothing is stored of this condition, `note` says so. partial: `note` says what was left out or is less exact. */
  history: z.enum(['full', 'partial', 'none']),
  note: z.string().nullable(),
  /** Distance of the looks; null: from events, exact. */
  resolutionMs: z.number().nullable(),
  subjects: z.array(
    z.object({
      subject: alertSubject,
      /** `toMs` null: still open at the end. `value`: the worst while it was open. */
      intervals: z.array(z.object({ fromMs: timeMs, toMs: timeMs.nullable(), value: z.number().nullable() })),
    }),
  ),
  /** How many subjects were walked, of how many that the rule is about. */
  walked: z.number().int(),
  watched: z.number().int(),
  alerts: z.number().int(),
  /** Messages that notifiers would have sent, with the group's notifiers as they are now. */
  notifications: z.number().int(),
});

export const alertsAnswer = z.array(alert);
/** active: open and acknowledged, which is what needs a person. Without a state: all, newest first. */
export const alertsQuery = z.object({
  state: z.enum(['active', 'open', 'acknowledged', 'closed']).optional(),
  limit: z.coerce.number().int().min(1).max(5000).default(200),
});

export const event = z.object({
  id,
  atMs: timeMs,
  kind: z.string(),
  subject: alertSubject,
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
export type NewAlertRule = z.infer<typeof newAlertRule>;
export type AlertTarget = z.infer<typeof alertTarget>;
export type AlertStep = z.infer<typeof alertStep>;
export type AlertPreview = z.infer<typeof alertPreviewAnswer>;
export type AlertTemplate = z.infer<typeof alertTemplate>;
export type AlertTargetAnswer = z.infer<typeof alertTargetAnswer>;
export type Alert = z.infer<typeof alert>;
export type Event = z.infer<typeof event>;
export type EventsAnswer = z.infer<typeof eventsAnswer>;
