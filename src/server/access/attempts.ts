import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';

interface Count {
  failures: number;
  blockedUntilMs: number;
  lastMs: number;
}

const free = 5;
const longestMs = 15 * 60_000;
const forgetAfterMs = 60 * 60_000;
const bound = 10_000;

/**
 * Limits guesses: after five failures of an account or an address each further one doubles the wait, from 1 s to 15 min.
 * Kept in memory, at most 10,000 of them: the oldest is forgotten first.
 */
export class Attempts {
  readonly #clock: Clock;
  readonly #counts = new Map<string, Count>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws TOO_MANY_ATTEMPTS while one of the keys is blocked. */
  check(keys: readonly string[]): void {
    const now = this.#clock.now();
    const until = Math.max(...keys.map((key) => this.#counts.get(key)?.blockedUntilMs ?? 0));
    if (until <= now) return;
    const seconds = Math.ceil((until - now) / 1000);
    throw new AppError('TOO_MANY_ATTEMPTS', `too many failed attempts: wait ${seconds} s`, {
      retryable: true,
      details: { retryAfterSeconds: seconds },
    });
  }

  failed(keys: readonly string[]): void {
    const now = this.#clock.now();
    for (const key of keys) {
      const before = this.#counts.get(key);
      const failures = before === undefined || now - before.lastMs > forgetAfterMs ? 1 : before.failures + 1;
      const waitMs = failures < free ? 0 : Math.min(longestMs, 1000 * 2 ** (failures - free));
      this.#counts.delete(key);
      this.#counts.set(key, { failures, blockedUntilMs: now + waitMs, lastMs: now });
    }
    for (const key of this.#counts.keys()) {
      if (this.#counts.size <= bound) break;
      this.#counts.delete(key);
    }
  }

  succeeded(key: string): void {
    this.#counts.delete(key);
  }
}
