import { z } from 'zod';
import type { CollectionInfo } from '../../model/collection.ts';
import type { Optime } from '../../model/optime.ts';
import { AppError } from '../../runtime/errors.ts';
import type { StoredPoint, StoredScan, StoredSet, StoredSnapshot } from '../../vault/metadata-ports.ts';
import type { PointRun } from '../../vault/ports.ts';
import type { SqlRow, SqlValue } from './database.ts';
import { bytes, bytesOrNull, flag, number, numberOrNull, text, textOrNull, word } from './metadata-row.ts';

/** Rows of the vault's tables as what they mean, and back. */

export function tsText(ts: bigint): string {
  return ts.toString(16).padStart(16, '0');
}

export function tsOf(digits: string): bigint {
  return BigInt(`0x${digits}`);
}

function optimeOrNull(row: SqlRow, name: string): Optime | null {
  const ts = textOrNull(row, `${name}_ts`);
  return ts === null ? null : { ts: tsOf(ts), term: number(row, `${name}_term`) };
}

/** A buffer over the row's own memory. */
export function buffer(row: SqlRow, column: string): Buffer {
  const found = bytes(row, column);
  return Buffer.from(found.buffer, found.byteOffset, found.byteLength);
}

const filter = z.object({ include: z.array(z.string()), exclude: z.array(z.string()) });
const settings = z.object({
  schedule: z.object({
    snapshotEveryHours: z.number(),
    keepAllHours: z.number(),
    keepDailyDays: z.number(),
    keepWeeklyWeeks: z.number(),
    keepMonthlyMonths: z.number(),
    windowHours: z.number(),
  }),
  filter,
  limits: z.object({ scanBytesPerSecond: z.number().nullable(), scanThreads: z.number() }),
  // Sets of before there were drills.
  drillEveryDays: z.number().default(7),
});
const lost = z.object({ code: z.string(), message: z.string(), sinceMs: z.number() });
const foldProblem = lost.extend({ hint: z.string(), optime: z.string().nullable() });
const texts = z.array(z.string());
const infoJson = z.object({
  uuid: z.string(),
  database: z.string(),
  name: z.string(),
  type: z.enum(['collection', 'view', 'timeseries']),
  options: z.string(),
  indexes: texts,
  capped: z.boolean(),
  temporary: z.boolean(),
});

function json<S extends z.ZodType>(row: SqlRow, column: string, schema: S): z.output<S> {
  try {
    return schema.parse(JSON.parse(text(row, column)));
  } catch (cause) {
    throw new AppError('STORE_CORRUPT', `the column ${column} of the vault does not hold what it should`, { cause });
  }
}

export function setOf(row: SqlRow): StoredSet {
  return {
    groupId: text(row, 'group_id'),
    replicaSetId: text(row, 'replica_set_id'),
    name: text(row, 'name'),
    standing: word(row, 'standing', ['active', 'stopped', 'terminating']),
    deleteAtMs: numberOrNull(row, 'delete_at_ms'),
    settings: json(row, 'settings', settings),
    lost: row['lost'] === null ? null : json(row, 'lost', lost),
    foldProblem: row['fold_problem'] === null ? null : json(row, 'fold_problem', foldProblem),
    nextSnapshotAtMs: numberOrNull(row, 'next_snapshot_at_ms'),
    includesMore: flag(row, 'includes_more'),
  };
}

export function setRow(set: StoredSet): Record<string, SqlValue> {
  return {
    replica_set_id: set.replicaSetId,
    group_id: set.groupId,
    name: set.name,
    standing: set.standing,
    delete_at_ms: set.deleteAtMs,
    settings: JSON.stringify(set.settings),
    lost: set.lost === null ? null : JSON.stringify(set.lost),
    fold_problem: set.foldProblem === null ? null : JSON.stringify(set.foldProblem),
    next_snapshot_at_ms: set.nextSnapshotAtMs,
    includes_more: set.includesMore ? 1 : 0,
  };
}

export function scanOf(row: SqlRow): StoredScan {
  return {
    scanId: text(row, 'scan_id'),
    replicaSetId: text(row, 'replica_set_id'),
    ordinal: number(row, 'ordinal'),
    kind: word(row, 'kind', ['full', 'collections', 'resync']),
    only: row['only_uuids'] === null ? null : json(row, 'only_uuids', texts),
    anew: flag(row, 'anew'),
    from: optimeOrNull(row, 'from'),
    until: optimeOrNull(row, 'until'),
    planned: flag(row, 'planned'),
    startedAtMs: number(row, 'started_at_ms'),
    state: word(row, 'state', ['open', 'finished', 'begun', 'folded', 'given up']),
  };
}

