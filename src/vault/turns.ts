/** Work of one name runs one after another, in the order in which it was asked for; other names go on beside it. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Resolves or rejects as `work` does; a failure before it does not matter to it. */
  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(name) ?? Promise.resolve();
    const mine = before.then(work, work);
    this.#last.set(name, mine);
    const forget = (): void => {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    };
    mine.then(forget, forget);
    return mine;
  }

  /** When all that was asked for has ended. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#last.values());
  }
}
