import { AppError } from './errors.ts';

/** Reads what ByteWriter wrote; anything that does not fit is FORMAT_INVALID, never a wrong value. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#what = what;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 8; count++) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (value > 2 ** 54) break;
        return value;
      }
      scale *= 128;
    }
    throw this.invalid('a number is too large');
  }

  /** A varint that counts things; more than `max` is refused before anything is allocated. */
  count(max: number, of: string): number {
    const value = this.varint();
    if (value > max) throw this.invalid(`${value} ${of}, at most ${max} are allowed`);
    return value;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.invalid('it ends too early');
    this.#at++;
    return byte;
  }

  double(): number {
    if (this.remaining < 8) throw this.invalid('it ends too early');
    const value = this.#view.getFloat64(this.#at, true);
    this.#at += 8;
    return value;
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    if (length > this.remaining) throw this.invalid('it ends too early');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(maxBytes: number): string {
    const bytes = this.raw(this.count(maxBytes, 'bytes of text'));
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  }

  end(): void {
    if (this.remaining > 0) throw this.invalid(`${this.remaining} bytes are left over`);
  }

  invalid(why: string): AppError {
    return new AppError('FORMAT_INVALID', `${this.#what}: ${why} (at byte ${this.#at})`);
  }
}