export function scanRow(scan: StoredScan): Record<string, SqlValue> {
  return {
    scan_id: scan.scanId,
    replica_set_id: scan.replicaSetId,
    ordinal: scan.ordinal,
    kind: scan.kind,
    only_uuids: scan.only === null ? null : JSON.stringify(scan.only),
    anew: scan.anew ? 1 : 0,
    from_ts: scan.from === null ? null : tsText(scan.from.ts),
    from_term: scan.from?.term ?? null,
    until_ts: scan.until === null ? null : tsText(scan.until.ts),
    until_term: scan.until?.term ?? null,
    planned: scan.planned ? 1 : 0,
    started_at_ms: scan.startedAtMs,
    state: scan.state,
  };
}

export function infoText(info: CollectionInfo): string {
  return JSON.stringify({
    ...info,
    options: info.options.toString('base64'),
    indexes: info.indexes.map((index) => index.toString('base64')),
  });
}

export function infoOf(row: SqlRow): CollectionInfo {
  const found = json(row, 'info', infoJson);
  return {
    ...found,
    options: Buffer.from(found.options, 'base64'),
    indexes: found.indexes.map((index) => Buffer.from(index, 'base64')),
  };
}

export function runIdsOf(row: SqlRow): readonly string[] {
  return json(row, 'runs', texts);
}

export function runOf(row: SqlRow): PointRun {
  const root = bytesOrNull(row, 'root');
  return {
    id: text(row, 'id'),
    kind: word(row, 'kind', ['base', 'delta']),
    lenient: flag(row, 'lenient'),
    root: root === null ? null : Buffer.from(root),
    levels: number(row, 'levels'),
    entries: number(row, 'entries'),
    blocks: number(row, 'blocks'),
    contentBytes: number(row, 'content_bytes'),
    storedBytes: number(row, 'stored_bytes'),
    growth:
      row['added'] === null
        ? null
        : { added: number(row, 'added'), addedBytes: number(row, 'added_bytes'), removed: number(row, 'removed') },
  };
}

export function runRow(replicaSetId: string, run: PointRun): Record<string, SqlValue> {
  return {
    id: run.id,
    replica_set_id: replicaSetId,
    kind: run.kind,
    lenient: run.lenient ? 1 : 0,
    root: run.root,
    levels: run.levels,
    entries: run.entries,
    blocks: run.blocks,
    content_bytes: run.contentBytes,
    stored_bytes: run.storedBytes,
    added: run.growth?.added ?? null,
    added_bytes: run.growth?.addedBytes ?? null,
    removed: run.growth?.removed ?? null,
  };
}

export function pointOf(row: SqlRow): StoredPoint {
  return {
    id: text(row, 'id'),
    replicaSetId: text(row, 'replica_set_id'),
    optime: { ts: tsOf(text(row, 'ts')), term: number(row, 'term') },
    hidden: flag(row, 'hidden'),
    atMs: number(row, 'at_ms'),
  };
}

export function snapshotOf(row: SqlRow): StoredSnapshot {
  return {
    id: text(row, 'id'),
    replicaSetId: text(row, 'replica_set_id'),
    optime: { ts: tsOf(text(row, 'ts')), term: number(row, 'term') },
    takenAtMs: number(row, 'taken_at_ms'),
    reason: word(row, 'reason', ['schedule', 'demand', 'initial']),
    collections: number(row, 'collections'),
    documents: number(row, 'documents'),
    contentBytes: number(row, 'content_bytes'),
    readBytes: number(row, 'read_bytes'),
    newBytes: number(row, 'new_bytes'),
    tookMs: number(row, 'took_ms'),
  };
}

export function snapshotRow(snapshot: StoredSnapshot): Record<string, SqlValue> {
  return {
    id: snapshot.id,
    replica_set_id: snapshot.replicaSetId,
    ts: tsText(snapshot.optime.ts),
    term: snapshot.optime.term,
    taken_at_ms: Math.round(snapshot.takenAtMs),
    reason: snapshot.reason,
    collections: snapshot.collections,
    documents: snapshot.documents,
    content_bytes: snapshot.contentBytes,
    read_bytes: snapshot.readBytes,
    new_bytes: snapshot.newBytes,
    took_ms: snapshot.tookMs,
  };
}
