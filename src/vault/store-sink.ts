import type { BlockSink, BlockSource } from '../blocks/ports.ts';
import type { BlockStore } from './ports.ts';

const batchBytes = 4 * 2 ** 20;

/** Gathers blocks on their way to the store, so that many share one fsync. What was put is readable at once. */
export class StoreSink implements BlockSink, BlockSource {
  readonly #store: BlockStore;
  #waiting = new Map<string, { readonly id: Buffer; readonly stored: Buffer }>();
  #bytes = 0;
  #newBytes = 0;

  constructor(store: BlockStore) {
    this.#store = store;
  }

  /** Bytes that the store did not hold before. */
  get newBytes(): number {
    return this.#newBytes;
  }

  async put(id: Buffer, stored: Buffer): Promise<void> {
    this.#waiting.set(id.toString('latin1'), { id, stored });
    this.#bytes += stored.length;
    if (this.#bytes >= batchBytes) await this.flush();
  }

  async read(id: Buffer): Promise<Buffer> {
    return this.#waiting.get(id.toString('latin1'))?.stored ?? this.#store.read(id);
  }

  /** Everything that was put is durable when it resolves. */
  async flush(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const { newBytes } = await this.#store.put([...this.#waiting.values()]);
    this.#newBytes += newBytes;
    this.#waiting = new Map();
    this.#bytes = 0;
  }
}
