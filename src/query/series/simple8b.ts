import { damagedBson } from '../../model/bson-walk.ts';

/**
 * How one word of 64 bits is divided: bits of a value and bits that count the zeros below it, each standing for `zeros` of them.
 * (Format: src/mongo/bson/util/simple8b.cpp of MongoDB 6.0, its tables of selectors.)
 */
interface Slots {
  readonly valueBits: number;
  readonly countBits: number;
  readonly zeros: number;
}

const plain = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 30, 60].map((bits) => slots(bits, 0, 0));
const ofSeven = [7, 2, 3, 4, 5, 7, 10, 14, 24, 52].map((bits, index) =>
  index === 0 ? slots(bits, 0, 0) : slots(bits, 4, 1),
);
const ofEight = [8, 4, 5, 7, 10, 14, 24, 52, 4, 6, 9, 13, 23, 51].map((bits, index) =>
  index === 0 ? slots(bits, 0, 0) : slots(bits, index < 8 ? 4 : 5, 4),
);
const repeatSelector = 15;
const repeatUnit = 120;
const selectorBits = 4;

function slots(valueBits: number, countBits: number, zeros: number): Slots {
  return { valueBits, countBits, zeros };
}

/** Unsigned values out of words of Simple-8b; null stands for a value that is missing. */
export class Simple8bValues {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;
  #word = 0n;
  #slots: Slots = slots(0, 0, 0);
  #left = 0;
  #shift = 0;
  #repeats = 0;
  /** The value that came last: what a repetition repeats. */
  last: bigint | null;

  constructor(bytes: Buffer, start: number, end: number, last: bigint | null) {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.last = last;
  }

  /** Undefined: there are no more. @throws FORMAT_INVALID */
  next(): bigint | null | undefined {
    if (this.#repeats === 0 && this.#left === 0) {
      if (this.#at >= this.#end) return undefined;
      this.#load();
    }
    if (this.#repeats > 0) {
      this.#repeats--;
      return this.last;
    }
    const { valueBits, countBits, zeros } = this.#slots;
    const bits = valueBits + countBits;
    const slot = BigInt.asUintN(bits, this.#word >> BigInt(this.#shift));
    this.#shift += bits;
    this.#left--;
    // All ones: missing.
    if (slot === (1n << BigInt(bits)) - 1n) this.last = null;
    else if (countBits === 0) this.last = slot;
    else {
      const count = Number(BigInt.asUintN(countBits, slot));
      this.last = (slot >> BigInt(countBits)) << BigInt(count * zeros);
    }
    return this.last;
  }

  #load(): void {
    const at = this.#at;
    this.#at += 8;
    this.#word = this.#bytes.readBigUInt64LE(at);
    const selector = (this.#bytes[at] ?? 0) & 0x0f;
    const extension = (this.#bytes[at] ?? 0) >> 4;
    if (selector === repeatSelector) {
      this.#repeats = (extension + 1) * repeatUnit;
      return;
    }
    const isExtended = selector === 7 || selector === 8;
    const found = isExtended ? (selector === 7 ? ofSeven : ofEight)[extension] : plain[selector];
    if (found === undefined || found.valueBits === 0) throw damagedBson(at, 'there is no such selector of Simple-8b');
    this.#slots = found;
    this.#shift = isExtended ? 2 * selectorBits : selectorBits;
    this.#left = Math.floor((64 - this.#shift) / (found.valueBits + found.countBits));
  }
}
