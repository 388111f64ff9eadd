import { documentEnd } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import { appendDocumentKey } from './document-key.ts';
import { KeyBuffer } from './key-buffer.ts';

/**
 * What a block holds, uncompressed: docs/formats/block.md. Four bytes "LWB" 01, then entries: a kind, for `keyed` the length of
 * the key (four bytes, little-endian) and the key, then the document, whose own first four bytes are its length.
 */
export const blockMagic = Buffer.from('LWB\x01', 'latin1');

export const entryKind = {
  /** The key is the document's own: it is not stored, the reader makes it again. */
  document: 0x01,
  /** The key stands before the document: where order is not that of `_id`, or there is none. */
  keyedDocument: 0x02,
} as const;

/** A block that was read: entries by index, in the order of their keys. The slices share memory with the block. */
export class BlockContent {
  readonly #bytes: Buffer;
  readonly #keys = new KeyBuffer();
  readonly #keyStarts: number[] = [];
  readonly #documentStarts: number[] = [];

  /** Parses and checks every entry: kinds, lengths, strictly increasing keys. FORMAT_INVALID otherwise. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    if (bytes.length < blockMagic.length || !bytes.subarray(0, blockMagic.length).equals(blockMagic)) {
      throw damagedBlock(0, 'it does not begin as a block of a known version');
    }
    let at = blockMagic.length;
    while (at < bytes.length) {
      at = this.#readEntry(at);
      if (!this.#lastKeyIsAbove())
        throw damagedBlock(at, `the key of entry ${this.count - 1} is not above the one before`);
    }
    if (this.count === 0) throw damagedBlock(at, 'it holds nothing');
  }

  get count(): number {
    return this.#documentStarts.length;
  }

  key(index: number): Buffer {
    return this.#keys.bytes.subarray(this.#keyStarts[index], this.#keyStarts[index + 1] ?? this.#keys.length);
  }

  /** The raw BSON. */
  document(index: number): Buffer {
    const start = this.#documentStarts[index] ?? 0;
    return this.#bytes.subarray(start, documentEnd(this.#bytes, start, this.#bytes.length));
  }

  /** The index of the entry with this key, or -1. */
  find(key: Buffer): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.compare(this.key(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    return low < this.count && this.key(low).equals(key) ? low : -1;
  }

  #lastKeyIsAbove(): boolean {
    const last = this.count - 1;
    if (last === 0) return true;
    const { bytes, length } = this.#keys;
    const start = this.#keyStarts[last] ?? 0;
    return bytes.compare(bytes, this.#keyStarts[last - 1], start, start, length) > 0;
  }

  #readEntry(start: number): number {
    const bytes = this.#bytes;
    this.#keyStarts.push(this.#keys.length);
    let at = start + 1;
    if (bytes[start] === entryKind.document) {
      const end = documentEnd(bytes, at, bytes.length);
      appendDocumentKey(this.#keys, bytes, at, end);
      this.#documentStarts.push(at);
      return end;
    }
    if (bytes[start] !== entryKind.keyedDocument) throw damagedBlock(start, `there is no entry kind ${bytes[start]}`);
    if (bytes.length - at < 4) throw damagedBlock(at, 'it ends inside of an entry');
    const keyLength = bytes.readUInt32LE(at);
    at += 4;
    if (keyLength > bytes.length - at) throw damagedBlock(at, `a key of ${keyLength} bytes does not fit`);
    this.#keys.copy(bytes, at, at + keyLength);
    this.#documentStarts.push(at + keyLength);
    return documentEnd(bytes, at + keyLength, bytes.length);
  }
}

export function damagedBlock(at: number, why: string): AppError {
  return new AppError('FORMAT_INVALID', `block, byte ${at}: ${why}`);
}
