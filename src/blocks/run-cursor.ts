import { AppError } from '../runtime/errors.ts';
import type { BlockContent, Stretch } from './block-content.ts';
import type { VersionPlace } from './combine.ts';
import { compareKeys, compareParts } from './compare-keys.ts';
import type { BlockRef } from './ports.ts';
import type { RunReader } from './run-reader.ts';

/** One of the runs that are merged. */
export interface MergeInput {
  readonly reader: RunReader;
  /** Updates of documents that are not there are ignored (deltas from before a scan's end). */
  readonly lenient: boolean;
  /** Holds documents alone: its blocks need not be opened to know that. */
  readonly base: boolean;
}

/** Keys from `from` (included) to `to` (not). */
export interface KeyRange {
  readonly from?: Buffer | undefined;
  readonly to?: Buffer | undefined;
}

/** A data block that a cursor stands at the beginning of. */
export interface CursorBlock {
  readonly ref: BlockRef;
  /** When the cursor reads ahead. */
  readonly stored: Buffer | undefined;
}

/** A place in a run, which moves forward. At the beginning of a block it knows the key from the index, and opens the block only when asked to. */
export class RunCursor {
  readonly input: MergeInput;
  /** Higher is newer. */
  readonly age: number;
  readonly #range: KeyRange;
  readonly #blocks: AsyncGenerator<CursorBlock, void, void>;
  #block: CursorBlock | undefined;
  #content: BlockContent | undefined;
  #index = 0;
  #end = 0;
  /** The key of the entry that it stands at: a part of these bytes. Undefined at the end. */
  #keyBytes: Buffer | undefined;
  #keyStart = 0;
  #keyEnd = 0;

  constructor(input: MergeInput, age: number, range: KeyRange, readsAhead: boolean) {
    this.input = input;
    this.age = age;
    this.#range = range;
    const { reader } = input;
    this.#blocks = readsAhead ? reader.storedBetween(range.from, range.to) : refsAlone(reader, range);
  }

