import { setTimeout as delay } from 'node:timers/promises';

interface EventuallyOptions {
  /** Deadline in milliseconds; default 90,000 (a machine may be slow and stand still for a while; a passing test never waits for it). */
  readonly timeoutMs?: number;
  /** Pause between two tries in milliseconds; default 50. */
  readonly everyMs?: number;
  /** Stands in the error when the deadline passes. */
  readonly what?: string;
}

const fewestTries = 10;

/**
 * Calls `probe` until it neither throws nor answers undefined or false, and gives back its answer.
 * At the deadline it throws with the last failure as the cause: no test waits for ever or guesses a sleep.
 */
export async function eventually<T>(
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  options: EventuallyOptions = {},
): Promise<T> {
  const { timeoutMs = 90_000, everyMs = 50, what = 'the expected state' } = options;
  const deadline = performance.now() + timeoutMs;
  let last: unknown;
  // A machine that stood still until the deadline has had no time: it is given some tries all the same.
  for (let tries = 0; tries < fewestTries || performance.now() < deadline; tries++) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      last = undefined;
    } catch (thrown) {
      last = thrown;
    }
    await delay(everyMs);
  }
  const detail = last instanceof Error ? `; last: ${last.message}` : '';
  throw new Error(`${what}: not within ${timeoutMs} ms${detail}`, { cause: last });
}
