import type { AppError } from './errors.ts';

/** Something that keeps a program from its work, until it is over. */
export interface Trouble {
  /** What was tried: "sending samples". */
  readonly what: string;
  readonly code: string;
  readonly message: string;
  readonly next: string;
  readonly sinceMs: number;
}

/** How an agent is, as its status shows it. */
export interface AgentHealth {
  readonly troubles: readonly Trouble[];
  /** Words such as its role. */
  readonly facts: Readonly<Record<string, string>>;
  /** How it is now: hosts, waitingBytes. */
  readonly gauges: Readonly<Record<string, number>>;
  /** Since it was started: polls, sentBytes. */
  readonly counters: Readonly<Record<string, number>>;
}

export function troubleOf(what: string, { code, message, hint }: AppError, sinceMs: number): Trouble {
  return { what, code, message, next: hint, sinceMs };
}
