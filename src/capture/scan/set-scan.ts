import { parseTimestamp, timestampText } from '../../model/optime.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { sleep } from '../../runtime/periodic.ts';
import { ProblemLog } from '../../runtime/problem-log.ts';
import { retry } from '../../runtime/retry.ts';
import type { BackupTask, ScanState } from '../../wire/backup-messages.ts';
import type { BackupLink } from '../backup-link.ts';
import { optimeMessageOf } from '../source/optime-message.ts';
import { forScan, type SetMembers, type UsableMember } from '../source/set-members.ts';
import { Wake } from '../wake.ts';
import { BlockSender } from './block-sender.ts';
import { PartBook } from './part-book.ts';
import type { ScanPiece } from './scan-messages.ts';
import { ScanPace } from './scan-pace.ts';
import { findReadAfter, findScanEnd, reach } from './scan-start.ts';
import { ScanThread } from './scan-thread.ts';
import { sendPlan } from './send-plan.ts';
import { SourceBook } from './source-book.ts';

interface SetScanParts {
  readonly members: SetMembers;
  readonly link: BackupLink;
  readonly log: Log;
  readonly problems: Set<string>;
  readonly blockKey: Buffer;
  readonly level: number;
  /** The newest task of the set. */
  readonly task: () => BackupTask;
  /** Resolves when the server has the oplog up to this timestamp. */
  readonly captured: (ts: bigint, signal: AbortSignal) => Promise<void>;
}

export interface ScanStatus {
  member: string | null;
  bytesPerSecond: number | null;
  problem: AppError | null;
}

/** Jobs that a thread has waiting: one large part, or many small ones. */
const queuedBytes = 4 * 2 ** 20;
const queuedJobs = 64;
const againMs = 1000;
const rateMs = 5000;

/** One scan of a replica set, from its plan to its end; goes on where the server says that it is. */
export class SetScan {
  readonly status: ScanStatus = { member: null, bytesPerSecond: null, problem: null };
  readonly #parts: SetScanParts;
  readonly #problem: ProblemLog;
  readonly #changed = new Wake();
  #threads: ScanThread[] = [];
  #readBytes = 0;
  #failure: AppError | undefined;

  constructor(parts: SetScanParts) {
    this.#parts = parts;
    this.#problem = new ProblemLog(parts.log, 'scanning');
  }

