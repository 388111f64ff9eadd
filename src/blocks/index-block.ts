import { AppError } from '../runtime/errors.ts';
import { blockId, maxContentBytes, packContent, readContent } from './block-codec.ts';
import type { CutBlock } from './block-cutter.ts';
import type { BlockRef } from './ports.ts';

/** An index block names the blocks of a run one level below it, in the order of their keys: docs/formats/run.md. */
const indexMagic = Buffer.from('LWI\x01', 'latin1');
const headerBytes = indexMagic.length + 1;
const idBytes = 32;
const numberBytes = 6;
const fixedBytes = 4 + 4 + idBytes + 3 * numberBytes;
/** Instead of a length: the last key is the first one. A key of this length fits into no block. */
const sameKey = 0xffff_ffff;
/** About 700 blocks of a run keyed by ObjectId: two levels name 128 GB of documents. */
const defaultTargetBytes = 64 * 1024;

export interface IndexCutterOptions {
  readonly groupKey: Uint8Array;
  /** An index block is closed before it would pass this size, but never with less than two entries. */
  readonly targetBytes?: number;
  readonly zstdLevel?: number;
}

/** Cuts the entries of one level into index blocks. */
export class IndexCutter {
  readonly #options: IndexCutterOptions;
  readonly #level: number;
  readonly #targetBytes: number;
  #parts: Buffer[] = [];
  #length = headerBytes;
  #first: BlockRef | undefined;
  #last: BlockRef | undefined;
  #entries = 0;
  #count = 0;
  #contentBytes = 0;
  #storedBytes = 0;

  /** `level` 1 names data blocks, each one above names index blocks of the level below. */
  constructor(level: number, options: IndexCutterOptions) {
    this.#level = level;
    this.#options = options;
    this.#targetBytes = options.targetBytes ?? defaultTargetBytes;
  }

  /** Answers the block that this entry no longer fitted into, if it did not. Order is the caller's to check. */
  add(ref: BlockRef): ClosedIndex | undefined {
    const entry = packRef(ref);
    const full = this.#entries >= 2 && this.#length + entry.length > this.#targetBytes;
    const closed = full ? this.finish() : undefined;
    if (this.#length + entry.length > maxContentBytes) {
      throw new AppError('FORMAT_INVALID', `the keys of a collection are too long for an index: ${entry.length} bytes`);
    }
    this.#parts.push(entry);
    this.#length += entry.length;
    this.#first ??= ref;
    this.#last = ref;
    this.#entries++;
    this.#count += ref.count;
    this.#contentBytes += ref.contentBytes;
    this.#storedBytes += ref.storedBytes;
    return closed;
  }

