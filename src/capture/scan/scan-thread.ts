import type { Worker } from 'node:worker_threads';
import { type ErrorCode, errorKinds } from '../../runtime/error-codes.ts';
import { AppError, toAppError } from '../../runtime/errors.ts';
import { startWorker } from '../../runtime/worker.ts';
import type { FromScanThread, ScanJob, ScanPiece, ScanThreadData, ToScanThread } from './scan-messages.ts';

interface ScanThreadEvents {
  readonly onPiece: (thread: ScanThread, piece: ScanPiece) => void;
  /** Of one job, or of the whole thread (null), which then is gone. */
  readonly onFailed: (thread: ScanThread, jobId: number | null, error: AppError) => void;
}

/** Few young objects live long here; what counts is outside of the heap. */
const resourceLimits = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 };

/** One thread that reads parts of collections. */
export class ScanThread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #closing = false;
  #events: ScanThreadEvents | undefined;
  #failure: AppError | undefined;
  /** Jobs that it was given and that are not done. */
  readonly jobs = new Map<number, ScanJob>();

  /** It loads what it needs at once: whoever has no job yet starts it beside other work. */
  constructor(data: ScanThreadData) {
    this.#worker = startWorker('scan', new URL('./scan-thread-main.ts', import.meta.url), {
      workerData: data,
      resourceLimits,
    });
    this.#worker.on('message', (message: FromScanThread) => {
      if (message.kind === 'piece') {
        if (message.piece.done) this.jobs.delete(message.piece.jobId);
        this.#events?.onPiece(this, message.piece);
        return;
      }
      this.jobs.delete(message.jobId);
      this.#events?.onFailed(this, message.jobId, errorOf(message.error));
    });
    let failure: unknown = new AppError('INTERNAL', 'a thread of the scan has ended');
    this.#worker.on('error', (thrown) => {
      failure = thrown;
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#failure = toAppError(failure);
        if (!this.#closing) this.#events?.onFailed(this, null, this.#failure);
        resolve();
      });
    });
  }

  /** Before the first job is given. */
  listen(events: ScanThreadEvents): void {
    this.#events = events;
    if (this.#failure !== undefined) events.onFailed(this, null, this.#failure);
  }

  give(job: ScanJob): void {
    this.jobs.set(job.id, job);
    this.#tell({ kind: 'job', job });
  }

  credit(bytes: number): void {
    if (!this.#closing) this.#tell({ kind: 'credit', bytes });
  }

  pace(bytesPerSecond: number | null, rests: boolean): void {
    if (!this.#closing) this.#tell({ kind: 'pace', bytesPerSecond, rests });
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#tell({ kind: 'close' });
    const timer = setTimeout(() => void this.#worker.terminate(), 3000);
    await this.#ended;
    clearTimeout(timer);
  }

  #tell(message: ToScanThread): void {
    this.#worker.postMessage(message);
  }
}

function errorOf({ code, message, hint }: { code: string; message: string; hint: string }): AppError {
  return new AppError(isCode(code) ? code : 'INTERNAL', message, { hint, retryable: true });
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorKinds, code);
}
