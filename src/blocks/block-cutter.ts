import { documentEnd } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import { blockId, maxContentBytes, packContent, plainContent } from './block-codec.ts';
import { blockMagic, damagedBlock, entryKind, type Stretch, sequenceBytes, updateFlag } from './block-content.ts';
import { appendDocumentKey } from './document-key.ts';
import { KeyBuffer } from './key-buffer.ts';
import type { RunEntry, RunUpdate } from './ports.ts';

export interface CutterOptions {
  /** 32 bytes, the group's own. Null: the blocks are not kept, and get an empty id. */
  readonly groupKey: Uint8Array | null;
  /** A block is closed before it would pass this size (uncompressed); one larger document is a block alone. */
  readonly targetBytes?: number;
  /** zstd level; null: the content stays as it is. */
  readonly level?: number | null;
}

export interface CutBlock {
  readonly id: Buffer;
  readonly firstKey: Buffer;
  readonly lastKey: Buffer;
  readonly count: number;
  /** Before compression. */
  readonly contentBytes: number;
  /** What is stored: readBlock takes it. */
  readonly stored: Buffer;
}

/** Why this many: docs/formats/block.md. */
export const defaultTargetBytes = 1024 * 1024;

/** Very many runs are of a few small documents: room for a whole block is taken when it is needed. */
const firstBytes = 2048;

/** Cuts documents (or the entries of a delta run), which come in the order of their keys, into blocks. Holds one block in memory and allocates nothing per document. */
export class BlockCutter {
  readonly #groupKey: Uint8Array | null;
  readonly #targetBytes: number;
  readonly #level: number | null;
  /** Where blocks are closed now. */
  #closeBytes: number;
  #content: Buffer;
  #length = blockMagic.length;
  #count = 0;
  readonly #firstKey = new KeyBuffer();
  #lastKey = new KeyBuffer();
  #nextKey = new KeyBuffer();

