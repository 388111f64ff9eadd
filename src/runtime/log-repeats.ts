interface Kept<T> {
  /** Start of the window, by performance.now(). */
  readonly sinceMs: number;
  readonly event: T;
  passed: number;
  held: number;
}

const windowMs = 10_000;
/** So many of the same pass in a window, so that a problem that comes and goes a few times is seen with its times. */
const passAtMost = 5;
const maxKinds = 500;

/**
 * Holds back what is said again and again: of the same line five pass in ten seconds, the rest is counted and told at the end
 * of the window. Bounded: it knows 500 lines at once.
 */
export class Repeats<T> {
  readonly #tell: (event: T, times: number) => void;
  readonly #kinds = new Map<string, Kept<T>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (event: T, times: number) => void) {
    this.#tell = tell;
  }

  /** May this line be written now? `key` is the line without its time. */
  pass(key: string, event: T, nowMs = performance.now()): boolean {
    const kept = this.#kinds.get(key);
    if (kept !== undefined && nowMs - kept.sinceMs < windowMs) {
      if (kept.passed < passAtMost) {
        kept.passed++;
        return true;
      }
      kept.held++;
      this.#arm();
      return false;
    }
    if (kept !== undefined) this.#end(key, kept);
    const oldest = this.#kinds.size >= maxKinds ? this.#kinds.entries().next().value : undefined;
    if (oldest !== undefined) this.#end(...oldest);
    this.#kinds.set(key, { sinceMs: nowMs, event, passed: 1, held: 0 });
    return true;
  }

  /** Tells what was held back in windows that are over; all of it before the program ends. */
  flush(all: boolean, nowMs = performance.now()): void {
    for (const [key, kept] of this.#kinds) if (all || nowMs - kept.sinceMs >= windowMs) this.#end(key, kept);
    if ([...this.#kinds.values()].some(({ held }) => held > 0)) this.#arm();
  }

  #end(key: string, { event, held }: Kept<T>): void {
    this.#kinds.delete(key);
    if (held > 0) this.#tell(event, held);
  }

  #arm(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.flush(false);
    }, windowMs / 2);
    this.#timer.unref();
  }
}
