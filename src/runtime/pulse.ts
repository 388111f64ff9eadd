/** The loops of a program that must keep turning: each says that it turned, and until when it will have turned again. */
export class Pulse {
  readonly #due = new Map<string, number>();

  /** `loop` turned, or took up work, and says so again within `withinMs`. */
  beat(loop: string, withinMs: number): void {
    this.#due.set(loop, performance.now() + withinMs);
  }

  /** `loop` waits for something that may never come, or has ended. */
  rest(loop: string): void {
    this.#due.delete(loop);
  }

  /** Loops that have not turned in time. */
  late(nowMs = performance.now()): string[] {
    return [...this.#due].filter(([, dueMs]) => dueMs < nowMs).map(([loop]) => loop);
  }
}
