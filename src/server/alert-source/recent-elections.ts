import type { Clock } from '../../runtime/clock.ts';
import type { EventStore } from '../ports.ts';

const dayMs = 86_400_000;
const readEveryMs = 10_000;
/** An agent that could not report for a while tells late of what happened. */
const lateMs = 15 * 60_000;
const pageLimit = 1000;

/** When the sets of a group elected a primary in the last day, from the event log: read once, then what is new. */
export class RecentElections {
  readonly #events: EventStore;
  readonly #clock: Clock;
  /** By id of the event. */
  readonly #known = new Map<string, { readonly setId: string; readonly atMs: number }>();
  #bySet: ReadonlyMap<string, readonly number[]> = new Map();
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(events: EventStore, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  async bySet(groupId: string): Promise<ReadonlyMap<string, readonly number[]>> {
    const nowMs = this.#clock.now();
    // A clock that jumps back reads again too.
    if (Math.abs(nowMs - this.#readAtMs) < readEveryMs) return this.#bySet;
    const fromMs = Math.max(nowMs - dayMs, this.#readAtMs - lateMs);
    const { events } = await this.#events.events(groupId, { kind: 'election', fromMs, limit: pageLimit });
    this.#readAtMs = nowMs;
    for (const { id, subject, atMs } of events) this.#known.set(id, { setId: subject.id, atMs });
    for (const [id, { atMs }] of this.#known) if (atMs < nowMs - dayMs) this.#known.delete(id);
    const bySet = new Map<string, number[]>();
    for (const { setId, atMs } of this.#known.values()) bySet.set(setId, [...(bySet.get(setId) ?? []), atMs]);
    for (const times of bySet.values()) times.sort((a, b) => a - b);
    this.#bySet = bySet;
    return bySet;
  }
}
