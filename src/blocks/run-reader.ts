import { AppError } from '../runtime/errors.ts';
import { readBlock, unpackContent } from './block-codec.ts';
import { BlockContent } from './block-content.ts';
import { type IndexContent, readIndexBlock } from './index-block.ts';
import { IndexCache } from './index-cache.ts';
import type { BlockRef, BlockSource, RunEntry, RunInfo } from './ports.ts';
import { readAhead, type StoredRef } from './read-ahead.ts';

export interface RunReaderOptions {
  readonly groupKey: Uint8Array;
  /** Index blocks that were read; give several readers the same one to bound them together. */
  readonly cache?: IndexCache;
  /**
   * Data blocks are not hashed again when they are opened: their envelope binds them to their ids, which were proved when they were taken in. For what is
   * only read, at speed; what is written anew from them, and checks, want the proof.
   */
  readonly trustsEnvelopes?: boolean;
}

/** A data block of a run, with the place that the index gives it. */
export interface ReadBlock {
  readonly ref: BlockRef;
  readonly content: BlockContent;
}

/** Reads a run. Every block is checked against its id (see trustsEnvelopes), and against what the index says of it: FORMAT_INVALID otherwise. */
export class RunReader {
  readonly #source: BlockSource;
  readonly #run: Pick<RunInfo, 'root' | 'levels'>;
  readonly #groupKey: Uint8Array;
  readonly #cache: IndexCache;
  readonly #trustsEnvelopes: boolean;

  constructor(source: BlockSource, run: Pick<RunInfo, 'root' | 'levels'>, options: RunReaderOptions) {
    this.#source = source;
    this.#run = run;
    this.#groupKey = options.groupKey;
    this.#cache = options.cache ?? new IndexCache();
    this.#trustsEnvelopes = options.trustsEnvelopes === true;
  }

  /** Data blocks in the order of their keys; with `afterKey` those alone that hold a key above it (the first may hold others too). */
  refs(afterKey?: Buffer): AsyncGenerator<BlockRef, void, void> {
    return this.refsBetween(afterKey === undefined ? undefined : keyAfter(afterKey));
  }

  /** Data blocks that may hold keys from `from` (included) to `to` (not). None of them is read. */
  async *refsBetween(from?: Buffer, to?: Buffer): AsyncGenerator<BlockRef, void, void> {
    const { root, levels } = this.#run;
    if (root === null) return;
    for await (const ref of this.#refsBelow(await this.#index(root, levels), from)) {
      if (to !== undefined && Buffer.compare(ref.firstKey, to) >= 0) return;
      yield ref;
    }
  }

  /** The same, with what is stored of them: a few are read before they are asked for. */
  storedBetween(from?: Buffer, to?: Buffer): AsyncGenerator<StoredRef, void, void> {
    return readAhead(this.#source, this.refsBetween(from, to));
  }

  /** Data blocks that may hold keys from `from` (included) to `to` (not), read a few at a time. */
  async *blocks(from?: Buffer, to?: Buffer): AsyncGenerator<ReadBlock, void, void> {
    for await (const { ref, stored } of this.storedBetween(from, to)) {
      yield { ref, content: this.open(ref, stored) };
    }
  }

  /** Entries with keys from `from` (included) to `to` (not), in order. Each is valid until the next is asked for. */
  async *entries(from?: Buffer, to?: Buffer): AsyncGenerator<RunEntry, void, void> {
    for await (const { content } of this.blocks(from, to)) {
      const end = to === undefined ? content.count : content.firstFrom(to);
      for (let index = from === undefined ? 0 : content.firstFrom(from); index < end; index++) {
        yield content.entry(index);
      }
    }
  }

  /** The entry with this key: one block of each level of the index and one of data are read, less what the cache holds. */
  async get(key: Buffer): Promise<RunEntry | undefined> {
    const ref = await this.#find(key);
    if (ref === undefined) return undefined;
    const content = this.open(ref, await this.stored(ref));
    const index = content.find(key);
    return index < 0 ? undefined : content.entry(index);
  }

  /** Ids of all blocks of the run, index blocks first. Data blocks are not read. */
  async *blockIds(): AsyncGenerator<Buffer, void, void> {
    const { root, levels } = this.#run;
    if (root === null) return;
    yield root;
    yield* this.#idsBelow(await this.#index(root, levels));
  }

  /** A data block as it is stored. */
  stored(ref: BlockRef): Promise<Buffer> {
    return this.#source.read(ref.id);
  }

  /** The content of a data block that was read otherwise. */
  open(ref: BlockRef, stored: Buffer): BlockContent {
    const content = this.#trustsEnvelopes
      ? new BlockContent(unpackContent(stored))
      : readBlock(stored, ref.id, this.#groupKey);
    const { count } = content;
    if (count !== ref.count || !content.key(0).equals(ref.firstKey) || !content.key(count - 1).equals(ref.lastKey)) {
      throw disagrees(ref.id, 'a data block holds other keys than its index says');
    }
    return content;
  }

  async *#refsBelow(index: IndexContent, from: Buffer | undefined): AsyncGenerator<BlockRef, void, void> {
    for (let at = from === undefined ? 0 : index.firstReaching(from); at < index.count; at++) {
      const ref = index.ref(at);
      if (index.level === 1) yield ref;
      else yield* this.#refsBelow(await this.#child(ref, index.level - 1), from);
    }
  }

  async *#idsBelow(index: IndexContent): AsyncGenerator<Buffer, void, void> {
    for (let at = 0; at < index.count; at++) {
      const ref = index.ref(at);
      yield ref.id;
      if (index.level > 1) yield* this.#idsBelow(await this.#child(ref, index.level - 1));
    }
  }

  async #find(key: Buffer): Promise<BlockRef | undefined> {
    const { root, levels } = this.#run;
    if (root === null) return undefined;
    let index = await this.#index(root, levels);
    for (;;) {
      const at = index.firstReaching(key);
      if (at === index.count) return undefined;
      const ref = index.ref(at);
      if (Buffer.compare(ref.firstKey, key) > 0) return undefined;
      if (index.level === 1) return ref;
      index = await this.#child(ref, index.level - 1);
    }
  }

  async #child(ref: BlockRef, level: number): Promise<IndexContent> {
    const index = await this.#index(ref.id, level);
    if (!index.ref(0).firstKey.equals(ref.firstKey) || !index.ref(index.count - 1).lastKey.equals(ref.lastKey)) {
      throw disagrees(ref.id, 'an index block names other keys than the one above it says');
    }
    return index;
  }

  async #index(id: Buffer, level: number): Promise<IndexContent> {
    let index = this.#cache.get(id);
    if (index === undefined) {
      index = readIndexBlock(await this.#source.read(id), id, this.#groupKey);
      this.#cache.add(id, index);
    }
    if (index.level !== level) throw disagrees(id, `an index block has level ${index.level}, not ${level}`);
    return index;
  }
}

/** The lowest string of bytes above a key: no key is the beginning of another one. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.alloc(1)]);
}

function disagrees(id: Buffer, why: string): AppError {
  return new AppError('FORMAT_INVALID', `run: ${why} (${id.toString('hex')})`);
}
