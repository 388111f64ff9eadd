import { sleep } from '../runtime/periodic.ts';

/** A pass works for this long at most before it rests. */
const stretchMs = 20;
/** Rest after a stretch of work, as a multiple of it. */
const restTimes = 9;

/** Spreads the commands of a long pass, so that thousands of them never keep a host busy in one go, and counts their time. */
export class Pace {
  readonly #signal: AbortSignal;
  #busyMs = 0;
  #stretch = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Time spent in work, without the rests. */
  get busyMs(): number {
    return this.#busyMs;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      const tookMs = performance.now() - begun;
      this.#busyMs += tookMs;
      this.#stretch += tookMs;
      if (this.#stretch >= stretchMs) {
        await sleep(this.#stretch * restTimes, this.#signal);
        this.#stretch = 0;
      }
    }
  }
}
