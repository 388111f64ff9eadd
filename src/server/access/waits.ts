import type { Clock } from '../../runtime/clock.ts';
import { keepNewest } from '../../runtime/keep-newest.ts';
import type { GuessCounter } from './guess-counter.ts';

interface Count {
  level: number;
  atMs: number;
  blockedUntilMs: number;
}
interface WaitLimit {
  /** Failures without a wait, the last of them with the first one. */
  readonly free: number;
  readonly firstWaitMs: number;
  /** The longest wait; also the time in which one failure is forgotten, so that waiting it out gains one guess. */
  readonly longestWaitMs: number;
  /** Keys at most: the one that failed longest ago is forgotten first. */
  readonly bound: number;
}

/** Waits that double with each failure of a key. */
export class Waits implements GuessCounter {
  readonly #clock: Clock;
  readonly #limit: WaitLimit;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock, limit: WaitLimit) {
    this.#clock = clock;
    this.#limit = limit;
  }

  blockedUntilMs(key: string): number {
    return this.#counts.get(key)?.blockedUntilMs ?? 0;
  }

  count(key: string): void {
    const { free, firstWaitMs, longestWaitMs, bound } = this.#limit;
    const now = this.#clock.now();
    const before = this.#counts.get(key);
    const left = before === undefined ? 0 : Math.max(0, before.level - (now - before.atMs) / longestWaitMs);
    const level = left + 1;
    const waitMs = level < free ? 0 : Math.min(longestWaitMs, firstWaitMs * 2 ** Math.floor(level - free));
    this.#counts.delete(key);
    this.#counts.set(key, { level, atMs: now, blockedUntilMs: now + waitMs });
    keepNewest(this.#counts, bound);
  }

  /** Whoever is right begins anew. */
  right(key: string): void {
    this.#counts.delete(key);
  }

  takeBack(key: string): void {
    const found = this.#counts.get(key);
    if (found === undefined) return;
    found.level = Math.max(0, found.level - 1);
    found.blockedUntilMs = Math.min(found.blockedUntilMs, this.#clock.now());
  }
}