  /** The block whose first entry it stands at, when all of it lies within the range. */
  get wholeBlock(): CursorBlock | undefined {
    if (this.#index !== 0 || this.#block === undefined) return undefined;
    const { to } = this.#range;
    return to === undefined || compareKeys(this.#block.ref.lastKey, to) < 0 ? this.#block : undefined;
  }

  get hasEnded(): boolean {
    return this.#keyBytes === undefined;
  }

  get isOpen(): boolean {
    return this.#content !== undefined;
  }

  /** The block that it stands in, as it is stored. */
  async stored(): Promise<Buffer> {
    const { ref, stored } = this.#standing();
    return stored ?? (await this.input.reader.stored(ref));
  }

  /** Content of the block that it stands in. */
  async open(): Promise<BlockContent> {
    if (this.#content === undefined) {
      const stored = await this.stored();
      this.#content = this.input.reader.open(this.#standing().ref, stored);
    }
    const { to } = this.#range;
    this.#end = to === undefined ? this.#content.count : this.#content.firstFrom(to);
    return this.#content;
  }

  /** Where it stands; it was opened. */
  place(): VersionPlace {
    if (this.#content === undefined) throw new AppError('INTERNAL', 'a block of a run was read before it was opened');
    return { content: this.#content, index: this.#index, lenient: this.input.lenient };
  }

  /** Does it stand at the same key? */
  standsAt({ content, index }: VersionPlace): boolean {
    const key = this.#keyBytes;
    return key !== undefined && content.compareKey(index, key, this.#keyStart, this.#keyEnd) === 0;
  }

  /** As memcmp of the key that it stands at and another one; at the end it is above all. */
  compareKey(other: Buffer, start = 0, end = other.length): number {
    const key = this.#keyBytes;
    return key === undefined ? 1 : compareParts(key, this.#keyStart, this.#keyEnd, other, start, end);
  }

  /** In the order of keys; of two at one key the newer comes first. None of them has ended. */
  isBefore(other: RunCursor): boolean {
    const key = other.#keyBytes;
    const order = key === undefined ? -1 : this.compareKey(key, other.#keyStart, other.#keyEnd);
    return order === 0 ? this.age > other.age : order < 0;
  }

  /** Entries from where it stands to the first that is not below where the other one stands (undefined: to the end of the block), when all of its block are documents. */
  stretchBelow(other: RunCursor | undefined): Stretch | undefined {
    const content = this.#content;
    if (content?.holdsDocumentsAlone !== true) return undefined;
    const to = other === undefined ? this.#end : Math.min(this.#end, other.#firstIn(content, this.#index));
    return to <= this.#index ? undefined : { kind: 'stretch', content, from: this.#index, to };
  }

  /** The index of the first entry, `after` or later, that is not below where this one stands. */
  #firstIn(content: BlockContent, after: number): number {
    const key = this.#keyBytes;
    return key === undefined ? content.count : content.firstFrom(key, after, this.#keyStart, this.#keyEnd);
  }

  /** To the entry after a stretch. Waits only at the end of a block. */
  pass({ to }: Stretch): Promise<void> | undefined {
    this.#index = to - 1;
    return this.advance();
  }

  /** To the next entry. Waits only at the end of a block. */
  advance(): Promise<void> | undefined {
    this.#index++;
    if (this.#content === undefined || this.#index >= this.#end) return this.nextBlock();
    this.#standAt(this.#content);
    return undefined;
  }

  /** To the first entry of the next block (at first: to the first entry of the range). */
  async nextBlock(): Promise<void> {
    const next = await this.#blocks.next();
    this.#content = undefined;
    this.#index = 0;
    this.#block = next.done === true ? undefined : next.value;
    const firstKey = this.#block?.ref.firstKey;
    this.#keyBytes = firstKey;
    this.#keyStart = 0;
    this.#keyEnd = firstKey?.length ?? 0;
    const { from } = this.#range;
    if (firstKey === undefined || from === undefined || compareKeys(firstKey, from) >= 0) return;
    const content = await this.open();
    this.#index = content.firstFrom(from);
    if (this.#index >= this.#end) return this.nextBlock();
    this.#standAt(content);
  }

  #standAt(content: BlockContent): void {
    this.#keyBytes = content.keyBytes;
    this.#keyStart = content.keyStart(this.#index);
    this.#keyEnd = content.keyEnd(this.#index);
  }

  #standing(): CursorBlock {
    if (this.#block === undefined) throw new AppError('INTERNAL', 'a run was read past its end');
    return this.#block;
  }

  async close(): Promise<void> {
    await this.#blocks.return();
  }
}

async function* refsAlone(reader: RunReader, { from, to }: KeyRange): AsyncGenerator<CursorBlock, void, void> {
  for await (const ref of reader.refsBetween(from, to)) yield { ref, stored: undefined };
}

/** Cursors by key; of those at one key the newest comes first. A binary heap. */
export class CursorHeap {
  readonly #items: RunCursor[] = [];

  get top(): RunCursor | undefined {
    return this.#items[0];
  }

  /** The lowest of all others but the top. */
  get second(): RunCursor | undefined {
    const [, left, right] = this.#items;
    return left === undefined || right === undefined || left.isBefore(right) ? left : right;
  }

  /** A cursor that has ended is not taken. */
  push(cursor: RunCursor): void {
    if (cursor.hasEnded) return;
    const items = this.#items;
    let at = items.length;
    items.push(cursor);
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      const above = items[parent];
      if (above === undefined || !cursor.isBefore(above)) break;
      items[at] = above;
      at = parent;
    }
    items[at] = cursor;
  }

  /** To be called after the top moved forward. */
  settle(): void {
    const items = this.#items;
    if (items[0]?.hasEnded !== false) {
      const last = items.pop();
      if (last === undefined || items.length === 0) return;
      items[0] = last;
    }
    const moved = items[0];
    if (moved === undefined) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = items[child];
      if (left === undefined) break;
      const right = items[child + 1];
      let lowest = left;
      if (right !== undefined && right.isBefore(left)) {
        lowest = right;
        child++;
      }
      if (!lowest.isBefore(moved)) break;
      items[at] = lowest;
      at = child;
    }
    items[at] = moved;
  }
}
