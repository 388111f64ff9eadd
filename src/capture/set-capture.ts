import type { Optime } from '../model/optime.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import { type Trouble, troubleOf } from '../runtime/health.ts';
import type { Log } from '../runtime/log.ts';
import { sleep } from '../runtime/periodic.ts';
import { ProblemLog } from '../runtime/problem-log.ts';
import type { Pulse } from '../runtime/pulse.ts';
import type { BackupTask, ScanState } from '../wire/backup-messages.ts';
import type { BackupLink } from './backup-link.ts';
import { findScanStart } from './scan/scan-start.ts';
import { SetScan } from './scan/set-scan.ts';
import { type SetReport, setReport } from './set-report.ts';
import { optimeMessageOf, readOptimeMessage } from './source/optime-message.ts';
import type { SetMembers } from './source/set-members.ts';
import { SourceLook } from './source/source-look.ts';
import { OplogTail } from './tail/oplog-tail.ts';
import type { ChainEnd } from './tail/slice.ts';
import { placeOf, SliceSender, serverPlace } from './tail/slice-sender.ts';
import { Spool } from './tail/spool.ts';
import type { SpoolRoom } from './tail/spool-room.ts';
import { Wake } from './wake.ts';

interface SetCaptureParts {
  readonly members: SetMembers;
  readonly room: SpoolRoom;
  readonly link: BackupLink;
  readonly log: Log;
  /** Codes of failures of the way to the server that were logged, by any of the agent's loops. */
  readonly problems: Set<string>;
  readonly blockKey: Buffer;
  readonly level: number;
  readonly pulse: Pulse;
  /** The server knows more than this agent: ask for the tasks anew. */
  readonly refresh: () => void;
}

const againMs = 2000;
const lostAgainMs = 15_000;
const lookEveryMs = 5000;
/** A look at all members of a set has deadlines of less, and so has a turn of the reader of its oplog. */
const stuckAfterMs = 600_000;

/** Captures one replica set for as long as this agent has its lease: follows the oplog, and scans when the server asks for it. */
export class SetCapture {
  readonly epoch: number;
  readonly #parts: SetCaptureParts;
  readonly #stop = new AbortController();
  readonly #spool: Spool;
  readonly #look: SourceLook;
  readonly #taskChanged = new Wake();
  readonly #placeChanged = new Wake();
  readonly #running: Promise<unknown>;
  #task: BackupTask;
  /** Where the server is, as it said last. */
  #place: ChainEnd;
  #tail: OplogTail | undefined;
  #scan: SetScan | undefined;
  #lost: AppError | undefined;
  #failure: AppError | undefined;
  #leaseLost = false;
  #troubleSinceMs: number | undefined;
  /** How often the server told the task. */
  #updates = 0;

  constructor(parts: SetCaptureParts, task: BackupTask) {
    this.#parts = parts;
    this.#task = task;
    this.#place = placeOf(task);
    this.epoch = task.epoch;
    this.#spool = new Spool(parts.room, task.replicaSetId);
    this.#look = new SourceLook(parts.members);
    this.#running = Promise.all([this.#followOplog(), this.#followScans(), this.#lookAgain()]);
  }

  /** The newest task from the server. */
  async update(task: BackupTask): Promise<void> {
    this.#task = task;
    this.#updates++;
    await this.#parts.members.update(task.members);
    this.#taskChanged.wake();
  }

  /** Another agent has this set, or none may have it. */
  get isOver(): boolean {
    return this.#leaseLost;
  }

  /** Ends all reading and sending; what waits stays in the spool. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the capture stops'));
    await this.#running.catch(() => undefined);
    this.#spool.release();
    await this.#parts.members.close();
  }

  get name(): string {
    return this.#task.name;
  }

  /** What keeps this set from being captured. */
  get trouble(): Trouble | undefined {
    const problem = this.#problem();
    this.#troubleSinceMs = problem === null ? undefined : (this.#troubleSinceMs ?? Date.now());
    return problem === null ? undefined : troubleOf(`capturing ${this.name}`, problem, this.#troubleSinceMs ?? 0);
  }

  #problem(): AppError | null {
    return this.#lost ?? this.#failure ?? this.#scan?.status.problem ?? this.#tail?.status.problem ?? null;
  }

