/** CRC-64 of ECMA-182, reflected (as Go's hash/crc64 with the table ECMA): eight bytes a step, in halves of 32 bits. */
const polynomialHigh = 0xc96c5795 | 0;
const polynomialLow = 0xd7870f42 | 0;
/** Table k at k × 256: what a byte does to the checksum when k more bytes follow it. */
const high = new Int32Array(8 * 256);
const low = new Int32Array(8 * 256);

for (let byte = 0; byte < 256; byte++) {
  let hi = 0;
  let lo = byte;
  for (let bit = 0; bit < 8; bit++) {
    const carry = lo & 1;
    lo = (lo >>> 1) | (hi << 31);
    hi >>>= 1;
    if (carry === 1) {
      hi ^= polynomialHigh;
      lo ^= polynomialLow;
    }
  }
  high[byte] = hi;
  low[byte] = lo;
}
for (let at = 256; at < high.length; at++) {
  const hi = high[at - 256] ?? 0;
  const lo = low[at - 256] ?? 0;
  const index = lo & 0xff;
  high[at] = (hi >>> 8) ^ (high[index] ?? 0);
  low[at] = ((lo >>> 8) | (hi << 24)) ^ (low[index] ?? 0);
}

export class Crc64 {
  #high = -1;
  #low = -1;

  update(bytes: Buffer): void {
    let hi = this.#high;
    let lo = this.#low;
    const wordsEnd = bytes.length - (bytes.length % 8);
    for (let at = 0; at < wordsEnd; at += 8) {
      lo ^= bytes.readInt32LE(at);
      hi ^= bytes.readInt32LE(at + 4);
      const a = 1792 + (lo & 0xff);
      const b = 1536 + ((lo >>> 8) & 0xff);
      const c = 1280 + ((lo >>> 16) & 0xff);
      const d = 1024 + (lo >>> 24);
      const e = 768 + (hi & 0xff);
      const f = 512 + ((hi >>> 8) & 0xff);
      const g = 256 + ((hi >>> 16) & 0xff);
      const h = hi >>> 24;
      hi = xor(high, a, b, c, d) ^ xor(high, e, f, g, h);
      lo = xor(low, a, b, c, d) ^ xor(low, e, f, g, h);
    }
    for (let at = wordsEnd; at < bytes.length; at++) {
      const index = (lo ^ (bytes[at] ?? 0)) & 0xff;
      lo = ((lo >>> 8) | (hi << 24)) ^ (low[index] ?? 0);
      hi = (hi >>> 8) ^ (high[index] ?? 0);
    }
    this.#high = hi;
    this.#low = lo;
  }

  /** As a signed 64-bit number, as BSON holds it. */
  get value(): bigint {
    const unsigned = (BigInt(~this.#high >>> 0) << 32n) | BigInt(~this.#low >>> 0);
    return BigInt.asIntN(64, unsigned);
  }
}

function xor(table: Int32Array, a: number, b: number, c: number, d: number): number {
  return (table[a] ?? 0) ^ (table[b] ?? 0) ^ (table[c] ?? 0) ^ (table[d] ?? 0);
}
