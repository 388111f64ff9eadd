import type { BlockContent, Stretch } from './block-content.ts';
import { compareKeys } from './compare-keys.ts';
import type { ApplyUpdates, BlockRef, RunEntry } from './ports.ts';
import { CursorHeap, type KeyRange, type MergeInput, RunCursor } from './run-cursor.ts';

/** What a run says of a document. */
export interface VersionOf {
  readonly entry: RunEntry;
  readonly lenient: boolean;
}

/** Everything that several runs say of one document, newest first, as one entry; undefined: there is no such document. */
export type Combine = (versions: readonly VersionOf[]) => RunEntry | undefined | Promise<RunEntry | undefined>;

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
    const block = top.wholeBlock === undefined ? undefined : await untouchedBlock(top, heap.secondKey, options);
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
    const stretch = await aloneStretch(top, heap.secondKey);
    if (stretch !== undefined) {
      entries.push(stretch);
      bytes += stretch.content.entryStart(stretch.to) - stretch.content.entryStart(stretch.from);
      const wait = top.pass(stretch);
      if (wait !== undefined) await wait;
      heap.settle();
      continue;
    }
    const versions = await takeLowest(top, heap);
    const combined = options.combine(versions);
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
  nextKey: Buffer | undefined,
  options: MergeOptions,
): Promise<UntouchedBlock | undefined> {
  const block = cursor.wholeBlock;
  if (block === undefined || block.ref.contentBytes < options.smallestBytes) return undefined;
  if (nextKey !== undefined && compareKeys(nextKey, block.ref.lastKey) <= 0) return undefined;
  if (options.documentsAlone && !cursor.input.base && !(await cursor.open()).holdsDocumentsAlone) return undefined;
  return { kind: 'block', ref: block.ref, stored: () => cursor.stored(), open: () => cursor.open() };
}

/** Documents below the next key of any other run: each combines to itself, so they need not be looked at one by one. */
async function aloneStretch(cursor: RunCursor, nextKey: Buffer | undefined): Promise<Stretch | undefined> {
  if (!cursor.isOpen) await cursor.open();
  return cursor.stretchBelow(nextKey);
}

/** What the runs say of the lowest key, newest first; their cursors move on. */
async function takeLowest(first: RunCursor, heap: CursorHeap): Promise<readonly VersionOf[]> {
  const { key } = first;
  const versions: VersionOf[] = [];
  for (
    let top: RunCursor | undefined = first;
    top?.key !== undefined && key !== undefined && compareKeys(key, top.key) === 0;
    top = heap.top
  ) {
    if (!top.isOpen) await top.open();
    versions.push({ entry: top.entry(), lenient: top.input.lenient });
    const wait = top.advance();
    if (wait !== undefined) await wait;
    heap.settle();
  }
  return versions;
}

function sizeOf({ key, document, updates }: RunEntry): number {
  return key.length + (document?.length ?? 0) + (updates?.reduce((sum, { update }) => sum + update.length, 0) ?? 0);
}

/** Combines to the document itself: the newest put, and the updates above it in their order. Nothing when it was deleted. */
export function toDocument(apply: ApplyUpdates): Combine {
  return (versions) => {
    const found = newestPut(versions);
    const [newest] = versions;
    if (found.at === 0) return newest?.entry.kind === 'put' ? withSequence(newest.entry, found.sequence) : undefined;
    const document = applied(versions.slice(0, found.at), found.put?.document, apply);
    return document === undefined ? undefined : putOf(versions, document, found);
  };
}

/** A put, or nothing, below the updates. */
interface Found {
  /** Index of the newest put or delete; the number of versions when there is none. */
  readonly at: number;
  readonly put: RunEntry | undefined;
  readonly sequence: Buffer | undefined;
}

export function newestPut(versions: readonly VersionOf[]): Found {
  const at = versions.findIndex(({ entry }) => entry.kind !== 'update');
  if (at < 0) return { at: versions.length, put: undefined, sequence: undefined };
  const entry = versions[at]?.entry;
  if (entry?.kind !== 'put') return { at, put: undefined, sequence: undefined };
  return { at, put: entry, sequence: entry.sequence ?? olderSequence(versions.slice(at + 1)) };
}

/** A document that was replaced keeps its place in natural order. */
function olderSequence(older: readonly VersionOf[]): Buffer | undefined {
  for (const { entry } of older) {
    if (entry.kind === 'delete') return undefined;
    if (entry.sequence !== undefined) return entry.sequence;
  }
  return undefined;
}

/** The document after the updates of these versions, oldest first. */
export function applied(
  versions: readonly VersionOf[],
  document: Buffer | undefined,
  apply: ApplyUpdates,
): Buffer | undefined {
  let result = document;
  for (let until = versions.length; until > 0; ) {
    const lenient = versions[until - 1]?.lenient === true;
    let from = until - 1;
    while (from > 0 && versions[from - 1]?.lenient === lenient) from--;
    const alike = versions.slice(from, until).toReversed();
    result = apply(
      result,
      alike.flatMap(({ entry }) => entry.updates ?? []),
      lenient,
    );
    until = from;
  }
  return result;
}

export function putOf(versions: readonly VersionOf[], document: Buffer, { put, sequence }: Found): RunEntry {
  const key = versions[0]?.entry.key ?? Buffer.alloc(0);
  return withSequence({ kind: 'put', key, document, ...(put?.keyed === true ? { keyed: true } : {}) }, sequence);
}

function withSequence(entry: RunEntry, sequence: Buffer | undefined): RunEntry {
  return sequence === undefined || entry.sequence === sequence ? entry : { ...entry, sequence };
}