  constructor(options: CutterOptions) {
    this.#groupKey = options.groupKey;
    this.#targetBytes = options.targetBytes ?? defaultTargetBytes;
    this.#level = options.level === undefined ? 1 : options.level;
    this.#closeBytes = this.#targetBytes;
    this.#content = Buffer.allocUnsafe(Math.min(firstBytes, this.#targetBytes));
    blockMagic.copy(this.#content);
  }

  /** Takes the document at `start`, keyed by its `_id`. Answers the block that it no longer fitted into, if it did not. */
  add(bytes: Buffer, start = 0, limit = bytes.length): CutBlock | undefined {
    const end = documentEnd(bytes, start, limit);
    this.#nextKey.length = 0;
    appendDocumentKey(this.#nextKey, bytes, start, end);
    const closed = this.#makeRoom(1 + end - start);
    this.#content[this.#length++] = entryKind.document;
    this.#addDocument(bytes, start, end);
    return closed;
  }

  /** The same under a key that is not the document's own: natural order, collections without `_id`. */
  addKeyed(key: Buffer, bytes: Buffer, start = 0, limit = bytes.length): CutBlock | undefined {
    const end = documentEnd(bytes, start, limit);
    const closed = this.#addUnder(key, entryKind.keyedDocument, end - start);
    this.#length += bytes.copy(this.#content, this.#length, start, end);
    return closed;
  }

  /** An entry of any kind. A put that is not `keyed` must stand under the key of its own `_id`. */
  addEntry(entry: RunEntry): CutBlock | undefined {
    const { kind, key, document, updates, sequence } = entry;
    if (kind === 'delete') return this.#addUnder(key, entryKind.delete, 0);
    if (kind === 'update') return this.#addUpdates(key, updates ?? []);
    if (document === undefined) throw damagedBlock(0, 'a put has no document');
    if (entry.keyed === true) return this.addKeyed(key, document);
    const end = documentEnd(document, 0, document.length);
    this.#nextKey.length = 0;
    appendDocumentKey(this.#nextKey, document, 0, end);
    if (!this.#nextKey.written.equals(key)) throw damagedBlock(0, 'a put stands under the key of another document');
    if (sequence !== undefined && sequence.length !== sequenceBytes) {
      throw damagedBlock(0, `a place in natural order has ${sequence.length} bytes`);
    }
    const closed = this.#makeRoom(1 + (sequence?.length ?? 0) + end);
    this.#content[this.#length++] = sequence === undefined ? entryKind.document : entryKind.sequencedDocument;
    if (sequence !== undefined) this.#length += sequence.copy(this.#content, this.#length);
    this.#addDocument(document, 0, end);
    return closed;
  }

  /** Takes entries of a block that was read, and checked, before: many at a time, as they stand. Answers the blocks that were closed. */
  addStretch({ content, from, to }: Stretch): CutBlock[] {
    const closed: CutBlock[] = [];
    for (let at = from; at < to; ) {
      this.#keyIs(content.key(at));
      const block = this.#makeRoom(content.entryStart(at + 1) - content.entryStart(at));
      if (block !== undefined) closed.push(block);
      const next = Math.max(at + 1, content.fitting(at, to, this.#closeBytes - this.#length));
      this.#grow(content.entryStart(next) - content.entryStart(at));
      this.#length += content.copyEntries(at, next, this.#content, this.#length);
      this.#countEntry();
      if (next > at + 1) {
        this.#keyIs(content.key(next - 1));
        this.#count += next - at - 2;
        this.#countEntry();
      }
      at = next;
    }
    return closed;
  }

  /** Closes blocks before they would pass this size, until another one is given; undefined: the target. Never above the target. */
  closeAt(bytes: number | undefined): void {
    this.#closeBytes = Math.min(bytes ?? this.#targetBytes, this.#targetBytes);
  }

  /** Bytes of the block that is open. */
  get openBytes(): number {
    return this.#count === 0 ? 0 : this.#length;
  }

  /** The block that is open, if it holds anything. The order of keys goes on over it. */
  finish(): CutBlock | undefined {
    if (this.#count === 0) return undefined;
    const content = this.#content.subarray(0, this.#length);
    const block: CutBlock = {
      id: this.#groupKey === null ? Buffer.alloc(0) : blockId(content, this.#groupKey),
      firstKey: this.#firstKey.slice(),
      lastKey: this.#lastKey.slice(),
      count: this.#count,
      contentBytes: content.length,
      stored: this.#level === null ? plainContent(content) : packContent(content, this.#level),
    };
    this.#length = blockMagic.length;
    this.#count = 0;
    // A document of 16 MiB must not keep its memory for the rest of the collection.
    if (this.#content.length > this.#targetBytes * 4) {
      this.#content = Buffer.allocUnsafe(this.#targetBytes);
      blockMagic.copy(this.#content);
    }
    return block;
  }

  #addUpdates(key: Buffer, updates: readonly RunUpdate[]): CutBlock | undefined {
    if (updates.length === 0) throw damagedBlock(0, 'a list of updates is empty');
    let bodyBytes = 4;
    for (const { update } of updates) {
      if (documentEnd(update, 0, update.length) !== update.length) throw damagedBlock(0, 'bytes follow an update');
      bodyBytes += 1 + update.length;
    }
    const closed = this.#addUnder(key, entryKind.updates, bodyBytes);
    this.#length = this.#content.writeUInt32LE(updates.length, this.#length);
    for (const { update, upsert } of updates) {
      this.#content[this.#length++] = upsert ? updateFlag.upsert : updateFlag.none;
      this.#length += update.copy(this.#content, this.#length);
    }
    return closed;
  }

  /** Kind and key of an entry, and room for the body that follows. */
  #addUnder(key: Buffer, kind: number, bodyBytes: number): CutBlock | undefined {
    this.#keyIs(key);
    const closed = this.#makeRoom(5 + key.length + bodyBytes);
    this.#content[this.#length++] = kind;
    this.#length = this.#content.writeUInt32LE(key.length, this.#length);
    this.#length += key.copy(this.#content, this.#length);
    this.#countEntry();
    return closed;
  }

  #makeRoom(entryBytes: number): CutBlock | undefined {
    if (this.#nextKey.compare(this.#lastKey) <= 0) {
      throw new AppError('FORMAT_INVALID', 'the documents do not come in strictly increasing order of their keys', {
        details: { before: shownKey(this.#lastKey.written), key: shownKey(this.#nextKey.written) },
      });
    }
    if (entryBytes > maxContentBytes - blockMagic.length) {
      throw new AppError('FORMAT_INVALID', `an entry of ${entryBytes} bytes is larger than a block may be`);
    }
    const closed = this.#length + entryBytes > this.#closeBytes ? this.finish() : undefined;
    this.#grow(entryBytes);
    return closed;
  }

  #grow(bytes: number): void {
    if (this.#length + bytes <= this.#content.length) return;
    const least = Math.min(this.#content.length * 4, this.#targetBytes);
    const grown = Buffer.allocUnsafe(Math.max(this.#length + bytes, least));
    this.#content.copy(grown, 0, 0, this.#length);
    this.#content = grown;
  }

  #keyIs(key: Buffer): void {
    this.#nextKey.length = 0;
    this.#nextKey.copy(key, 0, key.length);
  }

  #addDocument(bytes: Buffer, start: number, end: number): void {
    this.#length += bytes.copy(this.#content, this.#length, start, end);
    this.#countEntry();
  }

  #countEntry(): void {
    if (this.#count++ === 0) {
      this.#firstKey.length = 0;
      this.#firstKey.copy(this.#nextKey.bytes, 0, this.#nextKey.length);
    }
    [this.#lastKey, this.#nextKey] = [this.#nextKey, this.#lastKey];
  }
}

/** A key for a message: its beginning is enough. */
export function shownKey(key: Buffer): string {
  return key.length > 64 ? `${key.toString('hex', 0, 64)}…` : key.toString('hex');
}

/** Batches of raw documents, in the order of their keys, as blocks: one batch and one block are in memory at a time. */
export async function* cutBlocks(
  batches: AsyncIterable<readonly Buffer[]>,
  options: CutterOptions,
): AsyncGenerator<CutBlock, void, void> {
  const cutter = new BlockCutter(options);
  for await (const batch of batches) {
    for (const document of batch) {
      const block = cutter.add(document);
      if (block !== undefined) yield block;
    }
  }
  const last = cutter.finish();
  if (last !== undefined) yield last;
}
