/** Lets one loop sleep until another part of the program has something for it. */
export class Wake {
  readonly #sleepers = new Set<() => void>();

  /** Resolves at the next `wake()`, or when the signal aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = (): void => resolve();
    this.#sleepers.add(end);
    signal.addEventListener('abort', end, { once: true });
    await promise;
    this.#sleepers.delete(end);
    signal.removeEventListener('abort', end);
  }

  wake(): void {
    for (const end of this.#sleepers) end();
  }
}
