import type { Clock } from '../runtime/clock.ts';
import type { PendingHour } from './ports.ts';

const hourMs = 3_600_000;
/** After the end of an hour, time for the last samples to arrive. */
const graceMs = 30_000;
/** Samples that came late wait this long for others of their hour: each sealing rewrites the hour. */
const quietMs = 60_000;
/** At this many samples an hour is sealed before it ends, so that the log stays short at one sample a second. */
const manySamples = 720;

interface Waiting {
  readonly streamId: number;
  readonly hourMs: number;
  frames: number;
  changedAtMs: number;
}

/** Which hours of which streams wait in the log to become columns. */
export class Backlog {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  load(pending: readonly PendingHour[]): void {
    for (const { streamId, hourMs: hour, frames } of pending) {
      this.#waiting.set(`${streamId}/${hour}`, { streamId, hourMs: hour, frames, changedAtMs: 0 });
    }
  }

  add(streamId: number, timeMs: number, frames: number): void {
    const hour = Math.floor(timeMs / hourMs) * hourMs;
    const key = `${streamId}/${hour}`;
    const known = this.#waiting.get(key);
    const now = this.#clock.now();
    if (known === undefined) this.#waiting.set(key, { streamId, hourMs: hour, frames, changedAtMs: now });
    else {
      known.frames += frames;
      known.changedAtMs = now;
    }
  }

  /** The hour to seal next, oldest first; with `all` also those that still grow. */
  next(all: boolean): PendingHour | undefined {
    const now = this.#clock.now();
    let best: Waiting | undefined;
    for (const waiting of this.#waiting.values()) {
      const over = now >= waiting.hourMs + hourMs + graceMs;
      const late = now >= waiting.hourMs + hourMs + 2 * quietMs;
      const ready = all || waiting.frames >= manySamples || (over && (!late || now - waiting.changedAtMs >= quietMs));
      if (ready && (best === undefined || waiting.hourMs < best.hourMs)) best = waiting;
    }
    return best;
  }

  /** Before an hour is read for sealing: what arrives from now on counts anew. */
  take(hour: PendingHour): void {
    this.#waiting.delete(`${hour.streamId}/${hour.hourMs}`);
  }

  remove(streamId: number): void {
    for (const [key, waiting] of this.#waiting) if (waiting.streamId === streamId) this.#waiting.delete(key);
  }
}
