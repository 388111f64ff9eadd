import { toAppError } from './errors.ts';
import { sleep } from './periodic.ts';

interface RetrySettings {
  readonly signal: AbortSignal;
  /** Waits grow from here, doubling. */
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** Tries in all; default: until the signal aborts. */
  readonly tries?: number;
  /** Told of each failure that will be tried again, and of the wait before that. */
  readonly onRetry?: (thrown: unknown, delayMs: number) => void;
  /** From 0 to 1; default Math.random. */
  readonly random?: () => number;
}

/**
 * Calls `work` until it succeeds. Errors that are not retryable, the last try's error, and the abort of the signal
 * are thrown. Waits carry jitter (half to whole), so that many agents do not come back to a server in step.
 */
export async function retry<T>(work: () => Promise<T>, settings: RetrySettings): Promise<T> {
  const { signal, firstDelayMs, maxDelayMs, tries = Number.POSITIVE_INFINITY, random = Math.random } = settings;
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (thrown) {
      signal.throwIfAborted();
      if (attempt >= tries || !toAppError(thrown).retryable) throw thrown;
      const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(attempt - 1, 30)) * (0.5 + random() / 2);
      settings.onRetry?.(thrown, delayMs);
      await sleep(delayMs, signal);
    }
  }
}
