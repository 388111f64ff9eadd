import type { BlockIndex } from '../sqlite/block-index.ts';
import type { NumberedFiles } from './numbered-files.ts';
import { packHeaderBytes, readRecordHeader, recordHeaderBytes } from './pack-format.ts';

/** Packs from before encryption was switched on, with their bytes. They are the oldest: it is never switched off. */
export async function plainPacks(index: BlockIndex, files: NumberedFiles): Promise<ReadonlyMap<number, number>> {
  const plain = new Map<number, number>();
  for (const { id, bytes, blocks } of index.packs()) {
    if (blocks === 0) continue;
    // Which of them cannot be read is told by `verify`.
    const header = await files.read(id, packHeaderBytes, recordHeaderBytes).catch(() => undefined);
    const record = header === undefined ? undefined : readRecordHeader(header);
    if (record !== undefined && record.keyNumber !== 0) break;
    if (record !== undefined) plain.set(id, bytes);
  }
  return plain;
}
