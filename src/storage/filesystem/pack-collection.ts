import type { CollectResult } from '../../vault/ports.ts';
import type { BlockIndex, PlacedBlock } from '../sqlite/block-index.ts';
import { IdFilter, type PinnedIds } from './id-filter.ts';
import type { Appended, StoredBlock } from './pack-appender.ts';
import { packHeaderBytes, recordHeaderBytes } from './pack-format.ts';

/** A pack is rewritten when this share of it is dead. */
const rewriteShare = 0.6;
/** Of packs that are rewritten only to be encrypted, in one collection: others wait for its end. */
const mostPlainBytes = 16 * 1024 ** 3;
const pageRows = 2000;
/** Packs looked at in one pass over the index: about 400,000 blocks. */
const packsInPass = 1024;
/** Blocks moved in one step. */
const moveBytes = 8 * 1024 * 1024;

export interface CollectionOptions {
  readonly index: BlockIndex;
  readonly pins: PinnedIds;
  readonly sealedBeforeMs: number;
  /** Packs that were begun before the store was encrypted. */
  readonly plain: ReadonlyMap<number, number>;
  readonly read: (place: PlacedBlock) => Promise<Buffer>;
  /** Appends blocks; `within` is called in the transaction that records it. */
  readonly move: (blocks: readonly StoredBlock[], within: (appended: Appended) => void) => Promise<void>;
  readonly removeFiles: () => Promise<void>;
}

interface OldPack {
  readonly id: number;
  readonly bytes: number;
  /** How much of it is dead. */
  readonly share: number;
}

/**
 * One collection of garbage. What is live is held in a filter (2 bytes a block) that errs by keeping; the index is walked a page at a
 * time. Packs that were sealed after the grace period began, and blocks that were put or asked for since, stay.
 */
export class PackCollection {
  readonly #options: CollectionOptions;
  #freedBytes = 0;
  #rewrittenBytes = 0;
  #removedPacks = 0;

  constructor(options: CollectionOptions) {
    this.#options = options;
  }

