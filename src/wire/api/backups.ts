import { z } from 'zod';
import { backupLimits, drillProgress, namespaceFilter, optimeMessage } from '../backup-messages.ts';
import { id, status, timeMs } from './common.ts';

/** Backups in the API: `/api/v1/groups/:g/backups…`. Times are ms since 1970 UTC; bytes are bytes. */

const problem = z.object({ code: z.string(), message: z.string(), hint: z.string(), sinceMs: timeMs });

/** Snapshots every so many hours; how many of each kind are kept; any second of the last so many hours (at most a year, and 60 days). */
export const backupSchedule = z.object({
  snapshotEveryHours: z.number().int().min(1).max(24),
  keepAllHours: z.number().int().min(1).max(8784),
  keepDailyDays: z.number().int().min(0).max(3660),
  keepWeeklyWeeks: z.number().int().min(0).max(520),
  keepMonthlyMonths: z.number().int().min(0).max(240),
  windowHours: z.number().int().min(1).max(1440),
});

export const scanProgress = z.object({
  kind: z.enum(['full', 'collections', 'resync']),
  startedAtMs: timeMs,
  documents: z.number(),
  bytes: z.number(),
  allDocuments: z.number(),
  allBytes: z.number(),
  bytesPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  allCollections: z.number(),
  doneCollections: z.number(),
  /** At most 200 of them: those under way first, then those that wait, then those that are done. */
  collections: z.array(
    z.object({
      namespace: z.string(),
      documents: z.number(),
      bytes: z.number(),
      allBytes: z.number(),
      done: z.boolean(),
    }),
  ),
});

/**
 * off: never switched on, or terminated and gone. starting: waits for an agent. scanning: initial sync. catchingUp: the oplog up to the
 * scan's end is folded. protected: any second of the window. behind: the oplog is not followed closely. resyncNeeded. stopped: keeps
 * its snapshots. terminating: is deleted at `deletedAtMs`, can be undone until then.
 */
export const backupState = z.enum([
  'off',
  'starting',
  'scanning',
  'catchingUp',
  'protected',
  'behind',
  'resyncNeeded',
  'stopped',
  'terminating',
]);

/** A restore that was tried out. `target` is where, without credentials; null: the store alone was read. */
export const backupDrill = z.object({
  id,
  /** When it ended. */
  atMs: timeMs,
  snapshotId: z.string(),
  snapshotAtMs: timeMs,
  ok: z.boolean(),
  /** What was compared, or what differs. */
  message: z.string(),
  tookMs: z.number(),
  documents: z.number(),
  bytes: z.number(),
  target: z.string().nullable(),
});

/** A restore that is tried out now. `target` null: the store alone is read. `agentId`: which agent does it. */
export const drillUnderWay = z.object({
  startedAtMs: timeMs,
  snapshotAtMs: timeMs,
  target: z.string().nullable(),
  agentId: z.string().nullable(),
  /** Null: nothing was told yet. */
  progress: drillProgress.nullable(),
});

export const backupSet = z.object({
  replicaSetId: id,
  name: z.string(),
  hosts: z.array(z.string()),
  clusterRole: z.enum(['shardsvr', 'configsvr']).nullable(),
  state: backupState,
  status,
  problem: problem.nullable(),
  /** Everything up to here can be brought back. */
  protectedUntilMs: timeMs.nullable(),
  protectedUntil: optimeMessage.nullable(),
  /** Seconds between now (at the source) and protectedUntil. */
  lagSeconds: z.number().nullable(),
  windowFromMs: timeMs.nullable(),
  lastSnapshotAtMs: timeMs.nullable(),
  nextSnapshotAtMs: timeMs.nullable(),
  snapshots: z.number(),
  /** Documents before compression, and what they take in the store. */
  contentBytes: z.number(),
  storedBytes: z.number(),
  slicesBytes: z.number(),
  /** While capture stands still this is how long the source's oplog still holds the place. */
  oplogHoldsSeconds: z.number().nullable(),
  spoolBytes: z.number().nullable(),
  agentId: z.string().nullable(),
  member: z.string().nullable(),
  scan: scanProgress.nullable(),
  schedule: backupSchedule,
  filter: namespaceFilter,
  limits: backupLimits,
  /** A restore drill every so many days; 0: none by itself. */
  drillEveryDays: z.number(),
  deletedAtMs: timeMs.nullable(),
  /** The last one. */
  drill: backupDrill.pick({ atMs: true, ok: true, message: true, tookMs: true, target: true }).nullable(),
  drillUnderWay: drillUnderWay.nullable(),
});

