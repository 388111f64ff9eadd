import { documentEnd } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import { compareParts } from './compare-keys.ts';
import { appendDocumentKey } from './document-key.ts';
import { KeyBuffer } from './key-buffer.ts';
import type { RunEntry, RunUpdate, UpdatePlace } from './ports.ts';

/** What a block holds, uncompressed: docs/formats/block.md. Four bytes "LWB" 01, then entries, each with its kind first. */
export const blockMagic = Buffer.from('LWB\x01', 'latin1');

export const entryKind = {
  /** The key is the document's own: it is not stored, the reader makes it again. */
  document: 0x01,
  /** The key stands before the document: where order is not that of `_id`, or there is none. */
  keyedDocument: 0x02,
  /** A key alone. */
  delete: 0x03,
  /** A key and what the oplog did to its document, oldest first. */
  updates: 0x04,
  /** A place in natural order, then a document under its own key. */
  sequencedDocument: 0x05,
} as const;

/** Length of a place in natural order. */
export const sequenceBytes = 12;
export const updateFlag = { none: 0x00, upsert: 0x01 } as const;

/** Entries of one block that follow one another, documents all of them: `from` to `to` (not included). */
export interface Stretch {
  readonly kind: 'stretch';
  readonly content: BlockContent;
  readonly from: number;
  readonly to: number;
}

