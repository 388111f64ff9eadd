import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import type { GuessCounter } from './guess-counter.ts';

interface RateLimit {
  /** Failures at once. */
  readonly burst: number;
  /** One more for each such time. */
  readonly everyMs: number;
  /** Of each row; 8 bytes each, at most 2^16. */
  readonly slots: number;
}

const rows = 3;

/**
 * A rate for each key that nobody can make forget: the generic cell rate algorithm (ITU-T I.371) in a count-min sketch
 * (Cormode, Muthukrishnan 2005), so memory is fixed and keys are never dropped. Keys that share their slots in all rows are
 * counted together: stricter, never laxer. Which do is up to a random key of this process, so it cannot be aimed at.
 */
export class RateSketch implements GuessCounter {
  readonly #clock: Clock;
  readonly #limit: RateLimit;
  readonly #secret = randomBytes(32);
  /** Until when what was counted is paid off, ms since 1970. */
  readonly #paidAtMs: Float64Array;

  constructor(clock: Clock, limit: RateLimit) {
    this.#clock = clock;
    this.#limit = limit;
    this.#paidAtMs = new Float64Array(rows * limit.slots);
  }

  blockedUntilMs(key: string): number {
    const { burst, everyMs } = this.#limit;
    return Math.min(...this.#places(key).map((place) => this.#paidAtMs[place] ?? 0)) - (burst - 1) * everyMs;
  }

  count(key: string): void {
    const now = this.#clock.now();
    for (const place of this.#places(key)) {
      this.#paidAtMs[place] = Math.max(this.#paidAtMs[place] ?? 0, now) + this.#limit.everyMs;
    }
  }

  /** Takes this one back and no other: being right oneself does not make room for guesses. */
  right(key: string): void {
    this.takeBack(key);
  }

  takeBack(key: string): void {
    for (const place of this.#places(key)) this.#paidAtMs[place] = (this.#paidAtMs[place] ?? 0) - this.#limit.everyMs;
  }

  #places(key: string): readonly number[] {
    const mac = createHmac('sha256', this.#secret).update(key).digest();
    const { slots } = this.#limit;
    return Array.from({ length: rows }, (_, row) => row * slots + (mac.readUInt32BE(row * 4) % slots));
  }
}
