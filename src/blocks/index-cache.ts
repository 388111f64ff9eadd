import type { IndexContent } from './index-block.ts';

const defaultBytes = 8 * 1024 * 1024;

/** Index blocks that were read lately, at most so many bytes of them. */
export class IndexCache {
  readonly #found = new Map<string, IndexContent>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes = defaultBytes) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(id: Buffer): IndexContent | undefined {
    const name = id.toString('latin1');
    const index = this.#found.get(name);
    if (index === undefined) return undefined;
    this.#found.delete(name);
    this.#found.set(name, index);
    return index;
  }

  add(id: Buffer, index: IndexContent): void {
    if (index.size > this.#maxBytes || this.get(id) !== undefined) return;
    this.#found.set(id.toString('latin1'), index);
    this.#bytes += index.size;
    for (const [name, oldest] of this.#found) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#found.delete(name);
      this.#bytes -= oldest.size;
    }
  }
}
