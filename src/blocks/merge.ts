import type { BlockContent, Stretch } from './block-content.ts';
import type { Combine, VersionPlace } from './combine.ts';
import type { BlockRef, RunEntry } from './ports.ts';
import { CursorHeap, type KeyRange, type MergeInput, RunCursor } from './run-cursor.ts';

/**
 * What a merge gives, in the order of keys: a block of one run, into whose range of keys no other run says anything, as it is; or
 * entries that were combined and stretches of documents of which one run alone speaks. These share memory with blocks and stay valid.
 */
export type MergeStep = UntouchedBlock | { readonly kind: 'entries'; readonly entries: readonly MergedEntry[] };
export type MergedEntry = RunEntry | Stretch;

export interface UntouchedBlock {
  readonly kind: 'block';
  readonly ref: BlockRef;
  /** Valid until the next step is asked for. */
  stored(): Promise<Buffer>;
  open(): Promise<BlockContent>;
}

export interface MergeOptions extends KeyRange {
  readonly combine: Combine;
  /** Blocks are read before they are needed: for a merge that wants the bytes of all of them. */
  readonly readsAhead: boolean;
  /** Blocks with deletes or updates are combined too. */
  readonly documentsAlone: boolean;
  /** Blocks smaller than this (content) are combined into larger ones. */
  readonly smallestBytes: number;
}

const batchEntries = 256;
const batchBytes = 512 * 1024;

/** Merges runs, given from oldest to newest. Holds a block or a few of each. */
export async function* mergeSteps(
  inputs: readonly MergeInput[],
  options: MergeOptions,
): AsyncGenerator<MergeStep, void, void> {
  const cursors = inputs.map((input, age) => new RunCursor(input, age, options, options.readsAhead));
  try {
    yield* merge(cursors, options);
  } finally {
    for (const cursor of cursors) await cursor.close();
  }
}

async function* merge(cursors: readonly RunCursor[], options: MergeOptions): AsyncGenerator<MergeStep, void, void> {
  const heap = new CursorHeap();
  await Promise.all(cursors.map((cursor) => cursor.nextBlock()));
  for (const cursor of cursors) heap.push(cursor);
  let entries: MergedEntry[] = [];
  let bytes = 0;
  for (let top = heap.top; top !== undefined; top = heap.top) {
    const block = top.wholeBlock === undefined ? undefined : await untouchedBlock(top, heap.second, options);
    if (block !== undefined || entries.length >= batchEntries || bytes >= batchBytes) {
      if (entries.length > 0) yield { kind: 'entries', entries };
      entries = [];
      bytes = 0;
    }
    if (block !== undefined) {
      yield block;
      await top.nextBlock();
      heap.settle();
      continue;
    }
    const stretch = await aloneStretch(top, heap.second);
    if (stretch !== undefined) {
      entries.push(stretch);
      bytes += stretch.content.entryStart(stretch.to) - stretch.content.entryStart(stretch.from);
      const wait = top.pass(stretch);
      if (wait !== undefined) await wait;
      heap.settle();
      continue;
    }
    const combined = options.combine(await takeLowest(top, heap));
    const entry = combined instanceof Promise ? await combined : combined;
    if (entry === undefined) continue;
    entries.push(entry);
    bytes += sizeOf(entry);
  }
  if (entries.length > 0) yield { kind: 'entries', entries };
}

/** The block at which the cursor stands, when no other run has a key up to its last one. */
async function untouchedBlock(
  cursor: RunCursor,
  next: RunCursor | undefined,
  options: MergeOptions,
): Promise<UntouchedBlock | undefined> {
  const block = cursor.wholeBlock;
  if (block === undefined || block.ref.contentBytes < options.smallestBytes) return undefined;
  if (next !== undefined && next.compareKey(block.ref.lastKey) <= 0) return undefined;
  if (options.documentsAlone && !cursor.input.base && !(await cursor.open()).holdsDocumentsAlone) return undefined;
  return { kind: 'block', ref: block.ref, stored: () => cursor.stored(), open: () => cursor.open() };
}

/** Documents below the next key of any other run: each combines to itself, so they need not be looked at one by one. */
async function aloneStretch(cursor: RunCursor, next: RunCursor | undefined): Promise<Stretch | undefined> {
  if (!cursor.isOpen) await cursor.open();
  return cursor.stretchBelow(next);
}

/** Where the runs say something of the lowest key, newest first; their cursors move on. */
async function takeLowest(first: RunCursor, heap: CursorHeap): Promise<readonly VersionPlace[]> {
  const places: VersionPlace[] = [];
  for (let top: RunCursor | undefined = first; top !== undefined; top = heap.top) {
    const [lowest] = places;
    if (lowest !== undefined && !top.standsAt(lowest)) break;
    if (!top.isOpen) await top.open();
    places.push(top.place());
    const wait = top.advance();
    if (wait !== undefined) await wait;
    heap.settle();
  }
  return places;
}

function sizeOf({ key, document, updates }: RunEntry): number {
  return key.length + (document?.length ?? 0) + (updates?.reduce((sum, { update }) => sum + update.length, 0) ?? 0);
}
