import type { Clock } from '../../runtime/clock.ts';
import { keepNewest } from '../../runtime/keep-newest.ts';

const addressesHeld = 10_000;

interface DialLimitSettings {
  /** Between the beginnings of two probes, of the whole server. */
  readonly anyMs: number;
  /** Between two looks at one address, whatever the group and the port. */
  readonly sameAddressMs: number;
}
export const dialLimitSettings: DialLimitSettings = { anyMs: 500, sameAddressMs: 15_000 };

/** How often the server dials: a group that names other people's machines as its hosts cannot knock at their doors in a row. */
export class DialLimits {
  readonly settings: DialLimitSettings;
  readonly #clock: Clock;
  readonly #dialledAtMs = new Map<string, number>();
  #anyAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, settings = dialLimitSettings) {
    this.#clock = clock;
    this.settings = settings;
  }

  /** Whether a probe may begin now; if so it counts as begun. */
  takeTurn(): boolean {
    const now = this.#clock.now();
    if (within(now, this.#anyAtMs, this.settings.anyMs)) return false;
    this.#anyAtMs = now;
    return true;
  }

  /** Whether all these addresses may be dialled now; if so they count as dialled. */
  takeAddresses(addresses: readonly string[]): boolean {
    const now = this.#clock.now();
    const held = (address: string): boolean =>
      within(now, this.#dialledAtMs.get(address) ?? Number.NEGATIVE_INFINITY, this.settings.sameAddressMs);
    if (addresses.some(held)) return false;
    for (const address of addresses) {
      this.#dialledAtMs.delete(address);
      this.#dialledAtMs.set(address, now);
    }
    keepNewest(this.#dialledAtMs, addressesHeld);
    return true;
  }
}

/** A clock that was set back does not forbid for ever. */
function within(now: number, before: number, ms: number): boolean {
  return now - before < ms && now >= before;
}