  /** @throws LEASE_LOST, and CONFLICT or NOT_FOUND when the server is elsewhere: the scan is to be run again with a fresh task */
  async run(scan: ScanState, signal: AbortSignal): Promise<void> {
    const { task, blockKey, level } = this.#parts;
    // They load what they need while the parts are planned.
    this.#threads = Array.from(
      { length: task().limits.scanThreads },
      () => new ScanThread({ groupKey: blockKey, level }),
    );
    try {
      await this.#run(scan, signal);
    } finally {
      await this.#closeThreads(0);
    }
  }

  async #run(scan: ScanState, signal: AbortSignal): Promise<void> {
    const { members, log, task, captured, link } = this.#parts;
    const { from, scanId } = scan;
    if (from === null) throw new AppError('INTERNAL', 'this scan was not begun');
    const { replicaSetId, epoch, checkpoint } = task();
    const fromTs = parseTimestamp(from.ts);
    const durable = checkpoint === null ? fromTs : parseTimestamp(checkpoint.ts);
    const readAfter = await findReadAfter(members, durable > fromTs ? durable : fromTs, signal);
    await captured(readAfter, signal);
    const request = { replicaSetId, epoch, scanId };
    const member = await this.#again(() => this.#mustChoose(signal), signal);
    await this.#again(() => reach(member.client, readAfter, signal), signal);
    const sources = new SourceBook(readAfter);
    const planned = scan.planned ? scan : await sendPlan(this.#parts, { scan, member, sources }, signal);
    await this.#again(() => sources.readPlaces(member.client, signal), signal);
    log.info('scanning', { scan: scanId, member: member.member.host, parts: planned.parts.length });
    await this.#readParts(planned, sources, signal);
    const until = await this.#again(() => findScanEnd(members, signal), signal);
    await this.#again(() => link.finishScan({ ...request, until: optimeMessageOf(until) }, signal), signal);
    log.info('the scan is done', { scan: scanId, until: timestampText(until.ts) });
  }

  async #mustChoose(signal: AbortSignal): Promise<UsableMember> {
    const member = await this.#chooseMember(signal);
    if (member === undefined) throw this.status.problem ?? noMember();
    return member;
  }

  async #readParts(scan: ScanState, sources: SourceBook, outer: AbortSignal): Promise<void> {
    const { task, members, link, log, problems } = this.#parts;
    const { replicaSetId, epoch, limits } = task();
    const inner = new AbortController();
    const signal = AbortSignal.any([outer, inner.signal]);
    const book = new PartBook(scan);
    const request = { replicaSetId, epoch, scanId: scan.scanId };
    const lanes = Math.min(2, limits.scanThreads);
    const sender = new BlockSender({ request, link, log, problems, askFirst: scan.kind !== 'full' }, lanes);
    this.#failure = undefined;
    await this.#closeThreads(Math.max(1, book.left));
    for (const thread of [...this.#threads]) {
      thread.listen({
        onPiece: (from, piece) => this.#take(from, piece, book, sender),
        onFailed: (from, jobId, error) => this.#failed(from, jobId, error, book),
      });
    }
    const pace = new ScanPace({
      members,
      log,
      threads: () => this.#threads,
      bytesPerSecond: () => task().limits.scanBytesPerSecond,
      host: () => this.status.member,
    });
    pace.tell();
    const pacing = pace.run(signal);
    const sending = sender.run(signal);
    // Its failure ends the loop below too.
    sending.catch(() => inner.abort());
    try {
      await Promise.all([this.#giveJobs(book, sources, signal), this.#measure(book, signal)]);
    } finally {
      inner.abort();
      await this.#closeThreads(0);
      await pacing;
      this.status.member = null;
      this.status.bytesPerSecond = null;
    }
    outer.throwIfAborted();
    await sending;
    if (book.left > 0) throw new AppError('TIMEOUT', 'the scan was cut off', { retryable: true });
  }

  /** All but the first so many. */
  async #closeThreads(kept: number): Promise<void> {
    const closed = this.#threads.slice(kept);
    this.#threads = this.#threads.slice(0, kept);
    await Promise.all(closed.map((thread) => thread.close()));
  }

  /** Keeps the threads busy until the server has every part. */
  async #giveJobs(book: PartBook, sources: SourceBook, signal: AbortSignal): Promise<void> {
    let member: UsableMember | undefined;
    while (book.left > 0 && !signal.aborted) {
      // Whoever runs this begins anew, with new threads, where the server is.
      if (this.#threads.length === 0) throw this.#failure ?? new AppError('INTERNAL', 'the scan has no thread left');
      if (this.#failure !== undefined) {
        this.#tellFailure(this.#failure);
        this.#failure = undefined;
        member = undefined;
        await sleep(againMs, signal);
        // The last part may have been stored meanwhile: nothing would end the wait below.
        continue;
      }
      if (book.hasWaiting && this.#threads.some(isHungry)) {
        member ??= await this.#chooseMember(signal);
        if (member !== undefined) {
          for (const thread of this.#threads) this.#feed(thread, book, member, sources);
          continue;
        }
        await sleep(againMs, signal);
        continue;
      }
      await this.#changed.wait(signal);
    }
  }

  #feed(thread: ScanThread, book: PartBook, { connection }: UsableMember, sources: SourceBook): void {
    while (isHungry(thread)) {
      const job = book.take((id, { part, after }) => ({
        id,
        connection,
        ...sources.placeOf(part.uuid),
        uuid: part.uuid,
        order: part.order,
        lower: part.lower === null ? null : Buffer.from(part.lower, 'base64'),
        upper: part.upper === null ? null : Buffer.from(part.upper, 'base64'),
        after,
        readAfter: timestampText(sources.readAfter),
        averageBytes: sources.averageBytesOf(part.uuid),
        partBytes: sources.partBytesOf(part.uuid),
      }));
      if (job === undefined) return;
      thread.give(job);
    }
  }

  #take(thread: ScanThread, piece: ScanPiece, book: PartBook, sender: BlockSender): void {
    const numbered = book.number(piece);
    if (numbered === undefined) return;
    const { state, number, restart } = numbered;
    const { uuid, part } = state.part;
    this.#readBytes += piece.bytes;
    this.#worked();
    sender.add(this.#threads.indexOf(thread), {
      piece: {
        uuid,
        part,
        number,
        restart,
        after: piece.after === null ? null : Buffer.from(piece.after).toString('base64'),
        done: piece.done,
        documents: piece.documents,
        bytes: piece.bytes,
      },
      blocks: piece.blocks,
      storedBytes: piece.storedBytes,
      onStored: () => {
        thread.credit(piece.storedBytes);
        if (piece.done) book.stored();
        this.#changed.wake();
      },
    });
    this.#changed.wake();
  }

  #failed(thread: ScanThread, jobId: number | null, error: AppError, book: PartBook): void {
    this.#failure = error;
    if (jobId !== null) book.giveBack(jobId);
    else {
      for (const id of thread.jobs.keys()) book.giveBack(id);
      this.#threads = this.#threads.filter((other) => other !== thread);
    }
    this.#changed.wake();
  }

  async #chooseMember(signal: AbortSignal): Promise<UsableMember | undefined> {
    const { usable, problems } = await this.#parts.members.survey(signal);
    const [best] = forScan(usable);
    if (best === undefined) {
      this.#tellFailure(problems[0] ?? noMember());
      return undefined;
    }
    this.status.member = best.member.host;
    return best;
  }

  async #measure(book: PartBook, signal: AbortSignal): Promise<void> {
    while (book.left > 0 && !signal.aborted) {
      const before = this.#readBytes;
      const began = performance.now();
      const until = began + rateMs;
      while (book.left > 0 && !signal.aborted && performance.now() < until) await sleep(100, signal);
      this.status.bytesPerSecond = ((this.#readBytes - before) * 1000) / (performance.now() - began);
    }
  }

  /** Until it works, or is refused for good. */
  async #again<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return retry(work, {
      signal,
      firstDelayMs: againMs,
      maxDelayMs: 30_000,
      onRetry: (thrown) => this.#tellFailure(toAppError(thrown)),
    });
  }

  #tellFailure(error: AppError): void {
    this.status.problem = error;
    this.#problem.failed(error);
  }

  #worked(): void {
    this.status.problem = null;
    this.#problem.worked();
  }
}

function isHungry({ jobs }: ScanThread): boolean {
  if (jobs.size < 2) return true;
  let bytes = 0;
  for (const job of jobs.values()) bytes += job.partBytes;
  return jobs.size < queuedJobs && bytes < queuedBytes;
}

function noMember(): AppError {
  return new AppError('MONGODB_UNREACHABLE', 'no member of the replica set can be scanned', {
    retryable: true,
    hint: 'Check that the members run and that this agent can reach them; delayed members and arbiters are never read.',
  });
}
