import { BlockCutter, type CutBlock, defaultTargetBytes } from './block-cutter.ts';
import { toDocument } from './combine.ts';
import { type MergedEntry, mergeSteps, type UntouchedBlock } from './merge.ts';
import type { RunEntry, UpdateRules } from './ports.ts';
import type { KeyRange, MergeInput } from './run-cursor.ts';

export interface DocumentsOptions extends KeyRange {
  readonly rules: Pick<UpdateRules, 'apply' | 'patch'>;
}

/** Documents of a collection in the order of their keys: `put` entries, from runs given oldest to newest. */
export async function* mergeDocuments(
  inputs: readonly MergeInput[],
  { rules, from, to }: DocumentsOptions,
): AsyncGenerator<RunEntry, void, void> {
  const options = {
    combine: toDocument(rules),
    readsAhead: true,
    documentsAlone: true,
    smallestBytes: Infinity,
    from,
    to,
  };
  for await (const step of mergeSteps(inputs, options)) {
    if (step.kind === 'entries') yield* singly(step.entries);
  }
}

function* singly(entries: readonly MergedEntry[]): Generator<RunEntry, void, void> {
  for (const entry of entries) {
    if (entry.kind !== 'stretch') yield entry;
    else for (let index = entry.from; index < entry.to; index++) yield entry.content.entry(index);
  }
}

/** Documents in the order of their keys, as block content that holds documents alone. */
export interface DocumentChunk {
  /** As packContent or plainContent made it. */
  readonly stored: Buffer;
  readonly documents: number;
  readonly contentBytes: number;
  readonly firstKey: Buffer;
  readonly lastKey: Buffer;
}

export interface ChunksOptions extends DocumentsOptions {
  /** Of chunks that are cut anew. */
  readonly targetBytes?: number;
  /** They are compressed; otherwise they come as they are. */
  readonly packed: boolean;
}

/**
 * The documents of a collection as chunks: blocks that no newer run touches pass as they are stored, neither opened nor packed again;
 * what lies between is cut anew. Reading on after a chunk's `lastKey` (`from: keyAfter(lastKey)`) gives what would have come next.
 */
export async function* readChunks(
  inputs: readonly MergeInput[],
  { rules, from, to, targetBytes = defaultTargetBytes, packed }: ChunksOptions,
): AsyncGenerator<DocumentChunk, void, void> {
  const cutter = new BlockCutter({ groupKey: null, targetBytes, level: packed ? 1 : null });
  const options = { combine: toDocument(rules), readsAhead: true, documentsAlone: true, from, to };
  for await (const step of mergeSteps(inputs, { ...options, smallestBytes: smallestOf(inputs, targetBytes) })) {
    if (step.kind === 'block') {
      const open = cutter.finish();
      if (open !== undefined) yield chunkOf(open);
      yield await storedChunk(step);
      continue;
    }
    for (const entry of step.entries) {
      if (entry.kind === 'stretch') for (const block of cutter.addStretch(entry)) yield chunkOf(block);
      else {
        const block = cutter.addEntry(entry);
        if (block !== undefined) yield chunkOf(block);
      }
    }
  }
  const last = cutter.finish();
  if (last !== undefined) yield chunkOf(last);
}

/** A base alone passes whole; among deltas, small blocks are gathered. */
function smallestOf(inputs: readonly MergeInput[], targetBytes: number): number {
  return inputs.length === 1 ? 0 : targetBytes / 8;
}

function chunkOf({ stored, count, contentBytes, firstKey, lastKey }: CutBlock): DocumentChunk {
  return { stored, documents: count, contentBytes, firstKey, lastKey };
}

async function storedChunk({ ref, stored }: UntouchedBlock): Promise<DocumentChunk> {
  const { count, contentBytes, firstKey, lastKey } = ref;
  return { stored: await stored(), documents: count, contentBytes, firstKey, lastKey };
}
