import { sleep } from '../runtime/periodic.ts';

/** Messages that keep a lease or say how things are go at once; they count all the same. */
const atOnceBytes = 64 * 1024;
const pieceBytes = 16 * 1024;
/** A server waits a minute for a body. */
const longestBodyMs = 20_000;

/** Keeps what is sent within so many bytes a second on average, all requests together, in the order in which they came. */
export class Bandwidth {
  readonly #bytesPerSecond: number;
  /** When all that was let through is paid for, by performance.now(). */
  #paidAtMs = 0;

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Waits for the turn of a body of so many bytes. */
  async turn(bytes: number, signal: AbortSignal): Promise<void> {
    const nowMs = performance.now();
    const startMs = Math.max(nowMs, this.#paidAtMs);
    this.#paidAtMs = startMs + this.#durationMs(bytes);
    if (bytes > atOnceBytes && startMs > nowMs) await sleep(startMs - nowMs, signal);
    signal.throwIfAborted();
  }

  /** How long it takes to send such a body. */
  bodyMs(bytes: number): number {
    return bytes <= atOnceBytes ? 0 : Math.min(longestBodyMs, this.#durationMs(bytes));
  }

  /** The body in pieces, each when its time has come. */
  async *paced(body: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const begunMs = performance.now();
    const perByteMs = this.bodyMs(body.length) / body.length;
    for (let at = 0; at < body.length; at += pieceBytes) {
      const waitMs = begunMs + at * perByteMs - performance.now();
      if (waitMs > 0) await sleep(waitMs, signal);
      signal.throwIfAborted();
      yield body.subarray(at, at + pieceBytes);
    }
  }

  #durationMs(bytes: number): number {
    return (bytes * 1000) / this.#bytesPerSecond;
  }
}
