import { createHash } from 'node:crypto';
import { zstdDecompressSync } from 'node:zlib';
import { documentEnd, elementType, findElement } from '../model/bson-walk.ts';
import { parseTimestamp, timestampText } from '../model/optime.ts';
import { AppError } from '../runtime/errors.ts';
import { releaseBytes } from '../runtime/release-bytes.ts';
import type { SlicesAnswer, SlicesHead } from '../wire/backup-messages.ts';
import { breathe } from './breathe.ts';
import type { StoredScan } from './metadata-ports.ts';
import type { SliceInfo, SliceLog } from './ports.ts';
import { requireSet, type VaultStores } from './stores.ts';
import { optimeMessageOf, optimeOf } from './wire-optime.ts';

type HeadSlice = SlicesHead['slices'][number];
interface CheckedSlice {
  readonly info: SliceInfo;
  readonly frame: Buffer;
}

/** Largest slice before compression: 8 MiB and one entry of 16 MiB, with room. */
const maxSliceBytes = 64 * 2 ** 20;
const tsName = Buffer.from('ts');
const noChain = Buffer.alloc(32);

/**
 * Slices of the oplog as agents send them: each must be what its head says, and follow the one before it without a hole. Those that are known
 * already are skipped, so an agent may send again what it got no answer for. Durable when it resolves.
 * @throws SLICE_GAP with checkpoint and chain in its details, FORMAT_INVALID
 */
export async function appendSlices(
  stores: VaultStores,
  groupId: string,
  head: SlicesHead,
  bytes: Buffer,
): Promise<SlicesAnswer> {
  const { replicaSetId } = head;
  requireSet(stores.metadata, groupId, replicaSetId);
  const { slices } = await stores.group(groupId);
  const scan = stores.metadata
    .scans(replicaSetId)
    .find((known) => known.state !== 'given up' && known.state !== 'folded');
  let last = await slices.last(replicaSetId);
  const awaited = await awaitedCapture(slices, replicaSetId, last, scan);
  if (awaited !== null && head.slices[0]?.after === null) {
    // A source that was rolled back begins before the end of what is here: the seconds of its former past cannot go beside it.
    if (last !== null && awaited <= last.last.ts) await slices.removeAll(replicaSetId);
    last = null;
  }
  const fresh: CheckedSlice[] = [];
  let at = 0;
  for (const slice of head.slices) {
    const frame = bytes.subarray(at, at + slice.length);
    at += slice.length;
    if (at > bytes.length) throw new AppError('FORMAT_INVALID', 'the envelope ends inside of its slices');
    if (isKnown(slice, last)) continue;
    checkPlace(slice, last, awaited);
    const info = checkSlice(slice, frame, last);
    fresh.push({ info, frame });
    last = info;
    await breathe();
  }
  if (at !== bytes.length)
    throw new AppError('FORMAT_INVALID', `${bytes.length - at} bytes follow the last slice of the envelope`);
  if (fresh.length > 0) await slices.append(replicaSetId, fresh);
  if (last === null) throw new AppError('INTERNAL', 'no slice was appended');
  return { checkpoint: optimeMessageOf(last.last), chain: last.chain.toString('hex') };
}

/** Sent again: it ends at or before the checkpoint. At the checkpoint it must be the same slice. */
function isKnown(slice: HeadSlice, last: SliceInfo | null): boolean {
  if (last === null) return false;
  const end = parseTimestamp(slice.last.ts);
  if (end === last.last.ts && slice.chain !== last.chain.toString('hex'))
    throw gap(last, 'it ends where the log ends, but is another one');
  return end <= last.last.ts;
}

/** Where a capture that has not come yet begins; null when the one that is here goes on. */
async function awaitedCapture(
  slices: SliceLog,
  replicaSetId: string,
  last: SliceInfo | null,
  scan: StoredScan | undefined,
): Promise<bigint | null> {
  if (scan?.from == null || (last !== null && !scan.anew)) return null;
  const newest = (await slices.spans(replicaSetId)).at(-1);
  return newest?.first === scan.from.ts ? null : scan.from.ts;
}

