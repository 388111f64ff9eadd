import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { zstdDecompressSync } from 'node:zlib';
import { timestampText } from '../../model/optime.ts';
import { AppError } from '../../runtime/errors.ts';
import { releaseBytes } from '../../runtime/release-bytes.ts';
import type { SliceDamage, SliceInfo, SliceLog } from '../../vault/ports.ts';
import { SliceIndex, type SliceRow } from '../sqlite/slice-index.ts';
import type { VaultDatabase } from '../sqlite/vault-database.ts';
import { NumberedFiles } from './numbered-files.ts';
import type { DataKeys } from './sealed-bytes.ts';
import { SegmentAppender, type SliceToAppend } from './segment-appender.ts';
import {
  maxSliceContentBytes,
  readSlice,
  segmentHeaderBytes,
  sliceHeaderBytes,
  unpackInfo,
  writeSegmentHeader,
} from './segment-format.ts';

export interface SegmentLogOptions {
  /** With the schema part `slices` (slice-migrations.ts). */
  readonly database: VaultDatabase;
  /** A folder for each replica set is made in it; nothing else writes there. */
  readonly folder: string;
  /** Not given: nothing is encrypted. */
  readonly keys?: DataKeys;
  /** A segment is sealed when it reaches this size. */
  readonly segmentBytes?: number;
}

interface SetLog {
  readonly index: SliceIndex;
  readonly files: NumberedFiles;
  readonly appender: SegmentAppender;
}

const defaultSegmentBytes = 64 * 1024 * 1024;
const pageRows = 64;
const noChain = Buffer.alloc(32);

/**
 * Slices of the oplog in segments (docs/formats/slice.md), found by an index in the vault's database. Order of what becomes durable: bytes,
 * then their index; of removal: the index, then bytes.
 */
export class SegmentLog implements SliceLog {
  readonly #options: SegmentLogOptions;
  readonly #sets = new Map<string, Promise<SetLog>>();
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(options: SegmentLogOptions) {
    this.#options = options;
  }

