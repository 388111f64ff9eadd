import type { FileHandle } from 'node:fs/promises';
import type { SliceInfo } from '../../vault/ports.ts';
import type { SliceIndex, SliceRow } from '../sqlite/slice-index.ts';
import { diskError } from './disk-error.ts';
import { type NumberedFiles, writeFully } from './numbered-files.ts';
import type { DataKeys } from './sealed-bytes.ts';
import { packInfo, segmentHeaderBytes, writeSegmentHeader, writeSlice } from './segment-format.ts';

export interface SliceToAppend {
  readonly info: SliceInfo;
  readonly frame: Buffer;
}
interface OpenSegment {
  readonly segment: number;
  readonly handle: FileHandle;
  /** Known to the index. */
  readonly bytes: number;
}

/** Appends to one segment after the other. Calls must not overlap. */
export class SegmentAppender {
  readonly #index: SliceIndex;
  readonly #files: NumberedFiles;
  readonly #replicaSetId: string;
  readonly #keys: DataKeys | undefined;
  readonly #segmentBytes: number;
  #open: OpenSegment | undefined;

  constructor(
    index: SliceIndex,
    files: NumberedFiles,
    options: { replicaSetId: string; keys: DataKeys | undefined; segmentBytes: number },
  ) {
    this.#index = index;
    this.#files = files;
    this.#replicaSetId = options.replicaSetId;
    this.#keys = options.keys;
    this.#segmentBytes = options.segmentBytes;
  }

  /** Finds the segment that was appended to last, and cuts off what a crash left behind its durable end. */
  async recover(): Promise<void> {
    for (const { id, bytes, sealed } of this.#index.segments()) {
      if (sealed) continue;
      const handle = bytes === 0 ? undefined : await this.#reopen(id, bytes);
      if (handle !== undefined && this.#open === undefined) this.#open = { segment: id, handle, bytes };
      else {
        await handle?.close();
        if (bytes === 0) this.#index.markRemoved(id);
        else this.#index.seal(id);
      }
    }
  }

  /** Slices in their order into one segment: written, synced, then in the index; `within` is called in that transaction. */
  async append(slices: readonly SliceToAppend[], within: (() => void) | undefined): Promise<void> {
    const last = slices.at(-1);
    if (last === undefined) return;
    const { segment, handle, bytes } = this.#open ?? (await this.#begin());
    const rows: SliceRow[] = [];
    const parts: Buffer[] = [];
    const key = this.#keys?.current();
    let at = bytes;
    for (const { info, frame } of slices) {
      const [header, body] = writeSlice(info, frame, key);
      parts.push(header, body);
      rows.push({
        first: info.first,
        last: info.last.ts,
        begins: info.after === null,
        segment,
        at,
        length: body.length,
      });
      at += header.length + body.length;
    }
    const isFull = at >= this.#segmentBytes;
    try {
      await writeFully(handle, parts, bytes);
      await handle.datasync();
      this.#index.transaction(() => {
        for (const row of rows) this.#index.add(row);
        this.#index.setLast(packInfo(last.info));
        this.#index.grow(segment, at);
        if (isFull) this.#index.seal(segment);
        within?.();
      });
    } catch (thrown) {
      await this.#giveUp({ segment, handle, bytes });
      throw diskError(thrown, this.#files.path(segment));
    }
    this.#open = isFull ? undefined : { segment, handle, bytes: at };
    if (isFull) await handle.close();
  }

  async close(): Promise<void> {
    await this.#open?.handle.close();
    this.#open = undefined;
  }

  async #begin(): Promise<OpenSegment> {
    // The row comes first: a file without a row is never made.
    const segment = this.#index.addSegment();
    let handle: FileHandle | undefined;
    try {
      handle = await this.#files.openForAppend(segment, true);
      await writeFully(handle, [writeSegmentHeader(segment, this.#replicaSetId)], 0);
      return { segment, handle, bytes: segmentHeaderBytes };
    } catch (thrown) {
      if (handle !== undefined) await this.#giveUp({ segment, handle, bytes: segmentHeaderBytes });
      throw diskError(thrown, this.#files.path(segment));
    }
  }

  /** A failed sync may have lost pages that the next one no longer reports: nothing is appended to this segment again. */
  async #giveUp({ segment, handle, bytes }: OpenSegment): Promise<void> {
    this.#open = undefined;
    const isEmpty = bytes <= segmentHeaderBytes;
    await handle.truncate(isEmpty ? 0 : bytes).catch(() => undefined);
    await handle.close().catch(() => undefined);
    if (isEmpty) await this.#files.remove(segment).catch(() => undefined);
    try {
      if (isEmpty) this.#index.markRemoved(segment);
      else this.#index.seal(segment);
    } catch {
      // The disk is full for this as well; recover() does it.
    }
  }

  async #reopen(segment: number, bytes: number): Promise<FileHandle | undefined> {
    try {
      const handle = await this.#files.openForAppend(segment, false);
      const { size } = await handle.stat();
      if (size > bytes) await handle.truncate(bytes);
      if (size >= bytes) return handle;
      await handle.close();
      return undefined;
    } catch {
      // Whoever reads it is told; here it is enough that nothing more is put into it.
      return undefined;
    }
  }
}