  /** The block that is open, if it holds anything. */
  finish(): ClosedIndex | undefined {
    if (this.#first === undefined || this.#last === undefined) return undefined;
    const header = Buffer.concat([indexMagic, Buffer.from([this.#level])]);
    const content = Buffer.concat([header, ...this.#parts], this.#length);
    const id = blockId(content, this.#options.groupKey);
    const ref: BlockRef = {
      id,
      firstKey: this.#first.firstKey,
      lastKey: this.#last.lastKey,
      count: this.#count,
      contentBytes: this.#contentBytes,
      storedBytes: this.#storedBytes,
    };
    this.#parts = [];
    this.#length = headerBytes;
    this.#first = undefined;
    this.#last = undefined;
    this.#entries = 0;
    this.#count = 0;
    this.#contentBytes = 0;
    this.#storedBytes = 0;
    return { ref, stored: packContent(content, this.#options.zstdLevel ?? 3) };
  }
}

/** An index block, and how the level above names it: its sums are those of the data blocks below it. */
export interface ClosedIndex {
  readonly ref: BlockRef;
  readonly stored: Buffer;
}

/** How a run names a block that was cut. */
export function refOf(block: CutBlock): BlockRef {
  const { id, firstKey, lastKey, count, contentBytes, stored } = block;
  return { id, firstKey, lastKey, count, contentBytes, storedBytes: stored.length };
}

function packRef(ref: BlockRef): Buffer {
  const same = ref.firstKey.equals(ref.lastKey);
  const entry = Buffer.allocUnsafe(fixedBytes + ref.firstKey.length + (same ? 0 : ref.lastKey.length));
  let at = entry.writeUInt32LE(ref.firstKey.length, 0);
  at += ref.firstKey.copy(entry, at);
  at = entry.writeUInt32LE(same ? sameKey : ref.lastKey.length, at);
  if (!same) at += ref.lastKey.copy(entry, at);
  at += ref.id.copy(entry, at);
  at = entry.writeUIntLE(ref.count, at, numberBytes);
  at = entry.writeUIntLE(ref.contentBytes, at, numberBytes);
  entry.writeUIntLE(ref.storedBytes, at, numberBytes);
  return entry;
}

/** An index block that was read. Entries share memory with it. */
export class IndexContent {
  readonly level: number;
  /** Bytes of memory that it keeps. */
  readonly size: number;
  readonly #bytes: Buffer;
  readonly #starts: number[] = [];

  /** Parses and checks lengths and order. FORMAT_INVALID otherwise. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    if (bytes.length < headerBytes || !bytes.subarray(0, indexMagic.length).equals(indexMagic)) {
      throw damagedIndex(0, 'it does not begin as an index block of a known version');
    }
    this.level = bytes[indexMagic.length] ?? 0;
    if (this.level === 0) throw damagedIndex(indexMagic.length, 'there is no level 0');
    let at = headerBytes;
    while (at < bytes.length) at = this.#check(at);
    if (this.count === 0) throw damagedIndex(at, 'it names nothing');
    this.size = bytes.length + this.count * 8;
  }

  get count(): number {
    return this.#starts.length;
  }

  ref(index: number): BlockRef {
    const bytes = this.#bytes;
    const { firstKey, lastKey, after } = this.#keys(this.#starts[index] ?? 0);
    const numbers = after + idBytes;
    return {
      id: bytes.subarray(after, numbers),
      firstKey,
      lastKey,
      count: bytes.readUIntLE(numbers, numberBytes),
      contentBytes: bytes.readUIntLE(numbers + numberBytes, numberBytes),
      storedBytes: bytes.readUIntLE(numbers + 2 * numberBytes, numberBytes),
    };
  }

  /** The first entry whose last key is not below this one; `count` when all are. */
  firstReaching(key: Buffer): number {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (Buffer.compare(this.#keys(this.#starts[middle] ?? 0).lastKey, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #keys(start: number): { firstKey: Buffer; lastKey: Buffer; after: number } {
    const bytes = this.#bytes;
    const firstEnd = start + 4 + bytes.readUInt32LE(start);
    const firstKey = bytes.subarray(start + 4, firstEnd);
    const lastLength = bytes.readUInt32LE(firstEnd);
    if (lastLength === sameKey) return { firstKey, lastKey: firstKey, after: firstEnd + 4 };
    const lastKey = bytes.subarray(firstEnd + 4, firstEnd + 4 + lastLength);
    return { firstKey, lastKey, after: firstEnd + 4 + lastLength };
  }

  #check(start: number): number {
    const end = this.#endOf(start);
    const { firstKey, lastKey } = this.#keys(start);
    if (Buffer.compare(firstKey, lastKey) > 0) throw damagedIndex(start, 'the last key of a block is below its first');
    const before = this.#starts.at(-1);
    if (before !== undefined && Buffer.compare(this.#keys(before).lastKey, firstKey) >= 0) {
      throw damagedIndex(start, 'two blocks overlap');
    }
    this.#starts.push(start);
    if (this.ref(this.count - 1).count === 0) throw damagedIndex(start, 'a block holds nothing');
    return end;
  }

  #endOf(start: number): number {
    const bytes = this.#bytes;
    const room = bytes.length - start - fixedBytes;
    if (room < 0) throw damagedIndex(start, 'it ends inside of an entry');
    const firstLength = bytes.readUInt32LE(start);
    if (firstLength > room) throw damagedIndex(start, `a key of ${firstLength} bytes does not fit`);
    const lastLength = bytes.readUInt32LE(start + 4 + firstLength);
    if (lastLength === sameKey) return start + fixedBytes + firstLength;
    if (lastLength > room - firstLength) throw damagedIndex(start, `a key of ${lastLength} bytes does not fit`);
    return start + fixedBytes + firstLength + lastLength;
  }
}

/** The index block with this id. FORMAT_INVALID when it is damaged or of another group. */
export function readIndexBlock(stored: Buffer, id: Uint8Array, groupKey: Uint8Array): IndexContent {
  return new IndexContent(readContent(stored, id, groupKey));
}

function damagedIndex(at: number, why: string): AppError {
  return new AppError('FORMAT_INVALID', `index block, byte ${at}: ${why}`);
}
