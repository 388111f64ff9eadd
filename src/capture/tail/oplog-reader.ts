import type { Optime } from '../../model/optime.ts';
import { timestampText } from '../../model/optime.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import { nextBatchSize } from '../source/batch-size.ts';
import { bsonTimestamp, connectMs, type MemberClient, type RawCursor } from '../source/member-client.ts';
import { documentsIn, forEachDocument, isEmpty, type RawBatch } from '../source/raw-batch.ts';
import { entryOptime } from './oplog-entry.ts';

/** How long the member waits for a new entry before it answers with none. */
const awaitMs = 500;
/** A member that takes longer for an answer hangs. */
const deadlineMs = 20_000;
const firstEntries = 5000;
const leastEntries = 100;

/** Where reading begins. `included`: the entry there is the first that is wanted; else it is looked for and left out. */
export interface ReadFrom {
  readonly optime: Optime;
  readonly included: boolean;
}

/**
 * The member's oplog from a place on, majority-committed entries only, until the signal aborts. `take` gets each entry in order;
 * between two batches `pause` is awaited, and told whether the last one was empty. It is certain that the entry at the place is the one that was meant: same timestamp, same term.
 * @throws PLACE_LOST when it fell off this member's oplog, ROLLED_BACK when another one stands there (or none), TIMEOUT (retryable)
 * when the member has not come so far or sends nothing, AppErrors of the way to the member.
 */
export async function readOplog(
  member: MemberClient,
  from: ReadFrom,
  take: (bytes: Buffer, start: number, end: number, optime: Optime) => void,
  pause: (wasEmpty: boolean) => Promise<void>,
  signal: AbortSignal,
): Promise<never> {
  const cursor = await openOplog(member, from.optime, signal);
  try {
    let before = await checkPlace(member, cursor, from.optime, signal);
    let isFirst = true;
    const takeBatch = (batch: RawBatch): void =>
      forEachDocument(batch, (start, end) => {
        const optime = entryOptime(batch.bytes, start, end);
        const skip = isFirst && !from.included;
        const increases = isFirst || optime.ts > before;
        isFirst = false;
        if (!increases) throw outOfOrder(member, optime.ts);
        before = optime.ts;
        if (!skip) take(batch.bytes, start, end, optime);
      });
    let batch = cursor.first;
    let batchSize = firstEntries;
    for (;;) {
      takeBatch(batch);
      await pause(isEmpty(batch));
      signal.throwIfAborted();
      if (cursor.isDone) throw stopped(member);
      // A batch that is far from full says nothing about how many entries fit.
      if (!isEmpty(batch)) batchSize = Math.max(leastEntries, nextBatchSize(batch, batchSize));
      batch = await cursor.next({ batchSize, awaitMs, deadlineMs }, signal);
    }
  } finally {
    await cursor.close();
  }
}

async function openOplog(member: MemberClient, place: Optime, signal: AbortSignal): Promise<RawCursor> {
  const command = {
    find: 'oplog.rs',
    filter: { ts: { $gte: bsonTimestamp(place.ts) } },
    batchSize: firstEntries,
    tailable: true,
    awaitData: true,
    readConcern: { level: 'majority' },
  };
  return member.cursor('local', command, signal);
}

/** Answers the timestamp of the first entry of the cursor, after it was seen to be the one that is meant. */
async function checkPlace(
  member: MemberClient,
  cursor: RawCursor,
  place: Optime,
  signal: AbortSignal,
): Promise<bigint> {
  const [entry] = documentsIn(cursor.first);
  const at = entry === undefined ? undefined : entryOptime(entry, 0, entry.length);
  const text = timestampText(place.ts);
  if (at?.ts === place.ts) {
    if (at.term === place.term) return at.ts;
    throw new AppError(
      'ROLLED_BACK',
      `the entry at ${text} on ${member.host} is of term ${at.term}, that of the backup of term ${place.term}: the set has rolled back what was on a majority`,
    );
  }
  const ends = await oplogEnds(member, signal);
  if (ends.last === undefined || ends.last < place.ts) {
    throw new AppError('TIMEOUT', `${member.host} has not come to ${text} yet`, {
      retryable: true,
      details: { behindPlace: true },
    });
  }
  if (ends.first !== undefined && ends.first <= place.ts && at !== undefined) {
    throw new AppError(
      'ROLLED_BACK',
      `the oplog of ${member.host} has no entry at ${text}: the set has rolled back what was on a majority, or it is another set`,
    );
  }
  if (ends.first !== undefined && ends.first > place.ts) {
    throw new AppError(
      'PLACE_LOST',
      `the oplog of ${member.host} begins at ${timestampText(ends.first)}, the backup has come to ${text}: the entries between are gone`,
    );
  }
  throw new AppError('TIMEOUT', `${member.host} shows no entry from ${text} on`, { retryable: true });
}

/** Timestamps of the oldest and the newest entry of a member's oplog. */
export async function oplogEnds(
  member: MemberClient,
  signal: AbortSignal,
): Promise<{ readonly first: bigint | undefined; readonly last: bigint | undefined }> {
  const end = async (direction: 1 | -1): Promise<bigint | undefined> => {
    const command = {
      find: 'oplog.rs',
      projection: { ts: 1 },
      sort: { $natural: direction },
      limit: 1,
      singleBatch: true,
      maxTimeMS: connectMs,
    };
    const cursor = await member.cursor('local', command, signal);
    const [entry] = documentsIn(cursor.first);
    await cursor.close();
    return entry === undefined ? undefined : entryOptime(entry, 0, entry.length).ts;
  };
  return { first: await end(1), last: await end(-1) };
}

function outOfOrder(member: MemberClient, ts: bigint): AppError {
  return new AppError('FORMAT_INVALID', `the oplog of ${member.host} is out of order at ${timestampText(ts)}`, {
    retryable: true,
  });
}

function stopped(member: MemberClient): AppError {
  return new AppError('MONGODB_UNREACHABLE', `${member.host} has ended the read of its oplog`, { retryable: true });
}

/** Said by a member about the place itself, not about the way to it. */
export function isPlaceGone(thrown: unknown): boolean {
  const { code } = toAppError(thrown);
  return code === 'PLACE_LOST' || code === 'ROLLED_BACK';
}
