import { Binary, type Document, MaxKey } from 'mongodb';
import { BlockCutter } from '../../blocks/block-cutter.ts';
import { documentKey } from '../../blocks/document-key.ts';
import { looseBound } from '../../deployment/loose-bound.ts';
import { toAppError } from '../../runtime/errors.ts';
import { firstBatchSize, nextBatchSize } from '../source/batch-size.ts';
import type { MemberClient, RawCursor } from '../source/member-client.ts';
import { forEachDocument, isEmpty, type RawBatch } from '../source/raw-batch.ts';
import { isBoundary } from './boundary.ts';
import { idPlace } from './id-place.ts';
import type { PieceMaker } from './piece-maker.ts';
import type { ScanJob, ScanThreadData } from './scan-messages.ts';

const minNotBelowMax = 51_175;
const aheadBytes = 4 * 2 ** 20;

export interface PartReader {
  readonly member: MemberClient;
  readonly job: ScanJob;
  readonly data: ScanThreadData;
  readonly pieces: PieceMaker;
  /** Waits as long as the bandwidth limit demands for so many bytes read. */
  readonly spend: (bytes: number) => Promise<void>;
  /** Called when a cursor was opened: throws when the member that has opened it may not have come to where reading begins. */
  readonly check: () => void;
  readonly signal: AbortSignal;
}

/** Batches of a part as the member sends them, one ahead of the one that is worked on. */
export async function* readBatches(reader: PartReader): AsyncGenerator<RawBatch, void, void> {
  const { job } = reader;
  yield* readCursor(reader, findCommand(job));
  // A read with `min` and no `max` ends before MaxKey, and leaves out the one document whose _id it is.
  const hasMin = job.after !== null || job.lower !== null;
  if (hasMin && job.upper === null) yield* readCursor(reader, { ...common(job), filter: { _id: new MaxKey() } });
}

async function* readCursor(
  { member, job, spend, check, signal }: PartReader,
  command: Document,
): AsyncGenerator<RawBatch, void, void> {
  const cursor = await openRange(member, job, command, signal);
  if (cursor === undefined) return;
  try {
    check();
    let batch = cursor.first;
    let batchSize = firstBatchSize(job.averageBytes);
    for (;;) {
      batchSize = nextBatchSize(batch, batchSize);
      // The member makes the next batch while this one is cut; two of large documents would take too much memory.
      const next = cursor.isDone || batch.bytes.length > aheadBytes ? undefined : cursor.next({ batchSize }, signal);
      next?.catch(() => undefined);
      await spend(batch.bytes.length);
      if (!isEmpty(batch)) yield batch;
      if (next === undefined && cursor.isDone) return;
      batch = next === undefined ? await cursor.next({ batchSize }, signal) : await next;
    }
  } finally {
    await cursor.close();
  }
}

/** Undefined when nothing can lie between `min` and `max`: below MinKey, above MaxKey. */
async function openRange(
  member: MemberClient,
  job: ScanJob,
  command: Document,
  signal: AbortSignal,
): Promise<RawCursor | undefined> {
  try {
    return await member.cursor(job.database, command, signal);
  } catch (thrown) {
    if (toAppError(thrown).details['code'] === minNotBelowMax) return undefined;
    throw thrown;
  }
}

/** Reads a part in `_id` order, from where it was left. */
export async function readIdPart(reader: PartReader): Promise<void> {
  const { pieces } = reader;
  const part = new IdPart(reader);
  for await (const batch of readBatches(reader)) {
    part.cut(batch);
    if (pieces.isFull && part.closedAt !== null) await pieces.hand(part.closedAt, false);
  }
  await pieces.hand(part.finish(), true);
}

class IdPart {
  readonly #pieces: PieceMaker;
  readonly #cutter: BlockCutter;
  readonly #skipUpTo: Buffer | undefined;
  #skipping: boolean;
  /** Of the last document that was cut. */
  #place: Uint8Array | null;
  /** Of the last document in a block that is closed. */
  closedAt: Uint8Array | null = null;

  constructor({ job, data, pieces }: PartReader) {
    this.#pieces = pieces;
    this.#cutter = new BlockCutter({ groupKey: data.groupKey, level: data.level });
    this.#place = job.after;
    this.#skipUpTo = job.after === null ? undefined : documentKey(Buffer.from(job.after));
    this.#skipping = this.#skipUpTo !== undefined;
  }

  cut(batch: RawBatch): void {
    const { bytes } = batch;
    let previous = -1;
    forEachDocument(batch, (start, end) => {
      if (this.#skipping && this.#isBefore(bytes, start, end)) return;
      this.#skipping = false;
      const early = isBoundary(bytes, start, end, this.#cutter.openBytes) ? this.#cutter.finish() : undefined;
      const block = this.#cutter.add(bytes, start, end) ?? early;
      if (block !== undefined) {
        this.#pieces.add(block, 0);
        this.closedAt = previous < 0 ? this.#place : idPlace(bytes, previous, bytes.length);
      }
      previous = start;
    });
    if (previous >= 0) this.#place = idPlace(bytes, previous, bytes.length);
  }

  /** Closes the last block; answers the place of the last document. */
  finish(): Uint8Array | null {
    const block = this.#cutter.finish();
    if (block !== undefined) this.#pieces.add(block, 0);
    return this.#place;
  }

  /** The bound that reading begins at is at or below the place: what the server has comes again. */
  #isBefore(bytes: Buffer, start: number, end: number): boolean {
    return this.#skipUpTo !== undefined && Buffer.compare(documentKey(bytes, start, end), this.#skipUpTo) <= 0;
  }
}

function findCommand(job: ScanJob): Document {
  const lower = job.after ?? job.lower;
  return {
    ...common(job),
    ...(job.order === 'id' ? { hint: { _id: 1 } } : {}),
    ...(lower === null ? {} : { min: looseBound(Buffer.from(lower)).bound }),
    ...(job.upper === null ? {} : { max: looseBound(Buffer.from(job.upper)).bound }),
  };
}

function common(job: ScanJob): Document {
  return {
    find: new Binary(Buffer.from(job.uuid, 'hex'), Binary.SUBTYPE_UUID),
    batchSize: firstBatchSize(job.averageBytes),
    // Not with afterClusterTime, which waits for every prepared transaction in the way: see SteadyMember.
    readConcern: { level: 'majority' },
  };
}
