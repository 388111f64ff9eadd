import type { Pulse } from '../runtime/pulse.ts';

/** A poll has a deadline: one that takes so much longer stands still. */
const stuckAfterMs = 120_000;

/** Counts the polls of all hosts, and knows that none of them stands still. */
export class PollWatch {
  /** Since the agent was started. */
  readonly tally = { polls: 0, failedPolls: 0 };
  readonly #pulse: Pulse;

  constructor(pulse: Pulse) {
    this.#pulse = pulse;
  }

  begun(hostId: string, intervalMs: number): void {
    this.tally.polls++;
    this.#pulse.beat(loopOf(hostId), stuckAfterMs + intervalMs);
  }

  failed(): void {
    this.tally.failedPolls++;
  }

  /** The host is watched no longer. */
  ended(hostId: string): void {
    this.#pulse.rest(loopOf(hostId));
  }
}

function loopOf(hostId: string): string {
  return `polling host ${hostId}`;
}
