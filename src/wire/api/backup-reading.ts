import { z } from 'zod';
import { optimeMessage } from '../backup-messages.ts';
import { id, isShallow, timeMs } from './common.ts';

/** Reading of backups: moments, chosen documents, views, restore links, questions. */

/** Exactly one of the three says which moment. */
export const moment = z.object({
  /** Every entry of that second is included. */
  atMs: timeMs.optional(),
  snapshotId: id.optional(),
  /** `seconds:ordinal` */
  optime: z.string().optional(),
});

const extendedJson = z.record(z.string(), z.unknown()).refine((value) => isShallow(value), 'nested too deeply');
/** Documents of one collection: those that fit the filter (Extended JSON), and whose `_id` is among `ids` when there are any. */
export const selection = z.object({
  namespace: z.string().max(400),
  filter: extendedJson.default({}),
  ids: z
    .array(z.unknown().refine((value) => isShallow(value), 'nested too deeply'))
    .min(1)
    .max(10_000)
    .optional(),
});
/** A view of chosen documents has that collection alone; its counts are those of the whole collection. */
export const viewRequest = moment.extend({
  selection: selection.optional(),
  /** The reader is on the server's machine: documents that newer runs touch come as they are, not compressed. */
  nearby: z.boolean().optional(),
});

export const viewCollection = z.object({
  uuid: z.string(),
  namespace: z.string(),
  type: z.enum(['collection', 'view', 'timeseries']),
  capped: z.boolean(),
  documents: z.number(),
  contentBytes: z.number(),
  indexes: z.number(),
  /** Raw BSON as base64, as CollectionInfo holds it. */
  options: z.string(),
  indexSpecs: z.array(z.string()),
});
/** `POST …/views` opens one: its blocks are kept while it is used; it closes by itself after an hour without a read. */
export const viewAnswer = z.object({
  viewId: id,
  optime: optimeMessage,
  atMs: timeMs,
  expiresAtMs: timeMs,
  sourceVersion: z.string().nullable(),
  /** Block ids of the group are made with it: a reader can prove what it got. */
  collections: z.array(viewCollection),
});

export const restoreLinkRequest = moment.extend({
  format: z.enum(['archive', 'tar']),
  namespaces: z.array(z.string()).max(1000).default([]),
  /** Only these documents; `namespaces` is then left out. */
  selection: selection.optional(),
});
export const restoreLink = z.object({
  id,
  replicaSetId: id,
  optime: optimeMessage,
  format: z.enum(['archive', 'tar']),
  namespaces: z.array(z.string()),
  /** Chosen documents of this collection (which ones is told to nobody); null: all of these namespaces. */
  selection: selection.pick({ namespace: true }).nullable(),
  createdAtMs: timeMs,
  /** It must have begun by then. */
  expiresAtMs: timeMs,
  state: z.enum(['waiting', 'running', 'used', 'expired', 'revoked', 'failed']),
  attempts: z.number(),
  sentBytes: z.number(),
  contentBytes: z.number(),
});
/** The address is told once. */
export const newRestoreLinkAnswer = z.object({ link: restoreLink, url: z.string(), command: z.string() });

export const findRequest = moment.extend({
  namespace: z.string(),
  /** Extended JSON (relaxed or canonical). */
  filter: extendedJson.default({}),
  sort: z.record(z.string(), z.union([z.literal(1), z.literal(-1)])).optional(),
  projection: z.record(z.string(), z.union([z.literal(0), z.literal(1)])).optional(),
  limit: z.number().int().min(1).max(1000).default(20),
});
/** Canonical Extended JSON. `scanned` documents were looked at; `more`: the limit or the time ended it. */
export const findAnswer = z.object({
  optime: optimeMessage,
  documents: z.array(z.unknown()),
  scanned: z.number(),
  more: z.boolean(),
  tookMs: z.number(),
});
export const historyRequest = z.object({
  namespace: z.string(),
  id: z.unknown().refine((value) => isShallow(value), 'nested too deeply'),
  limit: z.number().int().min(1).max(500).default(100),
});
export const historyAnswer = z.object({
  versions: z.array(
    z.object({
      optime: optimeMessage.nullable(),
      atMs: timeMs,
      /** Of a version that only a snapshot knows the moment of change is not known. */
      exact: z.boolean(),
      kind: z.enum(['insert', 'update', 'delete', 'found', 'missing']),
      /** By an operation on the document, or by what became of collections of that name. Null: only a snapshot knows of it. */
      cause: z.enum(['write', 'rename', 'drop', 'empty']).nullable(),
      document: z.unknown().nullable(),
      changes: z.array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() })),
    }),
  ),
  /** Every change after this place is there; before it, only what snapshots hold. Null: there is no such place. */
  exactFrom: optimeMessage.nullable(),
  exactFromMs: timeMs.nullable(),
  /** limit, time: older versions are left out. damage: the oplog before `exactFrom` is kept but cannot be read. */
  cut: z.enum(['limit', 'time', 'damage']).nullable(),
});

export type Moment = z.infer<typeof moment>;
export type Selection = z.infer<typeof selection>;
export type ViewAnswer = z.infer<typeof viewAnswer>;
export type RestoreLink = z.infer<typeof restoreLink>;
export type RestoreLinkRequest = z.infer<typeof restoreLinkRequest>;
export type NewRestoreLinkAnswer = z.infer<typeof newRestoreLinkAnswer>;
export type FindAnswer = z.infer<typeof findAnswer>;
export type HistoryAnswer = z.infer<typeof historyAnswer>;