function checkPlace(slice: HeadSlice, last: SliceInfo | null, awaited: bigint | null): void {
  const first = parseTimestamp(slice.first);
  if (slice.after !== null) {
    const after = optimeOf(slice.after);
    if (last === null) throw gap(last, 'it follows a slice that is not here');
    if (after.ts !== last.last.ts || after.term !== last.last.term) throw gap(last, `it follows ${slice.after.ts}`);
    if (first <= after.ts) throw gap(last, `it begins at ${slice.first}, before the end of the one before`);
    return;
  }
  if (awaited === null || last !== null) throw gap(last, 'it begins a capture that nobody asked for');
  if (first !== awaited) throw gap(last, `it begins at ${slice.first}, the scan at ${timestampText(awaited)}`);
}

function checkSlice(slice: HeadSlice, frame: Buffer, before: SliceInfo | null): SliceInfo {
  const content = unpack(slice, frame);
  const hash = createHash('sha256').update(content).digest();
  if (hash.toString('hex') !== slice.hash)
    throw damaged(slice, 'its content does not have the hash that its head names');
  const chainBefore = slice.after === null ? noChain : (before?.chain ?? noChain);
  const chain = createHash('sha256').update(chainBefore).update(hash).digest();
  if (chain.toString('hex') !== slice.chain) throw gap(before, 'its chain does not go on from the one that is here');
  checkEntries(slice, content);
  const contentBytes = content.length;
  releaseBytes(content);
  return {
    after: slice.after === null ? null : optimeOf(slice.after),
    first: parseTimestamp(slice.first),
    last: optimeOf(slice.last),
    entries: slice.entries,
    contentBytes,
    storedBytes: frame.length,
    hash,
    chain,
  };
}

function unpack(slice: HeadSlice, frame: Buffer): Buffer {
  if (slice.contentBytes > maxSliceBytes)
    throw damaged(slice, `${slice.contentBytes} bytes of content, at most ${maxSliceBytes} are allowed`);
  let content: Buffer;
  try {
    content = zstdDecompressSync(frame, outputOf(slice.contentBytes));
  } catch (cause) {
    throw new AppError('FORMAT_INVALID', `slice from ${slice.first}: zstd cannot read it`, { cause });
  }
  if (content.length !== slice.contentBytes) throw damaged(slice, `it has ${content.length} bytes of content`);
  return content;
}

/** Whole entries, as many as the head says, in order of time from its first to its last. */
function checkEntries(slice: HeadSlice, content: Buffer): void {
  let entries = 0;
  let before = parseTimestamp(slice.first) - 1n;
  for (let at = 0; at < content.length; ) {
    const end = documentEnd(content, at, content.length);
    const element = findElement(content, at, end, tsName);
    if (element < 0 || content[element] !== elementType.timestamp) throw damaged(slice, 'an entry has no timestamp');
    const ts = content.readBigUInt64LE(element + 4);
    if (entries === 0 ? ts !== before + 1n : ts <= before) throw damaged(slice, `${timestampText(ts)} is out of order`);
    before = ts;
    entries++;
    at = end;
  }
  if (entries !== slice.entries) throw damaged(slice, `it has ${entries} entries, not ${slice.entries}`);
  if (before !== parseTimestamp(slice.last.ts)) throw damaged(slice, `its last entry is ${timestampText(before)}`);
}

/** All of it in one buffer: Node would else make many small ones and join them. One byte more, or it takes a second one when that is full. */
function outputOf(contentBytes: number) {
  return { maxOutputLength: Math.max(contentBytes, 1), chunkSize: Math.max(contentBytes + 1, 64) };
}

function damaged(slice: HeadSlice, why: string): AppError {
  return new AppError('FORMAT_INVALID', `slice from ${slice.first}: ${why}`);
}

function gap(last: SliceInfo | null, why: string): AppError {
  return new AppError('SLICE_GAP', `the slice does not go on from what is stored: ${why}`, {
    details: {
      checkpoint: last === null ? null : optimeMessageOf(last.last),
      chain: last === null ? null : last.chain.toString('hex'),
    },
  });
}
