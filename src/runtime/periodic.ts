import { setTimeout as delay } from 'node:timers/promises';

interface Periodic {
  readonly intervalMs: number;
  readonly signal: AbortSignal;
  /** Called with what `work` threw; the loop goes on. */
  readonly onError: (thrown: unknown) => void;
  /** First run after this many milliseconds; default 0. */
  readonly firstDelayMs?: number;
}

/**
 * Runs `work` again and again, never twice at once, on a fixed grid of `intervalMs` (a late run does not
 * shift the grid, missed ticks are skipped). Resolves when the signal aborts and the run under way has ended.
 */
export async function periodic(work: (signal: AbortSignal) => Promise<void>, options: Periodic): Promise<void> {
  const { intervalMs, signal, onError } = options;
  let next = performance.now() + (options.firstDelayMs ?? 0);
  while (!signal.aborted) {
    const waitMs = next - performance.now();
    if (waitMs > 0 && !(await sleep(waitMs, signal))) return;
    try {
      await work(signal);
    } catch (thrown) {
      if (!signal.aborted) onError(thrown);
    }
    const now = performance.now();
    next += intervalMs * Math.max(1, Math.ceil((now - next) / intervalMs));
  }
}

/** Waits; false when the signal aborted first. */
export async function sleep(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
