import { damagedBson } from '../model/bson-walk.ts';

const zeroDigit = 0x30;
/** A result larger than this is no document of any server; it bounds what a damaged update can make. */
const largestBytes = 256 * 1024 * 1024;

/** Writes BSON one element after another into bytes that grow. */
export class BsonWriter {
  #bytes: Buffer;
  #length = 0;
  readonly #limit: number;

  /** `limit`: more bytes than this are refused. */
  constructor(capacity: number, limit = largestBytes) {
    this.#bytes = Buffer.allocUnsafe(capacity);
    this.#limit = limit;
  }

  /** Begins a document or array: room for its length. Answers what finish() takes. */
  begin(): number {
    this.#reserve(4);
    const start = this.#length;
    this.#length += 4;
    return start;
  }

  /** Ends the document that was begun there. */
  finish(start: number): void {
    this.byte(0);
    this.#bytes.writeInt32LE(this.#length - start, start);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeInt32LE(value, this.#length);
  }

  /** A field with a small value of this type. */
  field(type: number, name: string, value: Buffer): void {
    const bytes = Buffer.from(name);
    this.head(type, bytes, 0, bytes.length);
    this.copy(value, 0, value.length);
  }

  copy(from: Buffer, start: number, end: number): void {
    this.#reserve(end - start);
    from.copy(this.#bytes, this.#length, start, end);
    this.#length += end - start;
  }

  /** Type, name and its zero; the name stands in `from` without its zero. */
  head(type: number, from: Buffer, nameStart: number, nameEnd: number): void {
    this.byte(type);
    this.copy(from, nameStart, nameEnd);
    this.byte(0);
  }

  /** Type and name of the element of an array. */
  indexHead(type: number, index: number): void {
    this.#reserve(12);
    this.#bytes[this.#length++] = type;
    if (index < 10) this.#bytes[this.#length++] = zeroDigit + index;
    else this.#length += this.#bytes.write(String(index), this.#length, 'latin1');
    this.#bytes[this.#length++] = 0;
  }

  /** What was written; the writer is not used after it. */
  get written(): Buffer {
    return this.#length === this.#bytes.length ? this.#bytes : this.#bytes.subarray(0, this.#length);
  }

  #reserve(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#bytes.length) return;
    if (needed > this.#limit) throw damagedBson(0, `an update makes more than ${this.#limit} bytes of a document`);
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, needed));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}
