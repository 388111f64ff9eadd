/** Smaller differences are the network's delay, or do not matter on a chart. */
const toleratedMs = 2_000;
const bound = 10_000;

/**
 * How far each agent's clock is from ours. The correction stays the same until it is wrong by more than 2 s again, and is
 * a whole number of seconds: a sample that is sent twice must get the same time twice.
 */
export class ClockSkew {
  readonly #corrections = new Map<string, number>();

  /** Milliseconds to add to the agent's times. */
  correctionMs(instanceId: string, sentAtMs: number, receivedAtMs: number): number {
    const offset = receivedAtMs - sentAtMs;
    const held = this.#corrections.get(instanceId) ?? 0;
    if (!Number.isFinite(offset)) return held;
    if (Math.abs(offset - held) <= toleratedMs) return held;
    const correction = Math.abs(offset) <= toleratedMs ? 0 : Math.round(offset / 1000) * 1000;
    this.#corrections.delete(instanceId);
    this.#corrections.set(instanceId, correction);
    for (const oldest of this.#corrections.keys()) {
      if (this.#corrections.size <= bound) break;
      this.#corrections.delete(oldest);
    }
    return correction;
  }
}