/** A block that was read: entries by index, in the order of their keys. The slices share memory with the block. */
export class BlockContent {
  readonly #bytes: Buffer;
  readonly #keys = new KeyBuffer();
  readonly #keyStarts: number[] = [];
  readonly #kinds: number[] = [];
  /** Where the document, or the number of updates, stands. */
  readonly #bodyStarts: number[] = [];
  #otherThanDocuments = 0;

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
    return this.#bodyStarts.length;
  }

  /** No deletes and no updates: what a restore can write as it is. */
  get holdsDocumentsAlone(): boolean {
    return this.#otherThanDocuments === 0;
  }

  key(index: number): Buffer {
    return this.#keys.bytes.subarray(this.#keyStarts[index], this.keyEnd(index));
  }

  /** All keys one after another; that of an entry stands from keyStart to keyEnd. */
  get keyBytes(): Buffer {
    return this.#keys.bytes;
  }

  keyStart(index: number): number {
    return this.#keyStarts[index] ?? 0;
  }

  keyEnd(index: number): number {
    return this.#keyStarts[index + 1] ?? this.#keys.length;
  }

  /** A document that stands under its own key: where its BSON begins; -1 for every other entry. */
  ownDocument(index: number): number {
    return this.#kinds[index] === entryKind.document ? (this.#bodyStarts[index] ?? -1) : -1;
  }

  /** Appends the updates of an entry, oldest first. False, when it is no list of updates or one of them may insert. */
  addPlaces(index: number, places: UpdatePlace[]): boolean {
    if (this.#kinds[index] !== entryKind.updates) return false;
    const bytes = this.#bytes;
    const start = this.#bodyStarts[index] ?? 0;
    let at = start + 4;
    for (let left = bytes.readUInt32LE(start); left > 0; left--) {
      if (bytes[at] === updateFlag.upsert) return false;
      places.push({ bytes, start: at + 1 });
      at += 1 + bytes.readInt32LE(at + 1);
    }
    return true;
  }

  /** What the block holds: offsets of this class are into it. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Compares the key of an entry with another one, as memcmp. */
  compareKey(index: number, key: Buffer, start: number, end: number): number {
    return compareParts(this.#keys.bytes, this.keyStart(index), this.keyEnd(index), key, start, end);
  }

  /** The raw BSON. FORMAT_INVALID where the entry is a delete or an update. */
  document(index: number): Buffer {
    const start = this.#bodyStarts[index] ?? 0;
    const kind = this.#kinds[index];
    if (kind === entryKind.delete || kind === entryKind.updates) throw damagedBlock(start, 'there is no document here');
    return this.#bytes.subarray(start, documentEnd(this.#bytes, start, this.#bytes.length));
  }

  entry(index: number): RunEntry {
    const key = this.key(index);
    switch (this.#kinds[index]) {
      case entryKind.delete:
        return { kind: 'delete', key };
      case entryKind.updates:
        return { kind: 'update', key, updates: this.#updates(this.#bodyStarts[index] ?? 0) };
      case entryKind.keyedDocument:
        return { kind: 'put', key, document: this.document(index), keyed: true };
      case entryKind.sequencedDocument: {
        const start = this.#bodyStarts[index] ?? 0;
        const sequence = this.#bytes.subarray(start - sequenceBytes, start);
        return { kind: 'put', key, document: this.document(index), sequence };
      }
      default:
        return { kind: 'put', key, document: this.document(index) };
    }
  }

  /** The index of the entry with this key, or -1. */
  find(key: Buffer): number {
    const index = this.firstFrom(key);
    return index < this.count && this.key(index).equals(key) ? index : -1;
  }

  /**
   * The index of the first entry, `after` or later, whose key is not below this one; `count` when there is none. Looks near `after` first: who reads
   * on often goes a few entries only.
   */
  firstFrom(key: Buffer, after = 0, start = 0, end = key.length): number {
    let low = after;
    let high = this.count;
    for (let step = 1; low + step < high; step *= 2) {
      if (this.compareKey(low + step, key, start, end) >= 0) {
        high = low + step;
        break;
      }
      low += step + 1;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compareKey(middle, key, start, end) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Where the entry begins in the block; for `count`, where the last one ends. */
  entryStart(index: number): number {
    const body = this.#bodyStarts[index];
    if (body === undefined) return this.#bytes.length;
    const kind = this.#kinds[index];
    if (kind === entryKind.document) return body - 1;
    if (kind === entryKind.sequencedDocument) return body - 1 - sequenceBytes;
    return body - 5 - ((this.#keyStarts[index + 1] ?? this.#keys.length) - (this.#keyStarts[index] ?? 0));
  }

  /** How far entries from `from` on, up to `to`, fit into so many bytes: the index after the last of them. */
  fitting(from: number, to: number, room: number): number {
    const most = this.entryStart(from) + room;
    if (this.entryStart(to) <= most) return to;
    let low = from;
    let high = to - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.entryStart(middle) <= most) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Copies entries as they stand in the block. Answers their bytes. */
  copyEntries(from: number, to: number, target: Buffer, at: number): number {
    return this.#bytes.copy(target, at, this.entryStart(from), this.entryStart(to));
  }

  #updates(start: number): RunUpdate[] {
    const updates: RunUpdate[] = [];
    let at = start + 4;
    for (let left = this.#bytes.readUInt32LE(start); left > 0; left--) {
      const end = documentEnd(this.#bytes, at + 1, this.#bytes.length);
      updates.push({
        update: this.#bytes.subarray(at + 1, end),
        upsert: this.#bytes[at] === updateFlag.upsert,
      });
      at = end;
    }
    return updates;
  }

  #lastKeyIsAbove(): boolean {
    const last = this.count - 1;
    if (last === 0) return true;
    const { bytes, length } = this.#keys;
    const start = this.#keyStarts[last] ?? 0;
    return compareParts(bytes, start, length, bytes, this.#keyStarts[last - 1] ?? 0, start) > 0;
  }

  #readEntry(start: number): number {
    const bytes = this.#bytes;
    const kind = bytes[start] ?? 0;
    this.#kinds.push(kind);
    this.#keyStarts.push(this.#keys.length);
    switch (kind) {
      case entryKind.document:
        return this.#readOwnKeyed(start + 1);
      case entryKind.sequencedDocument:
        return this.#readOwnKeyed(start + 1 + sequenceBytes);
      case entryKind.keyedDocument: {
        const at = this.#readKey(start + 1);
        this.#bodyStarts.push(at);
        return documentEnd(bytes, at, bytes.length);
      }
      case entryKind.delete: {
        const at = this.#readKey(start + 1);
        this.#otherThanDocuments++;
        this.#bodyStarts.push(at);
        return at;
      }
      case entryKind.updates:
        return this.#checkUpdates(this.#readKey(start + 1));
      default:
        throw damagedBlock(start, `there is no entry kind ${kind}`);
    }
  }

  #readOwnKeyed(at: number): number {
    const end = documentEnd(this.#bytes, at, this.#bytes.length);
    appendDocumentKey(this.#keys, this.#bytes, at, end);
    this.#bodyStarts.push(at);
    return end;
  }

  #readKey(at: number): number {
    const bytes = this.#bytes;
    if (bytes.length - at < 4) throw damagedBlock(at, 'it ends inside of an entry');
    const length = bytes.readUInt32LE(at);
    if (length > bytes.length - at - 4) throw damagedBlock(at, `a key of ${length} bytes does not fit`);
    this.#keys.copy(bytes, at + 4, at + 4 + length);
    return at + 4 + length;
  }

  #checkUpdates(start: number): number {
    const bytes = this.#bytes;
    if (bytes.length - start < 4) throw damagedBlock(start, 'it ends inside of an entry');
    const count = bytes.readUInt32LE(start);
    if (count === 0) throw damagedBlock(start, 'a list of updates is empty');
    let at = start + 4;
    for (let left = count; left > 0; left--) {
      const flag = bytes[at];
      if (flag !== updateFlag.none && flag !== updateFlag.upsert) {
        throw damagedBlock(at, `there is no kind ${flag} of an update`);
      }
      at = documentEnd(bytes, at + 1, bytes.length);
    }
    this.#otherThanDocuments++;
    this.#bodyStarts.push(start);
    return at;
  }
}

export function damagedBlock(at: number, why: string): AppError {
  return new AppError('FORMAT_INVALID', `block, byte ${at}: ${why}`);
}
