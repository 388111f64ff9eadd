/** Counts failed guesses by key. A guess is counted before it is looked at, so that many at once do not all slip through. */
export interface GuessCounter {
  /** Ms since 1970; in the past: not blocked. */
  blockedUntilMs(key: string): number;
  count(key: string): void;
  /** What was counted was no failure. */
  right(key: string): void;
  /** What was counted was not looked at. */
  takeBack(key: string): void;
}
