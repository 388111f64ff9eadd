import { BSON } from 'mongodb';
import type { Optime } from '../../model/optime.ts';
import { AppError } from '../../runtime/errors.ts';
import { bsonTimestamp, type MemberClient, optimeOf } from '../source/member-client.ts';
import { documentsIn, type RawBatch } from '../source/raw-batch.ts';
import type { SetMembers, UsableMember } from '../source/set-members.ts';

/**
 * Where the capture of a scan must begin, so that the oplog from there on and what the scan reads make the whole: the majority commit
 * point, or the first entry of the oldest transaction that was open then (its operations stand before it).
 */
export async function findScanStart(members: SetMembers, signal: AbortSignal): Promise<Optime> {
  const { usable, problems } = await members.survey(signal);
  // A secondary writes its table of transactions in batches.
  const best = usable.find(({ hello }) => hello.isPrimary) ?? newest(usable);
  const now = best?.hello.majority;
  if (best === undefined || now === undefined) {
    throw problems[0] ?? new AppError('MONGODB_UNREACHABLE', 'no member can be read', { retryable: true });
  }
  const command = {
    find: 'transactions',
    filter: { state: { $in: ['prepared', 'inProgress'] } },
    projection: { startOpTime: 1 },
    // That table cannot be read at a cluster time.
    readConcern: { level: 'majority' },
  };
  await reach(best.client, now.ts, signal);
  const cursor = await best.client.cursor('config', command, signal);
  try {
    let from = oldest(now, cursor.first);
    while (!cursor.isDone) from = oldest(from, await cursor.next({}, signal));
    return from;
  } finally {
    await cursor.close();
  }
}

function oldest(from: Optime, batch: RawBatch): Optime {
  let found = from;
  for (const document of documentsIn(batch)) {
    const start = optimeOf(BSON.deserialize(document)['startOpTime']);
    if (start !== undefined && start.ts < found.ts) found = start;
  }
  return found;
}

/**
 * A timestamp that every read of the scan must have reached: not before any transaction that was over when the start was looked
 * for (its entries may lie before the start), nor before what the server has.
 */
export async function findReadAfter(members: SetMembers, least: bigint, signal: AbortSignal): Promise<bigint> {
  const { usable } = await members.survey(signal);
  const found = newest(usable)?.hello.majority?.ts ?? least;
  return found > least ? found : least;
}

/** Highest entry that any member has applied: what a scan has read is not newer. */
export async function findScanEnd(members: SetMembers, signal: AbortSignal): Promise<Optime> {
  const { usable, problems } = await members.survey(signal);
  const applied = usable.map(({ hello }) => hello.applied).filter((optime) => optime !== undefined);
  const last = applied.reduce<Optime | undefined>((a, b) => (a === undefined || b.ts > a.ts ? b : a), undefined);
  if (last !== undefined && usable.some(({ hello }) => hello.isPrimary)) return last;
  throw problems[0] ?? new AppError('MONGODB_UNREACHABLE', 'the primary cannot be asked', { retryable: true });
}

/** Resolves when the member shows, with majority reads, at least what was there at this timestamp. */
export async function reach(member: MemberClient, ts: bigint, signal: AbortSignal): Promise<void> {
  const command = {
    find: 'system.version',
    limit: 1,
    singleBatch: true,
    readConcern: { level: 'majority', afterClusterTime: bsonTimestamp(ts) },
  };
  const cursor = await member.cursor('admin', command, signal);
  await cursor.close();
}

function newest(usable: readonly UsableMember[]): UsableMember | undefined {
  return usable.toSorted((a, b) => compare(b.hello.majority?.ts ?? 0n, a.hello.majority?.ts ?? 0n))[0];
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
