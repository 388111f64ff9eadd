import { mkdir } from 'node:fs/promises';
import type { Clock } from '../../runtime/clock.ts';
import { AppError } from '../../runtime/errors.ts';
import type { BlockDamage, BlockStore, BlockUse, CollectResult } from '../../vault/ports.ts';
import { BlockIndex } from '../sqlite/block-index.ts';
import type { VaultDatabase } from '../sqlite/vault-database.ts';
import { missingBlock, unreadableBlock } from './block-error.ts';
import { PinnedIds } from './id-filter.ts';
import { NumberedFiles } from './numbered-files.ts';
import { type Appended, PackAppender, type StoredBlock } from './pack-appender.ts';
import { PackCollection } from './pack-collection.ts';
import { readRecord, recordHeaderBytes } from './pack-format.ts';
import { rebuildIndex, verifyPacks } from './pack-verify.ts';
import { plainPacks } from './plain-packs.ts';
import type { DataKeys } from './sealed-bytes.ts';

export interface PackStoreOptions {
  /** With the schema part `blocks` (block-migrations.ts). */
  readonly database: VaultDatabase;
  /** The group's folder of packs, which nothing else writes to. */
  readonly folder: string;
  readonly groupId: string;
  readonly clock: Clock;
  /** Not given: nothing is encrypted. */
  readonly keys?: DataKeys;
  /** Checks what a block holds against its id, for `verify`. @throws FORMAT_INVALID */
  readonly checkContent?: (id: Buffer, stored: Buffer) => void;
  /** A pack is sealed when it reaches this size. */
  readonly packBytes?: number;
  /** Packs sealed later than this long ago are not collected from. */
  readonly graceMs?: number;
}

interface Waiting {
  readonly blocks: readonly StoredBlock[];
  readonly within: (() => void) | undefined;
  readonly resolve: (result: PutResult) => void;
  readonly reject: (error: unknown) => void;
}
interface PutResult {
  readonly newBlocks: number;
  readonly newBytes: number;
}

const defaultPackBytes = 32 * 1024 * 1024;
const defaultGraceMs = 60 * 60_000;
/** Bytes of puts that share one sync. */
const maxGroupBytes = 32 * 1024 * 1024;

/** Opens the store of a group: recovers from a crash, removes files that were given up. */
export async function openPackStore(options: PackStoreOptions): Promise<PackStore> {
  const store = new PackStore(options);
  await store.recover();
  return store;
}

/**
 * Blocks of one group in packs (docs/formats/pack.md), found by an index in the vault's database. Order of what becomes durable: bytes, then
 * their index. Order of removal: the index, then bytes. So after a crash the index names nothing that is not there.
 */
export class PackStore implements BlockStore {
  readonly #options: PackStoreOptions;
  readonly #index: BlockIndex;
  readonly #files: NumberedFiles;
  readonly #appender: PackAppender;
  readonly #pins = new PinnedIds();
  #waiting: Waiting[] = [];
  #draining: Promise<void> | undefined;
  #collecting = false;
  /** Puts and collections take turns at appending. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Use openPackStore. */
  constructor(options: PackStoreOptions) {
    const { database, folder, groupId, clock, keys } = options;
    this.#options = options;
    this.#index = new BlockIndex(database, groupId);
    this.#files = new NumberedFiles(folder, 'pack');
    const packBytes = options.packBytes ?? defaultPackBytes;
    this.#appender = new PackAppender(this.#index, this.#files, { groupId, clock, keys, packBytes });
  }