  async run(mark: (markLive: (id: Buffer) => void) => Promise<void>, signal: AbortSignal): Promise<CollectResult> {
    const { index } = this.#options;
    const old = new Map(
      index
        .packs()
        .filter(({ sealedAtMs }) => sealedAtMs !== null && sealedAtMs <= this.#options.sealedBeforeMs)
        .map((pack) => [pack.id, pack]),
    );
    const live = new IdFilter(index.totals().blocks);
    await mark((id) => live.add(id));
    signal.throwIfAborted();
    const liveBytes = await this.#measure(live, signal);
    const shares = [...old.values()].map(({ id, bytes }) => ({
      id,
      bytes,
      share: 1 - (liveBytes.get(id) ?? 0) / bytes,
    }));
    const chosen = this.#choose(shares.toSorted((one, two) => two.share - one.share));
    // The most dead come first: they give room for what is rewritten after them.
    for (let at = 0; at < chosen.length; at += packsInPass) {
      const pass = new Map(chosen.slice(at, at + packsInPass).map(({ id, bytes }) => [id, bytes]));
      await this.#pick(pass, signal);
      for (const [pack, bytes] of pass) {
        signal.throwIfAborted();
        await this.#emptyPack(pack, bytes, live, signal);
      }
    }
    return {
      freedBytes: this.#freedBytes,
      rewrittenBytes: this.#rewrittenBytes,
      removedPacks: this.#removedPacks,
    };
  }

  /** Packs mostly dead, and those that are not encrypted although the store is. */
  #choose(packs: readonly OldPack[]): readonly OldPack[] {
    const chosen: OldPack[] = [];
    let plainBytes = 0;
    for (const pack of packs) {
      const isDead = pack.share >= rewriteShare;
      if (!isDead && (plainBytes >= mostPlainBytes || !this.#options.plain.has(pack.id))) continue;
      if (!isDead) plainBytes += pack.bytes;
      chosen.push(pack);
    }
    return chosen;
  }

  /** Live bytes of each pack; the index remembers what is dead. Space whose rows a collection removed before it was stopped is dead too. */
  async #measure(live: IdFilter, signal: AbortSignal): Promise<Map<number, number>> {
    const { index } = this.#options;
    const liveBytes = new Map<number, number>();
    await this.#walk(signal, (blocks) => {
      for (const { id, pack, length } of blocks) {
        if (live.has(id)) liveBytes.set(pack, (liveBytes.get(pack) ?? 0) + recordHeaderBytes + length);
      }
    });
    index.transaction(() => {
      for (const { id, bytes } of index.packs()) {
        index.setDead(id, Math.max(0, bytes - packHeaderBytes - (liveBytes.get(id) ?? 0)));
      }
    });
    return liveBytes;
  }

  async #pick(packs: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void> {
    const { index } = this.#options;
    index.beginPicked();
    await this.#walk(signal, (blocks) => {
      const wanted = blocks.filter(({ pack }) => packs.has(pack));
      if (wanted.length > 0) {
        index.transaction(() => {
          for (const block of wanted) index.pick(block);
        });
      }
    });
  }

  async #walk(signal: AbortSignal, take: (blocks: readonly PlacedBlock[]) => void): Promise<void> {
    let after: Buffer = Buffer.alloc(0);
    for (;;) {
      const page = this.#options.index.page(after, pageRows);
      const last = page.at(-1);
      if (last === undefined) return;
      take(page);
      after = Buffer.from(last.id);
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  }

  /** Moves what lives and forgets what is dead, a page at a time, then the pack. A crash between leaves bytes in two places, named in one. */
  async #emptyPack(pack: number, bytes: number, live: IdFilter, signal: AbortSignal): Promise<void> {
    const { index, removeFiles } = this.#options;
    let movedBytes = 0;
    let left = 0;
    for (let after = -1; ; ) {
      const page = index.picked(pack, after, pageRows);
      const last = page.at(-1);
      if (last === undefined) break;
      const done = await this.#emptyPage(pack, page, live);
      movedBytes += done.movedBytes;
      left += done.left;
      after = last.at;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
    this.#rewrittenBytes += movedBytes;
    if (left > 0) return;
    index.markRemoved(pack);
    await removeFiles();
    this.#freedBytes += bytes - movedBytes;
    this.#removedPacks++;
  }

  /** `left`: blocks that stay, because they cannot be read (`verify` reports them) or were asked for only now. */
  async #emptyPage(
    pack: number,
    page: readonly PlacedBlock[],
    live: IdFilter,
  ): Promise<{ readonly movedBytes: number; readonly left: number }> {
    const { index, pins, move } = this.#options;
    const lives = (id: Buffer): boolean => live.has(id) || pins.has(id);
    let movedBytes = 0;
    for (const batch of batches(page.filter(({ id }) => lives(id)))) {
      const found = await this.#readAll(batch);
      if (found.length === 0) continue;
      await move(found, ({ places }) => {
        for (const { id, ...place } of places) index.move(id, pack, place);
      });
      movedBytes += found.reduce((sum, { stored }) => sum + recordHeaderBytes + stored.length, 0);
    }
    let left = 0;
    index.transaction(() => {
      for (const { id } of page) {
        if (!lives(id)) index.remove(id, pack);
        else if (index.find(id)?.pack === pack) left++;
      }
      index.shrink(pack, page.length - left);
    });
    return { movedBytes, left };
  }

  /** Those that can be read. */
  async #readAll(batch: readonly PlacedBlock[]): Promise<StoredBlock[]> {
    const found: StoredBlock[] = [];
    for (const place of batch) {
      try {
        found.push({ id: place.id, stored: await this.#options.read(place) });
      } catch {
        // It stays where it is.
      }
    }
    return found;
  }
}

function* batches(blocks: readonly PlacedBlock[]): Generator<readonly PlacedBlock[], void, void> {
  let batch: PlacedBlock[] = [];
  let bytes = 0;
  for (const block of blocks) {
    if (bytes > 0 && bytes + block.length > moveBytes) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(block);
    bytes += block.length;
  }
  if (batch.length > 0) yield batch;
}
