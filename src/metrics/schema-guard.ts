import type { Clock } from '../runtime/clock.ts';

/**
 * A host whose list of metrics changes with every poll would fill disk and memory with lists. Each stream may bring
 * this many new lists an hour; samples under further ones are not stored, and their span is marked as a gap.
 */
const newSchemasPerHour = 60;
const hourMs = 3_600_000;

/** Bounds how fast streams bring new schemas. */
export class SchemaGuard {
  readonly #clock: Clock;
  readonly #counts = new Map<number, number>();
  #hour = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admits(streamId: number): boolean {
    const hour = Math.floor(this.#clock.now() / hourMs);
    if (hour !== this.#hour) this.#counts.clear();
    this.#hour = hour;
    const count = (this.#counts.get(streamId) ?? 0) + 1;
    this.#counts.set(streamId, count);
    return count <= newSchemasPerHour;
  }
}
