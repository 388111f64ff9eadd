import { toAppError } from './errors.ts';
import { sleep } from './periodic.ts';

interface RetrySettings {
  readonly signal: AbortSignal;
  /** Waits grow from here, doubling. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** How long after the first failure the last try may begin; default: until the signal aborts. */
  readonly patienceMs?: number;
  /** Told of each failure that will be tried again, of the wait before that, and of what is left of the patience then. */
  readonly onRetry?: (thrown: unknown, delayMs: number, leftMs: number) => void;
  /** From 0 to 1; default Math.random. */
  readonly random?: () => number;
  /** Milliseconds of a clock that only goes forward; default that of the process. */
  readonly now?: () => number;
}

/**
 * For a restore: what it waits for may pass by itself (an election, a server that starts anew, a full disk in which somebody makes room), and a
 * host that stays dead is given up by the clock, however long each try at it takes.
 */
export const restorePatience = { firstDelayMs: 200, maxDelayMs: 5000, patienceMs: 15 * 60_000 };

/**
 * Calls `work` until it succeeds. Errors that are not retryable, the error after which the patience is over, and the abort of the signal
 * are thrown. Waits carry jitter (half to whole), so that many agents do not come back to a server in step.
 */
export async function retry<T>(work: () => Promise<T>, settings: RetrySettings): Promise<T> {
  const { signal, firstDelayMs, maxDelayMs, patienceMs = Number.POSITIVE_INFINITY, random = Math.random } = settings;
  const now = settings.now ?? (() => performance.now());
  let lastAt: number | null = null;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!toAppError(thrown).retryable) throw thrown;
      lastAt ??= now() + patienceMs;
      const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 30)) * (0.5 + random() / 2);
      const leftMs = lastAt - now() - delayMs;
      if (leftMs < 0) throw thrown;
      settings.onRetry?.(thrown, delayMs, leftMs);
      await sleep(delayMs, signal);
    }
  }
}
