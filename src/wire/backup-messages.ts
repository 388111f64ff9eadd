import { z } from 'zod';
import { sealedCredentials } from './agent-messages.ts';

/**
 * Messages between backup agent and server, besides hello and answers of agent-messages.ts. The JSON ones travel as those do. Blocks
 * and slices travel in an envelope (backup-envelope.ts): a JSON head and the bytes that it describes. All change requests
 * carry the replica set's lease epoch; a lapsed one is refused (LEASE_LOST) and changes nothing.
 */
const name = z.string().min(1).max(400);
/** `seconds:ordinal`. */
const timestampText = z.string().regex(/^\d{1,10}:\d{1,10}$/);
export const optimeMessage = z.object({ ts: timestampText, term: z.number().int() });
const base64 = z.string().max(200_000);
const hex32 = z.string().regex(/^[0-9a-f]{64}$/);
const uuid = z.string().regex(/^[0-9a-f]{32}$/);
const replicaSetId = z.string().regex(/^[0-9a-f]{24}$/);

export const backupMember = z.object({
  hostId: name,
  host: name,
  connectTo: name.optional(),
  tls: z.boolean().optional(),
  credentials: sealedCredentials.optional(),
  hidden: z.boolean(),
  delaySeconds: z.number(),
  priority: z.number(),
  arbiter: z.boolean(),
  /** As monitoring saw it last: PRIMARY, SECONDARY, … */
  stateName: name,
});

/** Names with `*`: `shop.*`, `*.cache`, `shop.orders`. Excluding wins; an empty include list means all. */
export const namespaceFilter = z.object({ include: z.array(name).max(1000), exclude: z.array(name).max(1000) });

export const backupLimits = z.object({
  /** Bytes a second read from the source by a scan; null: as quick as it goes. */
  scanBytesPerSecond: z.number().int().positive().nullable(),
  /** Threads of a scan. */
  scanThreads: z.number().int().min(1).max(64),
});

/** A collection that a scan copies, and how far each of its parts is; bounds and places are raw BSON `{_id: …}`. */
export const scanPart = z.object({
  uuid,
  part: z.number().int().nonnegative(),
  /** natural: in natural order, sorted piece by piece, begins anew after a crash; id: in `_id` order, goes on where it was. */
  order: z.enum(['id', 'natural']),
  lower: base64.nullable(),
  upper: base64.nullable(),
  /** `_id` of the last document that the server holds. */
  after: base64.nullable(),
  /** Number of the next upload of this part: a repeated one is acknowledged and not stored again. */
  next: z.number().int().nonnegative(),
  done: z.boolean(),
  documents: z.number(),
  bytes: z.number(),
});

export const scanState = z.object({
  scanId: name,
  /** full: everything. collections: those of `only` (newly included, renamed in). resync: everything, sends what differs. */
  kind: z.enum(['full', 'collections', 'resync']),
  only: z.array(uuid).nullable(),
  /** Where the oplog is read from: nothing of the scan is older. Null until begun. */
  from: optimeMessage.nullable(),
  /** Empty until the plan was sent. */
  parts: z.array(scanPart),
  planned: z.boolean(),
});

/** One replica set that this agent has (by lease) to back up. */
export const backupTask = z.object({
  replicaSetId,
  name,
  epoch: z.number().int(),
  members: z.array(backupMember).max(100),
  filter: namespaceFilter,
  limits: backupLimits,
  /** Highest entry that is durable on the server; null before the first slice. The next slice begins right after it. */
  checkpoint: optimeMessage.nullable(),
  /** Hash of the slice chain at the checkpoint. */
  chain: hex32.nullable(),
  /** A scan that is to be begun or to go on; null: none. */
  scan: scanState.nullable(),
  /** Capture is given up until a person or a resync says otherwise. */
  paused: z.boolean(),
});

/** Long poll `GET backupTasks?version&waitSeconds`: answers at once when something differs; renews the leases of all its tasks. */
export const backupTasksAnswer = z.object({
  version: z.number().int(),
  leaseMs: z.number().int(),
  /** HMAC key of the group's block ids, 32 bytes as base64. */
  blockKey: z.string().max(100),
  compressionLevel: z.number().int().min(1).max(19),
  tasks: z.array(backupTask).max(1000),
  /** Restore drills for this agent, of any sets of the group: one that is gone from here is over, or was given up. */
  drills: z
    .array(z.object({ replicaSetId, drillId: name }))
    .max(100)
    .default([]),
});

