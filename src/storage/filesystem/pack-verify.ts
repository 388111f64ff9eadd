import { AppError } from '../../runtime/errors.ts';
import type { BlockDamage } from '../../vault/ports.ts';
import type { BlockIndex, PackRow, PlacedBlock } from '../sqlite/block-index.ts';
import type { NumberedFiles } from './numbered-files.ts';
import {
  findRecord,
  packHeaderBytes,
  readPackHeader,
  readRecord,
  readRecordHeader,
  recordHeaderBytes,
  writePackHeader,
} from './pack-format.ts';
import type { DataKeys } from './sealed-bytes.ts';

interface Common {
  readonly index: BlockIndex;
  readonly files: NumberedFiles;
  readonly keys: DataKeys | undefined;
  readonly onDamage: (damage: BlockDamage) => void;
  readonly signal: AbortSignal;
}

/** A record that was read and proved. */
interface Proved extends PlacedBlock {
  readonly stored: Buffer;
}

/** Reads every pack of the group to its end, whatever is damaged, and compares it with the index. */
export async function verifyPacks(
  options: Common & {
    readonly groupId: string;
    readonly checkContent: ((id: Buffer, stored: Buffer) => void) | undefined;
    readonly onProgress: (doneBytes: number, allBytes: number) => void;
  },
): Promise<void> {
  const { index, files, groupId, keys, onDamage, onProgress, checkContent, signal } = options;
  const packs = index.packs();
  const allBytes = packs.reduce((sum, { bytes }) => sum + bytes, 0);
  let doneBytes = 0;
  for (const pack of packs) {
    let good = 0;
    const found: BlockDamage[] = [];
    const path = files.path(pack.id);
    const report = (id: Buffer | null, why: string): void => void found.push({ id, pack: path, why });
    if (await hasOtherHeader(files, groupId, pack))
      report(null, 'the first bytes of the pack are damaged; its blocks can be read');
    for await (const block of provedRecords(files, pack.id, pack.bytes, keys, (at, why) =>
      report(null, `byte ${at}: ${why}`),
    )) {
      signal.throwIfAborted();
      const place = index.find(block.id);
      if (place?.pack !== pack.id || place.at !== block.at) continue;
      good++;
      try {
        checkContent?.(block.id, block.stored);
      } catch (thrown) {
        report(Buffer.from(block.id), thrown instanceof Error ? thrown.message : String(thrown));
      }
    }
    // It may have been collected, or appended to, while it was read.
    const now = index.pack(pack.id);
    if (now !== undefined) for (const damage of found) onDamage(damage);
    if (now?.blocks === pack.blocks && good < pack.blocks) await reportMissing(options, pack, found.length > 0);
    doneBytes += pack.bytes;
    onProgress(doneBytes, allBytes);
  }
}

/**
 * Blocks are found without it; whoever has the files alone needs it. A file that cannot be read is told by its blocks; one that was only begun, by a
 * put that is under way or was cut off, has no header to lose.
 */
async function hasOtherHeader(files: NumberedFiles, groupId: string, { id, bytes }: PackRow): Promise<boolean> {
  if (bytes === 0) return false;
  const header = await files.read(id, 0, packHeaderBytes).catch(() => undefined);
  return header !== undefined && !header.equals(writePackHeader({ groupId, pack: id }));
}

/** Blocks that the index places into a pack and that cannot be read there: the index is walked, because this is rare. */
async function reportMissing(options: Common, pack: PackRow, hasDamage: boolean): Promise<void> {
  const { index, files, keys, onDamage, signal } = options;
  const path = files.path(pack.id);
  let after: Buffer = Buffer.alloc(0);
  for (;;) {
    const page = index.page(after, 2000);
    const last = page.at(-1);
    if (last === undefined) return;
    for (const { id, at, length } of page.filter((block) => block.pack === pack.id)) {
      const why = await whyUnreadable(files, keys, { id, pack: pack.id, at, length });
      if (why !== undefined) onDamage({ id: Buffer.from(id), pack: path, why: hasDamage ? why : `byte ${at}: ${why}` });
    }
    after = Buffer.from(last.id);
    signal.throwIfAborted();
  }
}

