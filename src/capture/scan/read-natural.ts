import { BlockCutter, type CutBlock } from '../../blocks/block-cutter.ts';
import { documentKey } from '../../blocks/document-key.ts';
import { forEachDocument } from '../source/raw-batch.ts';
import { type PartReader, readBatches } from './read-part.ts';

/** So many bytes of documents are gathered and sorted at a time. */
const runBytes = 32 * 2 ** 20;

interface Gathered {
  readonly key: Buffer;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** Among all documents of the read. */
  readonly ordinal: number;
}

/** A place in natural order: docs/formats/block.md. Its timestamp has zero seconds. */
const sequenceBytes = 12;

/** Reads a collection whose `_id` index is of no use for order: gathered, sorted by key, cut; one run after the other. */
export async function readNaturalPart(reader: PartReader): Promise<void> {
  const { pieces } = reader;
  let gathered: Gathered[] = [];
  let bytes = 0;
  let run = 0;
  let ordinal = 0;
  const flush = async (): Promise<void> => {
    await cutRun(reader, gathered, run++);
    gathered = [];
    bytes = 0;
  };
  for await (const batch of readBatches(reader)) {
    forEachDocument(batch, (start, end) => {
      gathered.push({ key: documentKey(batch.bytes, start, end), bytes: batch.bytes, start, end, ordinal: ordinal++ });
    });
    bytes += batch.bytes.length;
    if (bytes >= runBytes) await flush();
  }
  if (gathered.length > 0) await flush();
  await pieces.hand(null, true);
}

async function cutRun({ data, pieces, job }: PartReader, gathered: Gathered[], run: number): Promise<void> {
  const cutter = new BlockCutter({ groupKey: data.groupKey, level: data.level });
  // Stable: of two documents with one key the later one, which came after a delete of the first, is the last.
  gathered.sort((a, b) => Buffer.compare(a.key, b.key));
  for (const [index, one] of gathered.entries()) {
    if (gathered[index + 1]?.key.equals(one.key) === true) continue;
    const block = job.capped ? addInPlace(cutter, one) : cutter.add(one.bytes, one.start, one.end);
    if (block !== undefined) pieces.add(block, run);
    if (pieces.isFull) await pieces.hand(null, false);
  }
  const block = cutter.finish();
  if (block !== undefined) pieces.add(block, run);
}

/** Of a capped collection the order counts, too. */
function addInPlace(cutter: BlockCutter, { key, bytes, start, end, ordinal }: Gathered): CutBlock | undefined {
  const sequence = Buffer.alloc(sequenceBytes);
  sequence.writeBigUInt64BE(BigInt(ordinal), sequenceBytes - 8);
  return cutter.addEntry({ kind: 'put', key, document: bytes.subarray(start, end), sequence });
}
