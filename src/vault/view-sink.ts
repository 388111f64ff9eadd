import type { BlockSink, BlockSource } from '../blocks/ports.ts';
import type { BlockStore } from './ports.ts';
import { StoreSink } from './store-sink.ts';

/** Blocks of a view's own runs: in memory up to a bound, in the store beyond it, where the view's pin keeps them. */
export class ViewSink implements BlockSink, BlockSource {
  readonly #store: BlockStore;
  readonly #spilled: StoreSink;
  readonly #held = new Map<string, Buffer>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(store: BlockStore, maxBytes: number) {
    this.#store = store;
    this.#spilled = new StoreSink(store);
    this.#maxBytes = maxBytes;
  }

  async put(id: Buffer, stored: Buffer): Promise<void> {
    if (this.#bytes + stored.length > this.#maxBytes) return this.#spilled.put(id, stored);
    this.#held.set(id.toString('latin1'), stored);
    this.#bytes += stored.length;
  }

  async read(id: Buffer): Promise<Buffer> {
    return this.#held.get(id.toString('latin1')) ?? this.#spilled.read(id);
  }

  /** The pin of the store holds what was spilled from here on. */
  pin(): { release(): void } {
    return this.#store.pin();
  }

  flush(): Promise<void> {
    return this.#spilled.flush();
  }
}