const setRequest = { replicaSetId, epoch: z.number().int() };

/** A scan was begun at the agent: from here on the oplog is captured. Answers the scan's state (idempotent). */
export const scanBeginRequest = z.object({ ...setRequest, scanId: name, from: optimeMessage });
/** The collections and how they are cut into parts; raw BSON as base64. May come in several messages, the last says so. */
export const scanPlanRequest = z.object({
  ...setRequest,
  scanId: name,
  collections: z
    .array(
      z.object({
        uuid,
        database: name,
        name,
        type: z.enum(['collection', 'view', 'timeseries']),
        options: base64,
        indexes: z.array(base64).max(100),
        capped: z.boolean(),
        temporary: z.boolean(),
        /** From collStats, for progress. */
        documents: z.number(),
        bytes: z.number(),
      }),
    )
    .max(5000),
  parts: z.array(scanPart.pick({ uuid: true, part: true, order: true, lower: true, upper: true })).max(20_000),
  last: z.boolean(),
});

/** Head of an envelope of blocks: pieces of several parts may travel together; the stored bytes follow in this order. */
export const blocksHead = z.object({
  ...setRequest,
  scanId: name,
  pieces: z
    .array(
      z.object({
        uuid,
        part: z.number().int().nonnegative(),
        /** As scanPart.next: the server takes number `next`, acknowledges lower ones, refuses higher ones. */
        number: z.number().int().nonnegative(),
        /** The part begins anew: what the server holds of it is forgotten. */
        restart: z.boolean(),
        after: base64.nullable(),
        done: z.boolean(),
        documents: z.number(),
        bytes: z.number(),
        /** Blocks of one run are in key order; natural order makes several runs of a part. */
        blocks: z.array(
          z.object({
            run: z.number().int().nonnegative(),
            id: hex32,
            firstKey: base64,
            lastKey: base64,
            count: z.number().int().positive(),
            contentBytes: z.number().int().positive(),
            /** Bytes in the envelope; 0: the server said that it has the block. */
            length: z.number().int().nonnegative(),
          }),
        ),
      }),
    )
    .max(5000),
});
export const blocksAnswer = z.object({ newBytes: z.number() });
/** Which of these blocks does the group have? A yes pins the block for the scan. */
export const haveRequest = z.object({ ...setRequest, scanId: name, ids: z.array(hex32).max(10_000) });
export const haveAnswer = z.object({ have: z.array(z.boolean()) });
/** All parts are done. `until`: highest applied optime of any scanned member after its last read; nothing before it can be restored. */
export const scanFinishRequest = z.object({ ...setRequest, scanId: name, until: optimeMessage });

/** Head of an envelope of slices, oldest first; the zstd frames follow in this order. docs/formats/slice.md */
export const slicesHead = z.object({
  ...setRequest,
  slices: z
    .array(
      z.object({
        /** Last entry of the slice before; null: the first of this capture. */
        after: optimeMessage.nullable(),
        first: timestampText,
        last: optimeMessage,
        entries: z.number().int().positive(),
        contentBytes: z.number().int().positive(),
        length: z.number().int().positive(),
        /** SHA-256 of the content. */
        hash: hex32,
        /** SHA-256 of (chain before ‖ hash); before the first: 32 zero bytes. */
        chain: hex32,
      }),
    )
    .min(1)
    .max(1000),
});
/** Where the server is; SLICE_GAP (409) carries the same in its details. */
export const slicesAnswer = z.object({ checkpoint: optimeMessage, chain: hex32 });

