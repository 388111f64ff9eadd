import { documentEnd } from '../model/bson-walk.ts';
import { AppError } from '../runtime/errors.ts';
import { blockId, maxContentBytes, packContent } from './block-codec.ts';
import { blockMagic, entryKind } from './block-content.ts';
import { appendDocumentKey } from './document-key.ts';
import { KeyBuffer } from './key-buffer.ts';

export interface CutterOptions {
  /** 32 bytes, the group's own. */
  readonly groupKey: Uint8Array;
  /** A block is closed before it would pass this size (uncompressed); one larger document is a block alone. */
  readonly targetBytes?: number;
  /** zstd level. */
  readonly level?: number;
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

const defaultTargetBytes = 256 * 1024;

/** Cuts documents, which come in the order of their keys, into blocks. Holds one block in memory and allocates nothing per document. */
export class BlockCutter {
  readonly #groupKey: Uint8Array;
  readonly #targetBytes: number;
  readonly #level: number;
  #content: Buffer;
  #length = blockMagic.length;
  #count = 0;
  readonly #firstKey = new KeyBuffer();
  #lastKey = new KeyBuffer();
  #nextKey = new KeyBuffer();

  constructor(options: CutterOptions) {
    this.#groupKey = options.groupKey;
    this.#targetBytes = options.targetBytes ?? defaultTargetBytes;
    this.#level = options.level ?? 1;
    this.#content = Buffer.allocUnsafe(this.#targetBytes);
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
    this.#nextKey.length = 0;
    this.#nextKey.copy(key, 0, key.length);
    const closed = this.#makeRoom(5 + key.length + end - start);
    this.#content[this.#length++] = entryKind.keyedDocument;
    this.#length = this.#content.writeUInt32LE(key.length, this.#length);
    this.#length += key.copy(this.#content, this.#length);
    this.#addDocument(bytes, start, end);
    return closed;
  }

  /** The block that is open, if it holds anything. The order of keys goes on over it. */
  finish(): CutBlock | undefined {
    if (this.#count === 0) return undefined;
    const content = this.#content.subarray(0, this.#length);
    const block: CutBlock = {
      id: blockId(content, this.#groupKey),
      firstKey: this.#firstKey.slice(),
      lastKey: this.#lastKey.slice(),
      count: this.#count,
      contentBytes: content.length,
      stored: packContent(content, this.#level),
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

  #makeRoom(entryBytes: number): CutBlock | undefined {
    if (this.#nextKey.compare(this.#lastKey) <= 0) {
      throw new AppError('FORMAT_INVALID', 'the documents do not come in strictly increasing order of their keys', {
        details: { before: this.#lastKey.written.toString('hex'), key: this.#nextKey.written.toString('hex') },
      });
    }
    if (entryBytes > maxContentBytes - blockMagic.length) {
      throw new AppError('FORMAT_INVALID', `a document of ${entryBytes} bytes is larger than a block may be`);
    }
    const closed = this.#length + entryBytes > this.#targetBytes ? this.finish() : undefined;
    if (this.#length + entryBytes > this.#content.length) {
      const grown = Buffer.allocUnsafe(this.#length + entryBytes);
      this.#content.copy(grown, 0, 0, this.#length);
      this.#content = grown;
    }
    return closed;
  }

  #addDocument(bytes: Buffer, start: number, end: number): void {
    this.#length += bytes.copy(this.#content, this.#length, start, end);
    if (this.#count++ === 0) {
      this.#firstKey.length = 0;
      this.#firstKey.copy(this.#nextKey.bytes, 0, this.#nextKey.length);
    }
    [this.#lastKey, this.#nextKey] = [this.#nextKey, this.#lastKey];
  }
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
