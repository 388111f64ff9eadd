import { AppError } from '../runtime/errors.ts';
import type { BlockContent, Stretch } from './block-content.ts';
import { BlockCutter, type CutBlock, defaultTargetBytes, shownKey } from './block-cutter.ts';
import { IndexCutter, refOf } from './index-block.ts';
import type { BlockRef, BlockSink, RunEntry, RunInfo } from './ports.ts';

export interface RunWriterOptions {
  /** 32 bytes, the group's own. */
  readonly groupKey: Uint8Array;
  /** Of data blocks and of index blocks, uncompressed. */
  readonly targetBytes?: number;
  readonly indexTargetBytes?: number;
  /** zstd level of data blocks. */
  readonly zstdLevel?: number;
}

/**
 * Writes a run (docs/formats/run.md): entries and ready blocks, all in strictly increasing order of their keys. Holds one open block
 * of data and one of each level of the index. Calls must not overlap: wait for each.
 */
export class RunWriter {
  readonly #sink: BlockSink;
  readonly #options: RunWriterOptions;
  readonly #cutter: BlockCutter;
  readonly #levels: IndexCutter[] = [];
  #lastKey: Buffer | undefined;
  #entries = 0;
  #blocks = 0;
  #contentBytes = 0;
  #storedBytes = 0;

  constructor(sink: BlockSink, options: RunWriterOptions) {
    this.#sink = sink;
    this.#options = options;
    const { groupKey, targetBytes, zstdLevel } = options;
    this.#cutter = new BlockCutter({
      groupKey,
      ...(targetBytes === undefined ? {} : { targetBytes }),
      ...(zstdLevel === undefined ? {} : { level: zstdLevel }),
    });
  }

  /**
   * Takes an entry. Most calls only copy it and answer undefined; wait when there is something to wait for.
   * @throws FORMAT_INVALID when its key is not above the one before
   */
  add(entry: RunEntry): Promise<void> | undefined {
    const block = this.#cutter.addEntry(entry);
    return block === undefined ? undefined : this.#put(block);
  }

  /** Takes entries of a block that was read, many at a time. @throws FORMAT_INVALID when the first is not above the one before */
  async addStretch(stretch: Stretch): Promise<void> {
    for (const block of this.#cutter.addStretch(stretch)) await this.#put(block);
  }

  /**
   * Takes a block that rests in the sink's store already: nothing of it is read or written.
   * @throws FORMAT_INVALID when it overlaps what came before
   */
  async addRef(ref: BlockRef): Promise<void> {
    await this.#closeBlock();
    await this.#place(ref);
  }

  /**
   * Takes a ready block as `addRef` does, unless that would leave a small block before it or it is small itself: then its entries are taken. So runs
   * that are merged again and again keep blocks of a good size, and at most one block beside each change is written anew.
   */
  async addBlock(ref: BlockRef, open: () => Promise<BlockContent>): Promise<void> {
    const target = this.#options.targetBytes ?? defaultTargetBytes;
    const openBytes = this.#cutter.openBytes;
    const isSmall = ref.contentBytes < target / 2;
    if (!isSmall && (openBytes === 0 || openBytes >= target / 2)) return await this.addRef(ref);
    const both = openBytes + ref.contentBytes;
    // Two blocks of one size, not a full one and what is left over.
    if (!isSmall && both > target) this.#cutter.closeAt(Math.ceil(both / 2 + target / 16));
    try {
      await this.#addAll(await open());
      if (!isSmall) await this.#closeBlock();
    } finally {
      this.#cutter.closeAt(undefined);
    }
  }

  async #addAll(content: BlockContent): Promise<void> {
    if (content.holdsDocumentsAlone) {
      return await this.addStretch({ kind: 'stretch', content, from: 0, to: content.count });
    }
    for (let index = 0; index < content.count; index++) {
      const wait = this.add(content.entry(index));
      if (wait !== undefined) await wait;
    }
  }

  /** Ends the block of entries that is open. */
  async #closeBlock(): Promise<void> {
    const open = this.#cutter.finish();
    if (open !== undefined) await this.#put(open);
  }

  /** Writes what is open and answers what the run is known by. */
  async finish(): Promise<RunInfo> {
    await this.#closeBlock();
    const root = await this.#closeLevels();
    return {
      root,
      levels: this.#levels.length,
      entries: this.#entries,
      blocks: this.#blocks,
      contentBytes: this.#contentBytes,
      storedBytes: this.#storedBytes,
    };
  }

  async #put(block: CutBlock): Promise<void> {
    await this.#sink.put(block.id, block.stored);
    await this.#place(refOf(block));
  }

  async #place(ref: BlockRef): Promise<void> {
    const before = this.#lastKey;
    if (before !== undefined && Buffer.compare(before, ref.firstKey) >= 0) throw overlap(before, ref.firstKey);
    if (Buffer.compare(ref.firstKey, ref.lastKey) > 0) throw overlap(ref.firstKey, ref.lastKey);
    this.#lastKey = Buffer.from(ref.lastKey);
    this.#entries += ref.count;
    this.#blocks++;
    this.#contentBytes += ref.contentBytes;
    this.#storedBytes += ref.storedBytes;
    await this.#index(0, ref);
  }

  async #index(level: number, ref: BlockRef): Promise<void> {
    const { groupKey, indexTargetBytes } = this.#options;
    this.#levels[level] ??= new IndexCutter(level + 1, {
      groupKey,
      ...(indexTargetBytes === undefined ? {} : { targetBytes: indexTargetBytes }),
    });
    const closed = this.#levels[level].add(ref);
    if (closed === undefined) return;
    await this.#sink.put(closed.ref.id, closed.stored);
    await this.#index(level + 1, closed.ref);
  }

  async #closeLevels(): Promise<Buffer | null> {
    // Closing one level may begin another one above it.
    for (let level = 0; level < this.#levels.length; level++) {
      const closed = this.#levels[level]?.finish();
      if (closed === undefined) continue;
      await this.#sink.put(closed.ref.id, closed.stored);
      if (level === this.#levels.length - 1) return closed.ref.id;
      await this.#index(level + 1, closed.ref);
    }
    return null;
  }
}

function overlap(before: Buffer, key: Buffer): AppError {
  return new AppError('FORMAT_INVALID', 'the blocks of a run do not come in strictly increasing order of their keys', {
    details: { before: shownKey(before), key: shownKey(key) },
  });
}
