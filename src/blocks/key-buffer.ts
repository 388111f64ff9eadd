import { compareParts } from './compare-keys.ts';

/** Below this many bytes a loop is quicker than the call of copy. */
const shortCopy = 24;

/** Bytes of keys, one after another, in one buffer that grows: no allocation per document. */
export class KeyBuffer {
  bytes: Buffer;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = Buffer.allocUnsafe(capacity);
  }

  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }

  copy(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    if (end - start > shortCopy) {
      from.copy(this.bytes, this.length, start, end);
      this.length += end - start;
      return;
    }
    for (let at = start; at < end; at++) this.bytes[this.length++] = from[at] ?? 0;
  }

  /** The bytes backwards: a little-endian number in the order of memcmp. */
  reversed(from: Buffer, start: number, end: number): void {
    this.reserve(end - start);
    for (let at = end - 1; at >= start; at--) this.bytes[this.length++] = from[at] ?? 0;
  }

  uint16(value: number): void {
    this.reserve(2);
    this.length = this.bytes.writeUInt16BE(value, this.length);
  }

  uint32(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32BE(value, this.length);
  }

  double(value: number): void {
    this.reserve(8);
    this.length = this.bytes.writeDoubleBE(value, this.length);
  }

  /** Every bit from `start` on is turned over, so that the order turns round. */
  invertFrom(start: number): void {
    for (let at = start; at < this.length; at++) this.bytes[at] = ~(this.bytes[at] ?? 0);
  }

  /** As memcmp of the two. */
  compare(other: KeyBuffer): number {
    return compareParts(this.bytes, 0, this.length, other.bytes, 0, other.length);
  }

  /** What was written: the same memory, so it holds until the next write. */
  get written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** A copy of what was written. */
  slice(): Buffer {
    return Buffer.from(this.written);
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
