import { ChunkReads } from '../blocks/chunk-reads.ts';
import { type DocumentChunk, readChunks } from '../blocks/merge-documents.ts';
import { keyAfter } from '../blocks/run-reader.ts';
import { breathe } from './breathe.ts';
import type { PointRun } from './ports.ts';
import { inputsOf, type RunAccess } from './run-access.ts';
import type { ViewChunk } from './view-ports.ts';

/** The next chunks of runs after a key (or from one on): at least one unless the end is reached. */
export async function chunksAfter(
  runs: readonly PointRun[],
  place: { readonly after: Buffer | null; readonly from?: Buffer | undefined; readonly packed: boolean },
  maxBytes: number,
  access: RunAccess,
): Promise<readonly ViewChunk[]> {
  const from = place.after === null ? place.from : keyAfter(place.after);
  const reads = access.reads ?? new ChunkReads(0);
  const chunks = await reads.read(runs, place.after, maxBytes, () =>
    breathing(readChunks(inputsOf(runs, access), { ...access, from, packed: place.packed })),
  );
  return chunks.map(({ stored, documents, contentBytes, lastKey, isLast }) => ({
    stored,
    documents,
    contentBytes,
    lastKey: Buffer.from(lastKey),
    ...(isLast === true && { isLast }),
  }));
}

async function* breathing(chunks: AsyncIterable<DocumentChunk>): AsyncGenerator<DocumentChunk, void, void> {
  for await (const chunk of chunks) {
    yield chunk;
    await breathe();
  }
}