  /** `within` is called in the transaction that makes the slices durable: what it writes is there exactly when they are. */
  async append(replicaSetId: string, slices: readonly SliceToAppend[], within?: () => void): Promise<void> {
    await this.#exclusive(replicaSetId, async ({ index, appender }) => {
      let last = lastOf(index);
      for (const { info } of slices) {
        checkPlace(info, last);
        last = info;
      }
      await appender.append(slices, within);
    });
  }

  async last(replicaSetId: string): Promise<SliceInfo | null> {
    return lastOf((await this.#set(replicaSetId)).index);
  }

  async *read(
    replicaSetId: string,
    after: bigint,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly info: SliceInfo; readonly content: Buffer }, void, void> {
    const set = await this.#set(replicaSetId);
    let before: SliceInfo | undefined;
    for (let from = after; ; ) {
      const page = set.index.page(from, pageRows);
      const newest = page.at(-1);
      if (newest === undefined) return;
      for (const row of page) {
        signal.throwIfAborted();
        const slice = await this.#readRow(set, row);
        if (before !== undefined && !follows(slice.info, before))
          throw unreadable(set, row, 'the slice before it is not here');
        before = slice.info;
        yield slice;
      }
      from = newest.last;
    }
  }

  async spans(
    replicaSetId: string,
  ): Promise<readonly { readonly first: bigint; readonly last: bigint; readonly bytes: number }[]> {
    const { index } = await this.#set(replicaSetId);
    const oldest = index.oldest();
    if (oldest === undefined) return [];
    const beginnings = index.beginnings().filter(({ last }) => last > oldest.last);
    return [oldest, ...beginnings].map(({ first, last }, at) => {
      const next = beginnings[at];
      const newest = (next === undefined ? index.newest() : index.newestBefore(next.last))?.last ?? last;
      return { first, last: newest, bytes: index.bytesBetween(last, newest) };
    });
  }

  async drop(replicaSetId: string, before: bigint): Promise<void> {
    await this.#exclusive(replicaSetId, async (set) => {
      const newest = set.index.newest()?.segment;
      const old = set.index.segmentsBefore(before).filter((segment) => segment !== newest);
      if (old.length === 0) return;
      set.index.transaction(() => {
        for (const segment of old) set.index.markRemoved(segment);
      });
      await removeFiles(set);
    });
  }

  async removeAll(replicaSetId: string): Promise<void> {
    await this.#exclusive(replicaSetId, async (set) => {
      await set.appender.close();
      set.index.transaction(() => {
        for (const { id } of set.index.segments()) set.index.markRemoved(id);
        set.index.setLast(null);
      });
      await removeFiles(set);
    });
  }

  async bytes(replicaSetId: string): Promise<number> {
    return (await this.#set(replicaSetId)).index.segments().reduce((sum, { bytes }) => sum + bytes, 0);
  }

  async verify(replicaSetId: string, onDamage: (damage: SliceDamage) => void, signal: AbortSignal): Promise<void> {
    const set = await this.#set(replicaSetId);
    let segment = -1;
    for (let from = 0n; ; ) {
      const page = set.index.page(from, pageRows);
      const newest = page.at(-1);
      if (newest === undefined) return;
      for (const row of page) {
        signal.throwIfAborted();
        const report = (thrown: unknown): void => {
          // It went while it was read.
          if (!set.index.segments().some(({ id }) => id === row.segment)) return;
          const why = thrown instanceof Error ? thrown.message : String(thrown);
          onDamage({ first: row.first, last: row.last, path: set.files.path(row.segment), why });
        };
        if (row.segment !== segment) await checkHeader(set, row.segment, replicaSetId).catch(report);
        segment = row.segment;
        await this.#readRow(set, row).catch(report);
      }
      from = newest.last;
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#turns.values());
    for (const opened of this.#sets.values()) {
      const set = await opened.catch(() => undefined);
      await set?.appender.close();
      await set?.files.close();
    }
    this.#sets.clear();
  }

  async #readRow(set: SetLog, row: SliceRow): Promise<{ info: SliceInfo; content: Buffer }> {
    try {
      const record = await set.files.read(row.segment, row.at, sliceHeaderBytes + row.length);
      const { info, frame } = readSlice(record, this.#options.keys);
      if (info.first !== row.first || info.last.ts !== row.last)
        throw new AppError('FORMAT_INVALID', 'it is another slice');
      const content = unpack(info, frame);
      releaseBytes(record);
      return { info, content };
    } catch (thrown) {
      throw unreadable(set, row, thrown instanceof Error ? thrown.message : String(thrown), thrown);
    }
  }

  #set(replicaSetId: string): Promise<SetLog> {
    let found = this.#sets.get(replicaSetId);
    if (found === undefined) {
      found = this.#openSet(replicaSetId);
      this.#sets.set(replicaSetId, found);
      found.catch(() => this.#sets.delete(replicaSetId));
    }
    return found;
  }

  async #openSet(replicaSetId: string): Promise<SetLog> {
    if (!/^[0-9a-zA-Z_-]{1,50}$/.test(replicaSetId)) {
      throw new AppError('INTERNAL', `"${replicaSetId.slice(0, 60)}" cannot be the name of a folder`);
    }
    const { database, folder, keys, segmentBytes = defaultSegmentBytes } = this.#options;
    const index = new SliceIndex(database, replicaSetId);
    const files = new NumberedFiles(join(folder, replicaSetId), 'segment');
    const appender = new SegmentAppender(index, files, { replicaSetId, keys, segmentBytes });
    const set = { index, files, appender };
    if (!database.readOnly) {
      await appender.recover();
      await removeFiles(set);
    }
    return set;
  }

  async #exclusive(replicaSetId: string, work: (set: SetLog) => Promise<void>): Promise<void> {
    const before = this.#turns.get(replicaSetId) ?? Promise.resolve();
    const turn = before.then(async () => await work(await this.#set(replicaSetId)));
    const settled = turn.catch(() => undefined);
    this.#turns.set(replicaSetId, settled);
    try {
      await turn;
    } finally {
      if (this.#turns.get(replicaSetId) === settled) this.#turns.delete(replicaSetId);
    }
  }
}

async function removeFiles({ index, files }: SetLog): Promise<void> {
  for (const segment of index.removedSegments()) {
    await files.remove(segment);
    index.forgetSegment(segment);
  }
}

function lastOf(index: SliceIndex): SliceInfo | null {
  const noted = index.last();
  return noted === null ? null : unpackInfo(noted);
}

/** A slice follows the one before it, or begins a capture after it. @throws SLICE_GAP */
function checkPlace(info: SliceInfo, last: SliceInfo | null): void {
  if (info.first > info.last.ts) throw gap(info, last, 'it ends before it begins');
  if (last !== null && info.first <= last.last.ts) throw gap(info, last, 'it begins before the log ends');
  if (info.after !== null && (last === null || !follows(info, last)))
    throw gap(info, last, 'it does not go on where the log ends');
  const chain = createHash('sha256')
    .update(info.after === null ? noChain : (last?.chain ?? noChain))
    .update(info.hash);
  if (!chain.digest().equals(info.chain)) throw gap(info, last, 'its chain is another one');
}

function follows(info: SliceInfo, before: SliceInfo): boolean {
  return info.after === null || (info.after.ts === before.last.ts && info.after.term === before.last.term);
}

function gap(info: SliceInfo, last: SliceInfo | null, why: string): AppError {
  return new AppError('SLICE_GAP', `the slice from ${timestampText(info.first)} cannot be appended: ${why}`, {
    details: {
      checkpoint: last === null ? null : { ts: timestampText(last.last.ts), term: last.last.term },
      chain: last === null ? null : last.chain.toString('hex'),
    },
  });
}

/** Decompresses to no more than the slice says, and checks its hash. @throws FORMAT_INVALID */
function unpack(info: SliceInfo, frame: Buffer): Buffer {
  if (info.contentBytes > maxSliceContentBytes)
    throw new AppError('FORMAT_INVALID', `it says ${info.contentBytes} bytes of entries`);
  // In one buffer: Node would else make many small ones and join them.
  const room = { maxOutputLength: Math.max(info.contentBytes, 1), chunkSize: Math.max(info.contentBytes + 1, 64) };
  const content = zstdDecompressSync(frame, room);
  if (content.length !== info.contentBytes || !createHash('sha256').update(content).digest().equals(info.hash)) {
    throw new AppError('FORMAT_INVALID', 'its entries do not have the hash that it says');
  }
  return content;
}

/** Slices are found without it; whoever has the files alone needs it. */
async function checkHeader(set: SetLog, segment: number, replicaSetId: string): Promise<void> {
  const header = await set.files.read(segment, 0, segmentHeaderBytes);
  if (header.equals(writeSegmentHeader(segment, replicaSetId))) return;
  throw new AppError('FORMAT_INVALID', 'the first bytes of the segment are damaged; its slices can be read');
}

function unreadable({ files }: SetLog, row: SliceRow, why: string, cause?: unknown): AppError {
  const path = files.path(row.segment);
  const first = timestampText(row.first);
  return new AppError('STORE_CORRUPT', `the oplog from ${first} in ${path} at byte ${row.at} cannot be read: ${why}`, {
    cause,
    details: { first, last: timestampText(row.last), segment: path, at: row.at },
    hint: 'Restore points before it are whole. Start a resync, so that new ones can be made.',
  });
}
