import type { RandomSource } from './random-source.ts';

const tableSize = 2 ** 16;

/** Picks numbers below `count` so that the n-th most frequent one comes about 1/n as often as the first, as words do in a text. */
export class Zipf {
  /** Each number as often as its frequency says. */
  readonly #table: Uint32Array;

  constructor(count: number, exponent = 1) {
    const weights = Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    this.#table = new Uint32Array(tableSize);
    let reached = 0;
    let at = 0;
    for (const [rank, weight] of weights.entries()) {
      reached += weight;
      const until = Math.round((reached / total) * tableSize);
      this.#table.fill(rank, at, until);
      at = until;
    }
  }

  pick(random: RandomSource): number {
    return this.#table[random.below(tableSize)] ?? 0;
  }
}
