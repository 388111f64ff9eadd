import type { FileHandle } from 'node:fs/promises';
import type { Clock } from '../../runtime/clock.ts';
import type { BlockIndex, PlacedBlock } from '../sqlite/block-index.ts';
import { diskError } from './disk-error.ts';
import { type NumberedFiles, writeFully } from './numbered-files.ts';
import { packHeaderBytes, writePackHeader, writeRecord } from './pack-format.ts';
import type { DataKeys } from './sealed-bytes.ts';

export interface StoredBlock {
  readonly id: Buffer;
  readonly stored: Buffer;
}

/** What was written and synced, but is not in the index yet. */
export interface Appended {
  readonly places: readonly PlacedBlock[];
  /** To be called inside of the transaction that adds the places. */
  record(): void;
  /** After it: appending goes on behind these bytes. */
  keep(): void;
  /** When it failed: the bytes go. */
  undo(): Promise<void>;
}

interface OpenPack {
  readonly pack: number;
  readonly handle: FileHandle;
  /** Known to the index. */
  readonly bytes: number;
}
interface Written {
  readonly pack: number;
  readonly handle: FileHandle;
  bytes: number;
  blocks: number;
  sealed: boolean;
}

/** Appends to one pack after the other. Calls must not overlap: one is recorded and kept, or given up, before the next. */
export class PackAppender {
  readonly #index: BlockIndex;
  readonly #files: NumberedFiles;
  readonly #clock: Clock;
  readonly #groupId: string;
  readonly #keys: DataKeys | undefined;
  readonly #packBytes: number;
  #open: OpenPack | undefined;

  constructor(
    index: BlockIndex,
    files: NumberedFiles,
    options: { groupId: string; clock: Clock; keys: DataKeys | undefined; packBytes: number },
  ) {
    this.#index = index;
    this.#files = files;
    this.#clock = options.clock;
    this.#groupId = options.groupId;
    this.#keys = options.keys;
    this.#packBytes = options.packBytes;
  }

  /** Finds the pack that was appended to last, and cuts off what a crash left behind its durable end. */
  async recover(): Promise<void> {
    for (const { id, bytes } of this.#index.packs().filter((pack) => pack.sealedAtMs === null)) {
      if (bytes === 0) {
        this.#index.markRemoved(id);
        continue;
      }
      const handle = await this.#reopen(id, bytes);
      if (handle === undefined || this.#open !== undefined) {
        await handle?.close();
        this.#index.seal(id, this.#clock.now());
      } else this.#open = { pack: id, handle, bytes };
    }
  }

  /** Writes and syncs. @throws STORE_FULL: nothing was changed then */
  async append(blocks: readonly StoredBlock[]): Promise<Appended> {
    const key = this.#keys?.current();
    const written: Written[] = [];
    const places: PlacedBlock[] = [];
    let pending: Buffer[] = [];
    let current: Written | undefined;
    let start = 0;
    try {
      for (const { id, stored } of blocks) {
        if (current === undefined) {
          current = await this.#next(written.length === 0);
          written.push(current);
          start = current.bytes;
        }
        const [header, body] = writeRecord(id, stored, key);
        places.push({ id, pack: current.pack, at: current.bytes, length: body.length });
        pending.push(header, body);
        current.bytes += header.length + body.length;
        current.blocks++;
        current.sealed = current.bytes >= this.#packBytes;
        if (!current.sealed) continue;
        await writeFully(current.handle, pending, start);
        pending = [];
        current = undefined;
      }
      if (current !== undefined) await writeFully(current.handle, pending, start);
      for (const { handle } of written) await handle.datasync();
    } catch (thrown) {
      await this.#giveUp(written);
      throw diskError(thrown, this.#files.folder);
    }
    return {
      places,
      record: () => this.#record(written),
      keep: () => this.#keep(written),
      undo: () => this.#giveUp(written),
    };
  }

  /** What comes next goes into a new pack. */
  async sealOpen(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#index.seal(open.pack, this.#clock.now());
    this.#open = undefined;
    await open.handle.close();
  }

  async close(): Promise<void> {
    await this.#open?.handle.close();
    this.#open = undefined;
  }

  async #next(mayGoOn: boolean): Promise<Written> {
    const open = this.#open;
    if (mayGoOn && open !== undefined) return { ...open, blocks: 0, sealed: false };
    // The row comes first: a file without a row is never made, so one that is found is of an older index.
    const pack = this.#index.addPack();
    let handle: FileHandle | undefined;
    try {
      handle = await this.#files.openForAppend(pack, true);
      await writeFully(handle, [writePackHeader({ groupId: this.#groupId, pack })], 0);
      return { pack, handle, bytes: packHeaderBytes, blocks: 0, sealed: false };
    } catch (thrown) {
      await handle?.close();
      await this.#files.remove(pack).catch(() => undefined);
      this.#sealQuietly(pack, 0);
      throw thrown;
    }
  }

  #record(written: readonly Written[]): void {
    for (const { pack, bytes, blocks, sealed } of written) {
      this.#index.grow(pack, bytes, blocks);
      if (sealed) this.#index.seal(pack, this.#clock.now());
    }
  }

  #keep(written: readonly Written[]): void {
    const last = written.at(-1);
    if (last === undefined) return;
    for (const { handle, sealed } of written) if (sealed) void handle.close().catch(() => undefined);
    this.#open = last.sealed ? undefined : { pack: last.pack, handle: last.handle, bytes: last.bytes };
  }

  /**
   * A failed sync may have lost pages that the next one no longer reports, so nothing is appended to these packs again; what
   * the index knows of them was synced before.
   */
  async #giveUp(written: readonly Written[]): Promise<void> {
    for (const { pack, handle } of written) {
      const known = this.#open?.pack === pack ? this.#open.bytes : 0;
      await handle.truncate(known).catch(() => undefined);
      await handle.close().catch(() => undefined);
      if (known === 0) await this.#files.remove(pack).catch(() => undefined);
      this.#sealQuietly(pack, known);
      if (known > 0) this.#open = undefined;
    }
  }

  /** On a full disk this may fail too; the next start seals it. */
  #sealQuietly(pack: number, known: number): void {
    try {
      if (known === 0) this.#index.markRemoved(pack);
      else this.#index.seal(pack, this.#clock.now());
    } catch {
      // recover() does it
    }
  }

  async #reopen(pack: number, bytes: number): Promise<FileHandle | undefined> {
    try {
      const handle = await this.#files.openForAppend(pack, false);
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