  report(): SetReport {
    const { replicaSetId, epoch } = this.#task;
    return setReport({
      replicaSetId,
      epoch,
      lost: this.#lost !== undefined,
      failed: this.#failure !== undefined,
      paused: this.#task.paused,
      problem: this.#problem(),
      tail: this.#tail?.status,
      scan: this.#scan?.status,
      look: this.#look,
      spoolBytes: this.#spool.bytes,
      room: this.#parts.room,
    });
  }

  async #followOplog(): Promise<void> {
    const { signal } = this.#stop;
    await this.#spool.open();
    const problem = new ProblemLog(this.#parts.log, 'capturing the oplog');
    while (!signal.aborted && !this.#leaseLost) {
      const { scan, paused } = this.#task;
      const begin = this.#place.after ?? (scan?.from == null ? null : readOptimeMessage(scan.from));
      if (paused || begin === null) {
        await this.#taskChanged.wait(signal);
        this.#place = placeOf(this.#task);
        continue;
      }
      // A capture that begins anew has lost nothing yet.
      if (this.#place.after === null) this.#lost = undefined;
      try {
        await this.#capture(begin, signal);
      } catch (thrown) {
        if (signal.aborted) return;
        const error = toAppError(thrown);
        if (this.#ends(error)) return;
        await this.#recover(error, problem, signal);
      }
    }
  }

  /** Reading and sending side by side; when one of them ends so does the other. */
  async #capture(begin: Optime, outer: AbortSignal): Promise<void> {
    const { members, link, log, level, problems, pulse } = this.#parts;
    const { replicaSetId, epoch } = this.#task;
    const inner = new AbortController();
    const signal = AbortSignal.any([outer, inner.signal]);
    await this.#spool.align(this.#place, begin);
    const loop = `reading the oplog of ${this.name} (${replicaSetId})`;
    const beat = (): void => pulse.beat(loop, stuckAfterMs);
    const tail = new OplogTail({ members, spool: this.#spool, level: () => level, log, beat }, begin);
    const onStored = (place: ChainEnd): void => {
      this.#place = place;
      this.#lost = undefined;
      this.#failure = undefined;
      this.#placeChanged.wake();
    };
    const sender = new SliceSender({ replicaSetId, epoch, spool: this.#spool, link, log, problems, onStored });
    this.#tail = tail;
    const both = [tail.run(signal), sender.run(signal)].map((work) => work.finally(() => inner.abort()));
    const [tailed, sent] = await Promise.allSettled(both);
    this.#tail = undefined;
    pulse.rest(loop);
    outer.throwIfAborted();
    // What the server says counts more than what the source does.
    if (sent?.status === 'rejected' && sent.reason instanceof AppError) throw sent.reason;
    if (tailed?.status === 'rejected') throw tailed.reason;
    if (sent?.status === 'rejected') throw sent.reason;
  }

  /** Before the oplog is followed again. */
  async #recover(error: AppError, problem: ProblemLog, signal: AbortSignal): Promise<void> {
    if (error.code === 'SLICE_GAP') {
      const place = serverPlace(error);
      this.#parts.log.warn('the server is at another place of the oplog, going on from there', {
        message: error.message,
      });
      if (place !== undefined) this.#place = place;
      this.#parts.refresh();
      await sleep(againMs, signal);
      return;
    }
    problem.failed(error);
    if (error.code === 'PLACE_LOST' || error.code === 'ROLLED_BACK') {
      this.#lost = error;
      await this.#waitForTask(againMs, lostAgainMs, signal);
      // A resync begins another capture: the server then has no checkpoint for it.
      this.#place = placeOf(this.#task);
      if (this.#place.after === null) {
        await this.#spool.clear();
        this.#lost = undefined;
      }
      return;
    }
    this.#failure = error;
    // Slices that the server does not take are read from the source again.
    if (error.code === 'FORMAT_INVALID' || error.code === 'INPUT_INVALID') await this.#spool.clear();
    await this.#waitForTask(againMs, lostAgainMs, signal);
  }

  /** Until the server was asked anew, but neither shorter than `leastMs` nor longer than `mostMs`. */
  async #waitForTask(leastMs: number, mostMs: number, signal: AbortSignal): Promise<void> {
    const before = this.#updates;
    this.#parts.refresh();
    await sleep(leastMs, signal);
    if (this.#updates > before) return;
    await this.#taskChanged.wait(AbortSignal.any([signal, AbortSignal.timeout(mostMs - leastMs)]));
  }

  async #followScans(): Promise<void> {
    const { signal } = this.#stop;
    const problem = new ProblemLog(this.#parts.log, 'the scan');
    while (!signal.aborted && !this.#leaseLost) {
      const { scan, paused } = this.#task;
      if (scan === null || paused) {
        await this.#taskChanged.wait(signal);
        continue;
      }
      try {
        await this.#scanOnce(scan, signal);
        problem.worked();
      } catch (thrown) {
        if (signal.aborted) return;
        const error = toAppError(thrown);
        if (this.#ends(error)) return;
        problem.failed(error);
        await sleep(againMs, signal);
      } finally {
        this.#scan = undefined;
      }
      await this.#waitForTask(200, lostAgainMs, signal);
    }
  }

  async #scanOnce(asked: ScanState, signal: AbortSignal): Promise<void> {
    const { members, link, log, problems, blockKey, level } = this.#parts;
    let scan = asked;
    if (scan.from === null) {
      const { replicaSetId, epoch } = this.#task;
      const from = await findScanStart(members, signal);
      scan = await link.beginScan({ replicaSetId, epoch, scanId: scan.scanId, from: optimeMessageOf(from) }, signal);
      this.#task = { ...this.#task, scan };
      log.info('a scan begins', { scan: scan.scanId, kind: scan.kind, from: scan.from?.ts ?? '' });
      this.#parts.refresh();
      this.#taskChanged.wake();
    }
    const task = (): BackupTask => this.#task;
    const { scanId } = scan;
    const captured = (ts: bigint, until: AbortSignal): Promise<void> => this.#captured(ts, scanId, until);
    this.#scan = new SetScan({ members, link, log, problems, blockKey, level, task, captured });
    await this.#scan.run(scan, signal);
  }

  /** Resolves when the server has the oplog up to this timestamp. @throws CONFLICT when it wants another scan */
  async #captured(ts: bigint, scanId: string, signal: AbortSignal): Promise<void> {
    while ((this.#place.after?.ts ?? 0n) < ts) {
      signal.throwIfAborted();
      // Its oplog is followed only when that scan was begun, which waits for the end of this one.
      if (this.#task.scan?.scanId !== scanId)
        throw new AppError('CONFLICT', 'the server wants another scan in its place', { retryable: true });
      this.#tail?.hurry();
      await this.#placeChanged.wait(AbortSignal.any([signal, AbortSignal.timeout(againMs)]));
    }
  }

  async #lookAgain(): Promise<void> {
    const { signal } = this.#stop;
    const { pulse } = this.#parts;
    const loop = `looking at the members of ${this.name} (${this.#task.replicaSetId})`;
    do {
      pulse.beat(loop, stuckAfterMs);
      await this.#look.look(signal);
    } while (await sleep(lookEveryMs, signal));
    pulse.rest(loop);
  }

  /** The lease lapsed: whatever else goes on here stops at once. */
  #ends(error: AppError): boolean {
    if (error.code !== 'LEASE_LOST') return false;
    this.#leaseLost = true;
    this.#parts.log.warn('another agent has this replica set now');
    this.#stop.abort(error);
    this.#parts.refresh();
    return true;
  }
}
