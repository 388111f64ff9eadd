import { timestampText } from '../../../src/model/optime.ts';
import { AppError } from '../../../src/runtime/errors.ts';
import type { BlockStore, SliceInfo, SliceLog } from '../../../src/vault/ports.ts';

/** Blocks in memory, with pins and collection as the ports ask for them. */
export class MemoryBlocks implements BlockStore {
  readonly blocks = new Map<string, Buffer>();
  /** Each would be an fsync. */
  puts = 0;
  readonly #pins = new Set<Set<string>>();

  async has(ids: readonly Buffer[]) {
    return ids.map((id) => this.#touch(id));
  }
  async put(blocks: readonly { readonly id: Buffer; readonly stored: Buffer }[], within?: () => void) {
    this.puts++;
    within?.();
    let newBlocks = 0;
    let newBytes = 0;
    for (const { id, stored } of blocks) {
      if (!this.blocks.has(id.toString('hex'))) {
        newBlocks++;
        newBytes += stored.length;
        this.blocks.set(id.toString('hex'), Buffer.from(stored));
      }
      this.#touch(id);
    }
    return { newBlocks, newBytes };
  }
  async read(id: Buffer) {
    const found = this.blocks.get(id.toString('hex'));
    if (found === undefined) throw new AppError('STORE_CORRUPT', `block ${id.toString('hex')} is not there`);
    return found;
  }
  pin() {
    const touched = new Set<string>();
    this.#pins.add(touched);
    return { release: () => void this.#pins.delete(touched) };
  }
  async collect(mark: (markLive: (id: Buffer) => void) => Promise<void>) {
    const pin = this.pin();
    const live = new Set<string>();
    await mark((id) => live.add(id.toString('hex')));
    let freedBytes = 0;
    for (const [id, stored] of this.blocks) {
      if (live.has(id) || [...this.#pins].some((touched) => touched.has(id))) continue;
      freedBytes += stored.length;
      this.blocks.delete(id);
    }
    pin.release();
    return { freedBytes, rewrittenBytes: 0, removedPacks: 0 };
  }
  async verify() {}
  async use() {
    const bytes = [...this.blocks.values()].reduce((sum, { length }) => sum + length, 0);
    return { blocks: this.blocks.size, bytes, deadBytes: 0, plainBytes: 0 };
  }
  #touch(id: Buffer): boolean {
    const name = id.toString('hex');
    if (!this.blocks.has(name)) return false;
    for (const touched of this.#pins) touched.add(name);
    return true;
  }
}

/** Slices in memory. */
export class MemorySlices implements SliceLog {
  readonly #sets = new Map<string, { info: SliceInfo; content: Buffer }[]>();
  readonly #unpack: (frame: Buffer) => Buffer;
  #damaged = -1n;

  constructor(unpack: (frame: Buffer) => Buffer) {
    this.#unpack = unpack;
  }
  /** The slice with this entry cannot be read from here on. */
  damage(ts: bigint) {
    this.#damaged = ts;
  }
  of(replicaSetId: string) {
    const found = this.#sets.get(replicaSetId) ?? [];
    this.#sets.set(replicaSetId, found);
    return found;
  }
  async append(replicaSetId: string, slices: readonly { readonly info: SliceInfo; readonly frame: Buffer }[]) {
    for (const { info, frame } of slices) {
      const last = this.of(replicaSetId).at(-1);
      if (info.after !== null && info.after.ts !== last?.info.last.ts)
        throw new AppError('SLICE_GAP', `${timestampText(info.first)} does not follow`);
      this.of(replicaSetId).push({ info, content: this.#unpack(frame) });
    }
  }
  async last(replicaSetId: string) {
    return this.of(replicaSetId).at(-1)?.info ?? null;
  }
  async *read(replicaSetId: string, after: bigint) {
    for (const slice of [...this.of(replicaSetId)]) {
      if (slice.info.last.ts <= after) continue;
      if (slice.info.first <= this.#damaged && slice.info.last.ts >= this.#damaged)
        throw new AppError('STORE_CORRUPT', `the slice from ${timestampText(slice.info.first)} is damaged`);
      yield slice;
    }
  }
  async spans(replicaSetId: string) {
    const spans: { first: bigint; last: bigint; bytes: number }[] = [];
    for (const { info } of this.of(replicaSetId)) {
      const open = spans.at(-1);
      if (info.after === null || open === undefined) spans.push({ first: info.first, last: info.last.ts, bytes: 1 });
      else open.last = info.last.ts;
    }
    return spans;
  }
  async drop(replicaSetId: string, before: bigint) {
    this.#sets.set(
      replicaSetId,
      this.of(replicaSetId).filter(({ info }) => info.last.ts >= before),
    );
  }
  async removeAll(replicaSetId: string) {
    this.#sets.delete(replicaSetId);
  }
  async bytes(replicaSetId: string) {
    return this.of(replicaSetId).reduce((sum, { info }) => sum + info.storedBytes, 0);
  }
  /** Memory does not rot. */
  async verify() {}
}

export const groupKey = Buffer.alloc(32, 7);
