import { type Optime, timestampText } from '../../model/optime.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { sleep } from '../../runtime/periodic.ts';
import { ProblemLog } from '../../runtime/problem-log.ts';
import { forOplog, type SetMembers, type UsableMember } from '../source/set-members.ts';
import { isPlaceGone, type ReadFrom, readOplog } from './oplog-reader.ts';
import { makeSlice, type SliceContent, SliceCutter } from './slice.ts';
import type { Spool } from './spool.ts';

const sliceBytes = 8 * 2 ** 20;
const sliceMs = 2000;
/** Of zstd: slices come as quickly as the source is written. */
const mostLevel = 3;
/** Where much is written a slice is cut earlier, so that the durable copy is never as much as 2 s behind. */
const busySliceBytes = 2 ** 20;
const busySliceMs = 1000;
/** No-ops come every 10 s while a set has a primary: a member that sends nothing for this long is left for another. */
const silentMs = 30_000;
const againMs = 1000;
/** Members that cannot be reached may still hold a place that the others have lost: they are waited for this long. */
const goneAfterMs = 600_000;
const fullPollMs = 250;
/** A primary that has not come to the place of the backup is believed after this long. */
const behindAfterMs = 60_000;

interface TailParts {
  readonly members: SetMembers;
  readonly spool: Spool;
  readonly level: () => number;
  readonly log: Log;
  /** Called at every turn: it makes progress, or looks for a member that lets it. */
  readonly beat?: () => void;
}

export interface TailStatus {
  member: string | null;
  readLast: Optime | null;
  caughtUpAtMs: number | null;
  /** The spool is full: nothing is read. */
  isFull: boolean;
  problem: AppError | null;
}

/** Follows a set's oplog into the spool, from whichever member works, until the signal aborts. */
export class OplogTail {
  readonly status: TailStatus = { member: null, readLast: null, caughtUpAtMs: null, isFull: false, problem: null };
  readonly #parts: TailParts;
  readonly #problem: ProblemLog;
  readonly #cutter: SliceCutter;
  readonly #begin: Optime;
  #ready: SliceContent[] = [];
  #storing = Promise.resolve();
  #storeFailure: AppError | undefined;
  #heardAt = 0;
  #hurry = false;
  #behindSinceMs: number | undefined;

  /** @param begin the first entry of the capture, when the spool's chain has none yet */
  constructor(parts: TailParts, begin: Optime) {
    this.#parts = parts;
    this.#begin = begin;
    this.#cutter = new SliceCutter(sliceBytes, parts.spool.end.after);
    this.#problem = new ProblemLog(parts.log, 'reading the oplog');
  }

  /** Somebody waits for what is read now: the slice is not held back for more. */
  hurry(): void {
    this.#hurry = true;
  }

