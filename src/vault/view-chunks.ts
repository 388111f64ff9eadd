import { readChunks } from '../blocks/merge-documents.ts';
import { keyAfter } from '../blocks/run-reader.ts';
import { breathe } from './breathe.ts';
import type { PointRun, ViewChunk } from './ports.ts';
import { inputsOf, type RunAccess } from './run-access.ts';

/** The next chunks of runs after a key (or from one on): at least one unless the end is reached. */
export async function chunksAfter(
  runs: readonly PointRun[],
  place: { readonly after: Buffer | null; readonly from?: Buffer | undefined },
  maxBytes: number,
  access: RunAccess,
): Promise<readonly ViewChunk[]> {
  const from = place.after === null ? place.from : keyAfter(place.after);
  const chunks: ViewChunk[] = [];
  let bytes = 0;
  for await (const chunk of readChunks(inputsOf(runs, access), { ...access, from })) {
    const { stored, documents, contentBytes, lastKey } = chunk;
    chunks.push({ stored, documents, contentBytes, lastKey: Buffer.from(lastKey) });
    bytes += contentBytes;
    if (bytes >= maxBytes) break;
    await breathe();
  }
  return chunks;
}