/** Every few seconds, for each task. */
export const backupReportRequest = z.object({
  agent: z.object({
    cpuPercent: z.number(),
    rssBytes: z.number(),
    rssAnonBytes: z.number().optional(),
    startedAtMs: z.number(),
    sentBytes: z.number().optional(),
    /** Where this agent restores drills to, without credentials; null: it has no such target. */
    drillTarget: name.nullable().optional(),
  }),
  tasks: z
    .array(
      z.object({
        ...setRequest,
        state: z.enum(['starting', 'scanning', 'tailing', 'spooling', 'paused', 'lost', 'failed']),
        /** lost: PLACE_LOST or ROLLED_BACK; failed: anything that a person must mend. */
        problem: z.object({ code: name, message: z.string().max(2000), hint: z.string().max(4000) }).nullable(),
        member: name.nullable(),
        scanMember: name.nullable(),
        /** Newest majority-committed entry of the source, and of what was read. */
        sourceLast: optimeMessage.nullable(),
        readLast: optimeMessage.nullable(),
        /** Wall time at which everything up to readLast was known to be all there was. */
        caughtUpAtMs: z.number().nullable(),
        oplogFirst: timestampText.nullable(),
        oplogBytes: z.number().nullable(),
        /** Oplog that is written per second on the source, from its size and window. */
        churnBytesPerSecond: z.number().nullable(),
        spoolBytes: z.number(),
        spoolLimitBytes: z.number(),
        spoolFreeBytes: z.number().nullable(),
        scanBytesPerSecond: z.number().nullable(),
      }),
    )
    .max(1000),
});

/** The snapshot of a drill as it is restored; answers as `POST …/views` of the API does. */
export const drillViewRequest = z.object({ replicaSetId, drillId: name });
/** Query of a GET that answers chunks as the API's views do. */
export const drillChunksQuery = z.object({
  replicaSetId,
  drillId: name,
  uuid: z.string().max(100),
  /** Last key of the answer before, base64url. */
  after: z
    .string()
    .regex(/^[A-Za-z0-9_-]{0,4000}$/)
    .optional(),
  maxBytes: z.coerce.number().int().min(1),
  /** An answer that holds the collection's end says so. */
  tellEnd: z.literal('true').optional(),
});
export const drillOutcome = z.object({
  ok: z.boolean(),
  /** What was compared, or what differs. */
  message: z.string().max(4000),
  documents: z.number(),
  bytes: z.number(),
});
export const drillResultRequest = z.object({ replicaSetId, drillId: name, ...drillOutcome.shape });
/** How far the restore of a drill is: while data is written and while it is read back. Bytes are of documents. */
export const drillProgress = z.object({
  phase: z.enum(['search', 'data', 'indexes', 'proof', 'end']),
  documents: z.number(),
  bytes: z.number(),
  allBytes: z.number(),
  bytesPerSecond: z.number(),
  secondsLeft: z.number().nullable(),
  /** Collections that are written, and what else goes on: at most ten. */
  doing: z.array(z.string().max(500)).max(10),
});
export const drillProgressRequest = z.object({ replicaSetId, drillId: name, progress: drillProgress });

export type OptimeMessage = z.infer<typeof optimeMessage>;
export type BackupMember = z.infer<typeof backupMember>;
export type NamespaceFilter = z.infer<typeof namespaceFilter>;
export type ScanPart = z.infer<typeof scanPart>;
export type ScanState = z.infer<typeof scanState>;
export type BackupTask = z.infer<typeof backupTask>;
export type BackupTasksAnswer = z.infer<typeof backupTasksAnswer>;
export type ScanBeginRequest = z.infer<typeof scanBeginRequest>;
export type ScanPlanRequest = z.infer<typeof scanPlanRequest>;
export type BlocksHead = z.infer<typeof blocksHead>;
export type HaveRequest = z.infer<typeof haveRequest>;
export type ScanFinishRequest = z.infer<typeof scanFinishRequest>;
export type SlicesHead = z.infer<typeof slicesHead>;
export type SlicesAnswer = z.infer<typeof slicesAnswer>;
export type DrillViewRequest = z.infer<typeof drillViewRequest>;
export type DrillChunksQuery = z.infer<typeof drillChunksQuery>;
export type DrillProgress = z.infer<typeof drillProgress>;
export type DrillProgressRequest = z.infer<typeof drillProgressRequest>;
export type DrillOutcome = z.infer<typeof drillOutcome>;
export type DrillResultRequest = z.infer<typeof drillResultRequest>;
export type BackupReportRequest = z.infer<typeof backupReportRequest>;
