import { mergeDocuments } from '../blocks/merge-documents.ts';
import type { BlockSink } from '../blocks/ports.ts';
import { RunWriter } from '../blocks/run-writer.ts';
import { elementType, findElement } from '../model/bson-walk.ts';
import type { CollectionInfo } from '../model/collection.ts';
import { breathe } from './breathe.ts';
import { pointRun } from './fold-write.ts';
import type { CollectionRuns, PointRun } from './ports.ts';
import { inputsOf, type RunAccess } from './run-access.ts';
import { sortKeys } from './sort-keys.ts';

/** A capped collection as a view reads it: runs keyed by place in natural order. */
export interface NaturalOrder {
  readonly runs: readonly PointRun[];
  /** What lies before it was removed by the cap already; undefined: nothing was. */
  readonly from: Buffer | undefined;
}

interface Placed {
  readonly sequence: Buffer;
  readonly document: Buffer;
}

/** Documents that are sorted in memory at once. */
const batchBytes = 32 * 2 ** 20;
/** A document that no place is known of comes first, in the order of keys. */
const noPlace = Buffer.alloc(12);

/**
 * Sorts the documents of a capped collection by their place in natural order, in batches that become runs of the view's own. Before 5.0 no
 * deletes of capped collections are in the oplog: what `max` and `size` would have removed is left out, unless `isLoose` (feature-version.ts). A 5.0
 * tells of them, but what it lost silently while it was a 4.4 it does not, and no target of that version could be made to hold more.
 */
export async function naturalOrder(
  { info, runs }: Pick<CollectionRuns, 'info' | 'runs'>,
  sink: BlockSink,
  access: RunAccess,
  isLoose: boolean,
): Promise<NaturalOrder> {
  const sorted: PointRun[] = [];
  let batch: Placed[] = [];
  let bytes = 0;
  let documents = 0;
  let allBytes = 0;
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    sorted.push(await writeSorted(batch, sink, access.groupKey));
    batch = [];
    bytes = 0;
  };
  for await (const { document, sequence } of mergeDocuments(inputsOf(runs, access), access)) {
    if (document === undefined) continue;
    const place = Buffer.concat([sequence ?? noPlace, numberKey(documents)]);
    batch.push({ sequence: place, document: Buffer.from(document) });
    documents++;
    bytes += document.length;
    allBytes += document.length;
    if (bytes >= batchBytes) await flush();
    await breathe();
  }
  await flush();
  const from = isLoose ? undefined : await keptFrom(info, sorted, { documents, bytes: allBytes }, access);
  return { runs: sorted, from };
}

async function writeSorted(batch: Placed[], sink: BlockSink, groupKey: Buffer): Promise<PointRun> {
  const documents = new Map(batch.map(({ sequence, document }) => [sequence.toString('latin1'), document]));
  const writer = new RunWriter(sink, { groupKey });
  for (const name of await sortKeys([...documents.keys()])) {
    const document = documents.get(name);
    if (document === undefined) continue;
    await writer.add({ kind: 'put', key: Buffer.from(name, 'latin1'), document, keyed: true });
    await breathe();
  }
  return pointRun(await writer.finish(), 'base', false);
}

/** The first place that the cap leaves: the oldest documents go until count and size fit. */
async function keptFrom(
  info: CollectionInfo,
  runs: readonly PointRun[],
  held: { documents: number; bytes: number },
  access: RunAccess,
): Promise<Buffer | undefined> {
  const max = boundOf(info.options, 'max');
  const size = boundOf(info.options, 'size');
  let { documents, bytes } = held;
  if (documents <= max && bytes <= size) return undefined;
  for await (const { key, document } of mergeDocuments(inputsOf(runs, access), access)) {
    if (documents <= max && bytes <= size) return Buffer.from(key);
    documents--;
    bytes -= document?.length ?? 0;
    await breathe();
  }
  return undefined;
}

/** Makes places unique where several documents have the same one. */
function numberKey(value: number): Buffer {
  const key = Buffer.alloc(8);
  key.writeBigUInt64BE(BigInt(value));
  return key;
}

/** Zero, or none, is no bound. */
function boundOf(options: Buffer, name: string): number {
  const found = numberOf(options, name);
  return found === undefined || found <= 0 ? Infinity : found;
}

/** A number of any width among the options. */
function numberOf(options: Buffer, name: string): number | undefined {
  const label = Buffer.from(name);
  const at = findElement(options, 0, options.length, label);
  if (at < 0) return undefined;
  const valueAt = at + 1 + label.length + 1;
  switch (options[at]) {
    case elementType.int32:
      return options.readInt32LE(valueAt);
    case elementType.int64:
      return Number(options.readBigInt64LE(valueAt));
    case elementType.double:
      return options.readDoubleLE(valueAt);
    default:
      return undefined;
  }
}
