import type { ScanPart, ScanState } from '../../wire/backup-messages.ts';
import type { ScanJob, ScanPiece } from './scan-messages.ts';

/** A part on its way: what was read, what was numbered, and which reads failed. */
export interface PartState {
  readonly part: ScanPart;
  /** Place up to which pieces were made. */
  after: Buffer | null;
  next: number;
  /** The next piece makes the server forget what it has. */
  restart: boolean;
  done: boolean;
  failures: number;
}

/** The parts of a scan that are not done, in the order in which they are read, and who reads them. */
export class PartBook {
  readonly #byJob = new Map<number, PartState>();
  readonly #waiting: PartState[] = [];
  #left = 0;
  #nextJob = 1;

  constructor(scan: ScanState) {
    for (const part of scan.parts) {
      if (part.done) continue;
      const natural = part.order === 'natural';
      this.#waiting.push({
        part,
        after: natural || part.after === null ? null : Buffer.from(part.after, 'base64'),
        next: part.next,
        restart: natural && part.next > 0,
        done: false,
        failures: 0,
      });
    }
    this.#left = this.#waiting.length;
  }

  /** Parts of which the server does not have all. */
  get left(): number {
    return this.#left;
  }

  get hasWaiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** The next part as a job for a thread. */
  take(make: (id: number, state: PartState) => ScanJob): ScanJob | undefined {
    const state = this.#waiting.shift();
    if (state === undefined) return undefined;
    const id = this.#nextJob++;
    this.#byJob.set(id, state);
    return make(id, state);
  }

  /** Numbers a piece; undefined when its job was given up. */
  number(
    piece: ScanPiece,
  ): { readonly state: PartState; readonly number: number; readonly restart: boolean } | undefined {
    const state = this.#byJob.get(piece.jobId);
    if (state === undefined) return undefined;
    const numbered = { state, number: state.next++, restart: state.restart };
    state.restart = false;
    if (state.part.order === 'id' && piece.after !== null) state.after = Buffer.from(piece.after);
    if (piece.done) {
      state.done = true;
      this.#byJob.delete(piece.jobId);
    }
    return numbered;
  }

  /** The server has the last piece of a part. */
  stored(): void {
    this.#left--;
  }

  /** A job failed: its part waits again, at the place that it had come to. */
  giveBack(jobId: number): PartState | undefined {
    const state = this.#byJob.get(jobId);
    this.#byJob.delete(jobId);
    if (state === undefined) return undefined;
    state.failures++;
    if (state.part.order === 'natural') state.restart = state.next > 0;
    this.#waiting.unshift(state);
    return state;
  }
}
