import { BlockCutter, type CutBlock } from '../blocks/block-cutter.ts';
import { keyAfter, RunReader } from '../blocks/run-reader.ts';
import type { PointRun, ViewChunk } from './ports.ts';
import { type MergeOptions, mergeDocuments } from './view-merge.ts';

/** The next chunks of runs after a key: at least one unless the end is reached. */
export async function readChunks(
  runs: readonly PointRun[],
  afterKey: Buffer | null,
  maxBytes: number,
  options: MergeOptions,
): Promise<readonly ViewChunk[]> {
  const [only] = runs;
  if (only === undefined) return [];
  if (runs.length === 1 && only.kind === 'base') return storedChunks(only, afterKey, maxBytes, options);
  return mergedChunks(runs, afterKey, maxBytes, options);
}

/** Blocks as they are; the one in which `afterKey` lies is cut anew. */
async function storedChunks(
  run: PointRun,
  afterKey: Buffer | null,
  maxBytes: number,
  options: MergeOptions,
): Promise<readonly ViewChunk[]> {
  const reader = new RunReader(options.source, run, options);
  const chunks: ViewChunk[] = [];
  let bytes = 0;
  for await (const ref of reader.refs(afterKey ?? undefined)) {
    if (chunks.length > 0 && bytes + ref.contentBytes > maxBytes) break;
    if (afterKey !== null && Buffer.compare(ref.firstKey, afterKey) <= 0)
      return mergedChunks([run], afterKey, maxBytes, options);
    const stored = await options.source.read(ref.id);
    reader.open(ref, stored);
    chunks.push({ stored, documents: ref.count, contentBytes: ref.contentBytes, lastKey: Buffer.from(ref.lastKey) });
    bytes += ref.contentBytes;
  }
  return chunks;
}

async function mergedChunks(
  runs: readonly PointRun[],
  afterKey: Buffer | null,
  maxBytes: number,
  options: MergeOptions,
): Promise<readonly ViewChunk[]> {
  const cutter = new BlockCutter({ groupKey: options.groupKey });
  const chunks: ViewChunk[] = [];
  let bytes = 0;
  const take = (block: CutBlock | undefined): void => {
    if (block === undefined) return;
    chunks.push(chunkOf(block));
    bytes += block.contentBytes;
  };
  for await (const { key, document, keyed } of mergeDocuments(
    runs,
    afterKey === null ? undefined : keyAfter(afterKey),
    options,
  )) {
    take(keyed ? cutter.addKeyed(key, document) : cutter.add(document));
    if (bytes >= maxBytes) return chunks;
  }
  take(cutter.finish());
  return chunks;
}

export function chunkOf({ stored, count, contentBytes, lastKey }: CutBlock): ViewChunk {
  return { stored, documents: count, contentBytes, lastKey };
}
