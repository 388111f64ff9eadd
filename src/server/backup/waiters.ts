/** Long polls of a group that wait for a change. */
export class Waiters {
  readonly #groups = new Map<string, Set<() => void>>();

  /** All that wait for this group look again. */
  wake(groupId: string): void {
    for (const stop of this.#groups.get(groupId) ?? []) stop();
  }

  /** Resolves at a wake, when the time is over, or when the signal aborts. */
  async wait(groupId: string, waitMs: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || waitMs <= 0) return;
    const waiting = this.#groups.get(groupId) ?? new Set<() => void>();
    this.#groups.set(groupId, waiting);
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, waitMs);
    const stop = (): void => resolve();
    waiting.add(stop);
    signal.addEventListener('abort', stop);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      waiting.delete(stop);
      if (waiting.size === 0) this.#groups.delete(groupId);
    }
  }
}
