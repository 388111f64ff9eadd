import { randomInt } from 'node:crypto';

const probes = 5;
const probeBytes = 6;
const firstCapacity = 65_536;
const largestCapacity = 16 * 1024 * 1024;

/**
 * A set of ids that sometimes says yes to one that was not added (about 1 in 400), and never no to one that was: a Bloom filter with 16 bits
 * for each of the ids that it is made for. Ids are uniformly random already (HMAC), so their own bytes say which bits. The size
 * varies a little, so that what one filter holds wrongly the next one does not.
 */
export class IdFilter {
  readonly #bits: Uint8Array;
  readonly #count: number;
  readonly capacity: number;
  #added = 0;

  constructor(capacity: number) {
    this.capacity = Math.max(capacity, 1024);
    this.#bits = new Uint8Array(this.capacity * 2 + randomInt(1, 1024));
    this.#count = this.#bits.length * 8;
  }

  /** It was made for no more than it holds now. Ids that are added again count again. */
  get isFull(): boolean {
    return this.#added >= this.capacity;
  }

  add(id: Buffer): void {
    this.#added++;
    for (let at = 0; at < probes; at++) {
      const bit = id.readUIntLE(at * probeBytes, probeBytes) % this.#count;
      this.#bits[bit >>> 3] = (this.#bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
    }
  }

  has(id: Buffer): boolean {
    for (let at = 0; at < probes; at++) {
      const bit = id.readUIntLE(at * probeBytes, probeBytes) % this.#count;
      if (((this.#bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false;
    }
    return true;
  }
}

/** Ids that were put or asked for while somebody holds a pin. Memory grows with them (2 bytes each), and is freed as pins are released. */
export class PinnedIds {
  /** Oldest first; a pin needs those from its own on. */
  readonly #generations: { readonly filter: IdFilter; pins: number }[] = [];

  pin(): { release(): void } {
    const newest = this.#generations.at(-1);
    return this.#hold(newest === undefined || newest.filter.isFull ? this.#begin(firstCapacity) : newest);
  }

  /**
   * A pin that keeps what all others keep now, also after those are released: what they guarded is named by then, but perhaps not by the list that
   * a collection made before.
   */
  pinAll(): { release(): void } {
    return this.#hold(this.#generations[0] ?? this.#begin(firstCapacity));
  }

  #hold(own: { pins: number }): { release(): void } {
    own.pins++;
    let held = true;
    return {
      release: () => {
        if (held) own.pins--;
        held = false;
        while (this.#generations[0]?.pins === 0) this.#generations.shift();
      },
    };
  }

  touch(id: Buffer): void {
    const newest = this.#generations.at(-1);
    if (newest === undefined) return;
    const { filter } = newest;
    (filter.isFull ? this.#begin(Math.min(filter.capacity * 2, largestCapacity)).filter : filter).add(id);
  }

  has(id: Buffer): boolean {
    return this.#generations.some(({ filter }) => filter.has(id));
  }

  #begin(capacity: number): { readonly filter: IdFilter; pins: number } {
    const next = { filter: new IdFilter(capacity), pins: 0 };
    this.#generations.push(next);
    return next;
  }
}
