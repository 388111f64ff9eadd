/** Time as a parameter, so that engines can be tested with a clock of their own. */
export interface Clock {
  /** Wall time, milliseconds since 1970 UTC. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