  async recover(): Promise<void> {
    if (this.#options.database.readOnly) return;
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
    await this.#appender.recover();
    await this.#removeFiles();
  }

  async has(ids: readonly Buffer[]): Promise<readonly boolean[]> {
    return ids.map((id) => {
      const found = this.#index.find(id) !== undefined;
      if (found) this.#pins.touch(id);
      return found;
    });
  }

  /** `within` is called in the transaction that makes the blocks durable: what it writes is there exactly when they are. */
  put(blocks: readonly StoredBlock[], within?: () => void): Promise<PutResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ blocks, within, resolve, reject });
      this.#draining ??= this.#drain();
    });
  }

  async read(id: Buffer): Promise<Buffer> {
    const place = this.#index.find(id);
    if (place === undefined) throw missingBlock(id);
    try {
      return await this.#readAt(id, place.pack, place.at, place.length);
    } catch (thrown) {
      // A collection may have moved it meanwhile.
      const moved = this.#index.find(id);
      if (moved === undefined || (moved.pack === place.pack && moved.at === place.at)) throw thrown;
      return await this.#readAt(id, moved.pack, moved.at, moved.length);
    }
  }

  pin(): { release(): void } {
    return this.#pins.pin();
  }

  async collect(mark: (markLive: (id: Buffer) => void) => Promise<void>, signal: AbortSignal): Promise<CollectResult> {
    if (this.#collecting)
      throw new AppError('CONFLICT', 'a collection of this group runs already', { retryable: true });
    this.#collecting = true;
    const pin = this.#pins.pinAll();
    try {
      return await this.#collect(mark, signal);
    } finally {
      this.#collecting = false;
      pin.release();
    }
  }

  async #collect(mark: (markLive: (id: Buffer) => void) => Promise<void>, signal: AbortSignal): Promise<CollectResult> {
    await this.#exclusive(() => this.#appender.sealOpen());
    const collection = new PackCollection({
      index: this.#index,
      pins: this.#pins,
      sealedBeforeMs: this.#options.clock.now() - (this.#options.graceMs ?? defaultGraceMs),
      read: ({ id, pack, at, length }) => this.#readAt(id, pack, at, length),
      plain: await this.#plain(),
      move: (blocks, within) => this.#exclusive(() => this.#append(blocks, within)),
      removeFiles: () => this.#removeFiles(),
    });
    return await collection.run(mark, signal);
  }

  async verify(
    onDamage: (damage: BlockDamage) => void,
    onProgress: (doneBytes: number, allBytes: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { keys, groupId, checkContent } = this.#options;
    const proving = { keys, groupId, checkContent, onDamage, onProgress, signal };
    await verifyPacks({ index: this.#index, files: this.#files, ...proving });
  }

  async use(): Promise<BlockUse> {
    let plainBytes = 0;
    for (const bytes of (await this.#plain()).values()) plainBytes += bytes;
    return { ...this.#index.totals(), plainBytes };
  }

  async #plain(): Promise<ReadonlyMap<number, number>> {
    return this.#options.keys === undefined ? new Map() : plainPacks(this.#index, this.#files);
  }

  /** Takes in the packs of the folder that the index does not know: after it was lost. Answers how many blocks it learned. */
  async rebuildIndex(
    onDamage: (damage: BlockDamage) => void,
    signal: AbortSignal,
  ): Promise<{ readonly packs: number; readonly blocks: number }> {
    const { keys, groupId, clock } = this.#options;
    return await this.#exclusive(() =>
      rebuildIndex({ index: this.#index, files: this.#files, keys, groupId, nowMs: clock.now(), onDamage, signal }),
    );
  }

  /** Waits for puts. */
  async close(): Promise<void> {
    await this.#draining;
    await this.#turn.catch(() => undefined);
    await this.#appender.close();
    await this.#files.close();
  }

  async #drain(): Promise<void> {
    // One turn later, so that puts of the same turn share the sync.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#exclusive(() => this.#putGroup(group));
      } catch (thrown) {
        for (const { reject } of group) reject(thrown);
      }
    }
    this.#draining = undefined;
  }

  #nextGroup(): Waiting[] {
    let bytes = 0;
    let count = 0;
    for (const { blocks } of this.#waiting) {
      bytes += blocks.reduce((sum, { stored }) => sum + stored.length, 0);
      if (count > 0 && bytes > maxGroupBytes) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #putGroup(group: readonly Waiting[]): Promise<void> {
    // What is there already must still be there when the answer is given.
    const pin = this.#pins.pin();
    let answer: () => void;
    try {
      answer = await this.#putPinned(group);
    } finally {
      pin.release();
    }
    answer();
  }

  async #putPinned(group: readonly Waiting[]): Promise<() => void> {
    const fresh = new Map<string, StoredBlock>();
    const results = group.map(({ blocks }) => {
      let newBlocks = 0;
      let newBytes = 0;
      for (const block of blocks) {
        this.#pins.touch(block.id);
        const name = block.id.toString('latin1');
        if (fresh.has(name) || this.#index.find(block.id) !== undefined) continue;
        fresh.set(name, block);
        newBlocks++;
        newBytes += block.stored.length;
      }
      return { newBlocks, newBytes };
    });
    const refused = new Map<Waiting, unknown>();
    await this.#append([...fresh.values()], ({ places }) => {
      for (const { id, ...place } of places) this.#index.add(id, place);
      for (const waiting of group) {
        if (waiting.within === undefined) continue;
        try {
          this.#options.database.transaction(waiting.within);
        } catch (thrown) {
          refused.set(waiting, thrown);
        }
      }
    });
    return () => {
      for (const [at, waiting] of group.entries()) {
        if (refused.has(waiting)) waiting.reject(refused.get(waiting));
        else waiting.resolve(results[at] ?? { newBlocks: 0, newBytes: 0 });
      }
    };
  }

  async #append(blocks: readonly StoredBlock[], within: (appended: Appended) => void): Promise<void> {
    const appended = await this.#appender.append(blocks);
    try {
      this.#index.transaction(() => {
        within(appended);
        appended.record();
      });
    } catch (thrown) {
      await appended.undo();
      throw thrown;
    }
    appended.keep();
  }

  async #readAt(id: Buffer, pack: number, at: number, length: number): Promise<Buffer> {
    const record = await this.#files.read(pack, at, recordHeaderBytes + length).catch((thrown: unknown) => {
      throw unreadableBlock(id, this.#files.path(pack), at, thrown);
    });
    try {
      const block = readRecord(record, this.#options.keys);
      if (block.id.equals(id)) return block.stored;
    } catch (thrown) {
      throw unreadableBlock(id, this.#files.path(pack), at, thrown);
    }
    throw unreadableBlock(id, this.#files.path(pack), at, undefined);
  }

  async #removeFiles(): Promise<void> {
    for (const pack of this.#index.removedPacks()) {
      await this.#files.remove(pack);
      this.#index.forgetPack(pack);
    }
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}