async function whyUnreadable(
  files: NumberedFiles,
  keys: DataKeys | undefined,
  { id, pack, at, length }: PlacedBlock,
): Promise<string | undefined> {
  try {
    const found = readRecord(await files.read(pack, at, recordHeaderBytes + length), keys);
    return found.id.equals(id) ? undefined : 'another block stands there';
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

/** Records from the header to the durable end. Behind damage, reading goes on at the next place that can be a record. */
async function* provedRecords(
  files: NumberedFiles,
  pack: number,
  bytes: number,
  keys: DataKeys | undefined,
  onDamage: (at: number, why: string) => void,
): AsyncGenerator<Proved, void, void> {
  let at = packHeaderBytes;
  let isLost = false;
  const tell = (why: string): void => {
    if (!isLost) onDamage(at, why);
    isLost = true;
  };
  while (at < bytes) {
    const record = await readOne(files, pack, at, bytes, keys);
    if (typeof record !== 'string') {
      isLost = false;
      yield { id: record.id, stored: record.stored, pack, at, length: record.length };
      at += recordHeaderBytes + record.length;
      continue;
    }
    tell(record);
    const next = await nextCandidate(files, pack, at + 1, bytes);
    if (next === undefined) return;
    at = next;
  }
}

/** The record at an offset, or why it cannot be read. */
async function readOne(
  files: NumberedFiles,
  pack: number,
  at: number,
  bytes: number,
  keys: DataKeys | undefined,
): Promise<{ id: Buffer; stored: Buffer; length: number } | string> {
  try {
    const header = readRecordHeader(await files.read(pack, at, recordHeaderBytes));
    if (header === undefined) return 'there is no record of a block';
    if (at + recordHeaderBytes + header.length > bytes) return 'a record is longer than its pack';
    const record = await files.read(pack, at, recordHeaderBytes + header.length);
    return { ...readRecord(record, keys), length: header.length };
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

async function nextCandidate(
  files: NumberedFiles,
  pack: number,
  from: number,
  end: number,
): Promise<number | undefined> {
  const windowBytes = 1024 * 1024;
  // Windows overlap by less than a mark, so none is missed and none is found twice.
  for (let start = from; start < end; start += windowBytes) {
    const bytes = await files.read(pack, start, Math.min(windowBytes + 3, end - start)).catch(() => Buffer.alloc(0));
    const found = findRecord(bytes, 0);
    if (found >= 0) return start + found;
  }
  return undefined;
}

/** Puts the packs that have a file but no row into the index, block by block. Blocks that it knows elsewhere stay there. */
export async function rebuildIndex(
  options: Common & { readonly groupId: string; readonly nowMs: number },
): Promise<{ readonly packs: number; readonly blocks: number }> {
  const { index, files, keys, groupId, nowMs, onDamage, signal } = options;
  const known = new Set(index.packs().map(({ id }) => id));
  let packs = 0;
  let blocks = 0;
  for (const pack of await files.list()) {
    signal.throwIfAborted();
    if (known.has(pack)) continue;
    const path = files.path(pack);
    try {
      const header = readPackHeader(await files.read(pack, 0, packHeaderBytes));
      if (header.groupId !== groupId || header.pack !== pack) throw otherPack(header.groupId, header.pack);
    } catch (thrown) {
      onDamage({ id: null, pack: path, why: thrown instanceof Error ? thrown.message : String(thrown) });
      continue;
    }
    const end = await files.size(pack);
    const found: PlacedBlock[] = [];
    for await (const { id, at, length } of provedRecords(files, pack, end, keys, (at, why) =>
      onDamage({ id: null, pack: path, why: `byte ${at}: ${why}` }),
    )) {
      found.push({ id: Buffer.from(id), pack, at, length });
    }
    index.transaction(() => {
      const added = found.filter(({ id, ...place }) => index.add(id, place)).length;
      index.adoptPack(pack, end, added, nowMs);
      blocks += added;
    });
    packs++;
  }
  return { packs, blocks };
}

function otherPack(groupId: string, pack: number): AppError {
  return new AppError('FORMAT_INVALID', `it is pack ${pack} of the group ${groupId}`);
}
