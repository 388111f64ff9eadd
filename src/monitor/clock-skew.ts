/** Smaller differences are left alone: they are the network's delay, and nobody sees them on a chart. */
const toleratedMs = 1000;

/**
 * Clock of a host minus clock of the agent. What times are corrected by changes only when it is wrong by more than a second,
 * so that neighbouring samples never change places.
 */
export class HostClock {
  #measuredMs: number | undefined;
  #correctionMs = 0;

  /** `sentMs` and `receivedMs` are the agent's clock around the request that told `hostMs`. */
  measure(hostMs: number, sentMs: number, receivedMs: number): void {
    const skew = hostMs - (sentMs + receivedMs) / 2;
    this.#measuredMs = skew;
    if (Math.abs(skew - this.#correctionMs) <= toleratedMs) return;
    this.#correctionMs = Math.abs(skew) <= toleratedMs ? 0 : Math.round(skew);
  }

  get skewMs(): number | undefined {
    return this.#measuredMs;
  }

  /** A time of the host's clock as one of the agent's. */
  toAgentMs(hostMs: number): number {
    return Math.round(hostMs - this.#correctionMs);
  }

  /** The host's clock at a time of the agent's. */
  toHostMs(agentMs: number): number {
    return agentMs + this.#correctionMs;
  }
}