export const backupsAnswer = z.array(backupSet);
/** What is left out stays as it is, or is the default at the first start. */
export const backupSettings = z
  .object({
    schedule: backupSchedule.partial(),
    filter: namespaceFilter.partial(),
    limits: backupLimits.partial(),
    drillEveryDays: z.number().int().min(0).max(366),
  })
  .partial();
/** `confirm` is the name of the replica set. */
export const terminateRequest = z.object({ confirm: z.string().max(400) });
/** resync sends what differs; full reads and sends everything anew. */
export const resyncRequest = z.object({ kind: z.enum(['resync', 'full']).default('resync') });

/**
 * Work that may take longer than a request: asked for by POST, then looked at with `GET …/backup-operations/:id?waitSeconds=`. Known
 * while the server runs; work that a restart cut off is not known any more (404).
 */
export const backupOperation = z.object({
  id,
  kind: z.enum(['snapshot', 'verify', 'drill']),
  replicaSetId: id.nullable(),
  state: z.enum(['running', 'done', 'failed']),
  startedAtMs: timeMs,
  endedAtMs: timeMs.nullable(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }).nullable(),
  /** done: a snapshot, what verify found, or how a drill ended. */
  snapshot: z.lazy(() => snapshot).nullable(),
  verify: z.lazy(() => verifyReport).nullable(),
  drill: backupDrill.nullable(),
});
/** Blocks that are not what they were, and the snapshots that need them. */
export const verifyReport = z.object({
  blocks: z.number(),
  bytes: z.number(),
  damage: z.array(z.object({ block: z.string(), pack: z.string(), why: z.string(), snapshots: z.array(z.string()) })),
});

export const snapshot = z.object({
  id,
  optime: optimeMessage,
  atMs: timeMs,
  takenAtMs: timeMs,
  /** schedule, demand, initial. */
  reason: z.enum(['schedule', 'demand', 'initial']),
  /** Kept as: hourly, daily, weekly, monthly; null: a person keeps it. */
  keptAs: z.array(z.enum(['recent', 'daily', 'weekly', 'monthly'])),
  expiresAtMs: timeMs.nullable(),
  collections: z.number(),
  documents: z.number(),
  contentBytes: z.number(),
  /** What making it cost. */
  readBytes: z.number(),
  newBytes: z.number(),
  tookMs: z.number(),
});

/** Stretches of time of which any second can be restored, and the snapshots beside them. */
export const backupTimeline = z.object({
  spans: z.array(z.object({ fromMs: timeMs, untilMs: timeMs })),
  holes: z.array(z.object({ fromMs: timeMs, untilMs: timeMs, why: z.string() })),
  snapshots: z.array(snapshot),
});

/** What a start would take, before it is done. */
export const backupPlan = z.object({
  bytes: z.number(),
  documents: z.number(),
  collections: z.number(),
  expectedSeconds: z.number().nullable(),
  oplogWindowSeconds: z.number().nullable(),
  storeFreeBytes: z.number().nullable(),
  expectedStoredBytes: z.number(),
  warnings: z.array(z.object({ message: z.string(), hint: z.string() })),
});

/** Oplog bytes and operations by namespace over time, from the slices. */
export const writeSources = z.object({
  bucketMs: z.number(),
  namespaces: z.array(z.object({ namespace: z.string(), points: z.array(z.tuple([timeMs, z.number(), z.number()])) })),
});

export type BackupSettings = z.infer<typeof backupSettings>;
export type BackupOperation = z.infer<typeof backupOperation>;
export type BackupSchedule = z.infer<typeof backupSchedule>;
export type ScanProgress = z.infer<typeof scanProgress>;
export type BackupState = z.infer<typeof backupState>;
export type BackupDrill = z.infer<typeof backupDrill>;
export type BackupSet = z.infer<typeof backupSet>;
export type Snapshot = z.infer<typeof snapshot>;
export type BackupTimeline = z.infer<typeof backupTimeline>;
export type BackupPlan = z.infer<typeof backupPlan>;
export type WriteSources = z.infer<typeof writeSources>;