  /** @throws PLACE_LOST, ROLLED_BACK when no member holds the place any more */
  async run(signal: AbortSignal): Promise<void> {
    let goneSinceMs: number | undefined;
    try {
      while (!signal.aborted) {
        this.#parts.beat?.();
        const { usable, problems } = await this.#parts.members.survey(signal);
        const gone: AppError[] = [];
        let failure: AppError | undefined = problems[0];
        for (const member of forOplog(usable)) {
          const before = this.#place().optime.ts;
          const thrown = await this.#follow(member, signal);
          signal.throwIfAborted();
          // What was read is not in the spool: whoever runs this begins anew at its end.
          if (this.#storeFailure !== undefined) throw this.#storeFailure;
          if (isPlaceGone(thrown)) gone.push(thrown);
          else failure = thrown;
          this.#notePrimary(member, thrown);
          if (this.#place().optime.ts !== before) goneSinceMs = undefined;
          if (this.#place().optime.ts !== before && !isPlaceGone(thrown)) break;
        }
        const [lost] = gone;
        if (lost !== undefined) {
          goneSinceMs ??= performance.now();
          const others = problems.length + usable.length - gone.length;
          if (others === 0 || performance.now() - goneSinceMs > goneAfterMs) throw lost;
        }
        this.#failed(lost ?? failure ?? noMember());
        await sleep(againMs, signal);
      }
    } finally {
      await this.#storing.catch(() => undefined);
      this.status.member = null;
    }
  }

  /** A primary has all that ever was on a majority; an old one that is cut off from the others steps down within a minute. */
  #notePrimary({ hello, client }: UsableMember, { details }: AppError): void {
    if (!hello.isPrimary) return;
    if (details['behindPlace'] !== true) {
      this.#behindSinceMs = undefined;
      return;
    }
    this.#behindSinceMs ??= performance.now();
    if (performance.now() - this.#behindSinceMs < behindAfterMs) return;
    throw new AppError(
      'ROLLED_BACK',
      `the oplog of the primary ${client.host} ends before ${timestampText(this.#place().optime.ts)}, which the backup has: the set was rolled back or restored`,
    );
  }

  /** Reads from one member until that fails; answers why. */
  async #follow({ client }: UsableMember, signal: AbortSignal): Promise<AppError> {
    this.#heardAt = performance.now();
    const take = (bytes: Buffer, start: number, end: number, optime: Optime): void => {
      if (this.#cutter.isFullFor(end - start)) this.#ready.push(this.#cutter.take());
      this.#cutter.add(bytes, start, end, optime);
      this.status.readLast = optime;
    };
    const pause = async (wasEmpty: boolean): Promise<void> => {
      this.#works(client.host);
      this.#parts.beat?.();
      if (wasEmpty) this.status.caughtUpAtMs = Date.now();
      else this.#heardAt = performance.now();
      if (performance.now() - this.#heardAt > silentMs) {
        throw new AppError('TIMEOUT', `${client.host} has no new oplog entry since ${silentMs / 1000} s`, {
          retryable: true,
        });
      }
      const enoughMs = this.#cutter.bytes >= busySliceBytes ? busySliceMs : sliceMs;
      if (this.#cutter.ageMs >= enoughMs || (this.#hurry && !this.#cutter.isEmpty)) {
        this.#ready.push(this.#cutter.take());
        this.#hurry = false;
      }
      if (this.#ready.length > 0) await this.#hand(signal);
    };
    try {
      return await readOplog(client, this.#place(), take, pause, signal);
    } catch (thrown) {
      return toAppError(thrown);
    }
  }

  /** The last entry that was read; before any, where the capture begins. */
  #place(): ReadFrom {
    const { last } = this.#cutter;
    return last === null ? { optime: this.#begin, included: true } : { optime: last, included: false };
  }

  /** What is ready is made into slices while the next batch is read, but no more than that. */
  async #hand(signal: AbortSignal): Promise<void> {
    await this.#storing;
    const ready = this.#ready.splice(0);
    this.#storing = this.#store(ready, signal);
    this.#storing.catch((thrown: unknown) => {
      this.#storeFailure = toAppError(thrown);
    });
  }

  async #store(contents: readonly SliceContent[], signal: AbortSignal): Promise<void> {
    const { spool, level } = this.#parts;
    for (const content of contents) {
      const slice = await makeSlice(spool.end, content, Math.min(level(), mostLevel));
      while (!(await spool.append(slice))) {
        if (!this.status.isFull) this.#parts.log.warn('the spool is full, reading the oplog stops until there is room');
        this.status.isFull = true;
        this.#parts.beat?.();
        if (!(await sleep(fullPollMs, signal))) signal.throwIfAborted();
      }
      if (this.status.isFull) this.#parts.log.info('the spool has room again, reading the oplog goes on');
      this.status.isFull = false;
      this.#heardAt = performance.now();
    }
  }

  #works(host: string): void {
    if (this.status.member !== host) this.#parts.log.info('reading the oplog', { member: host });
    this.status.member = host;
    this.status.problem = null;
    this.#problem.worked();
  }

  #failed(problem: AppError): void {
    this.status.member = null;
    this.status.problem = problem;
    this.#problem.failed(problem);
  }
}

function noMember(): AppError {
  return new AppError('MONGODB_UNREACHABLE', 'no member of the replica set can be read', {
    retryable: true,
    hint: 'Check that the members run and that this agent can reach them; delayed members and arbiters are never read.',
  });
}
