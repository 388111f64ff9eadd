import type { DocumentChunk } from './merge-documents.ts';

/** A chunk of a read that came to its end may say so. */
export interface ReadChunk extends DocumentChunk {
  /** Nothing follows it; otherwise that is not known. */
  readonly isLast?: true;
}

function withLast(chunks: readonly DocumentChunk[]): ReadChunk[] {
  return chunks.map((chunk, index) => (index === chunks.length - 1 ? { ...chunk, isLast: true } : chunk));
}

interface Kept {
  readonly owner: object;
  /** Last key that was given out. */
  readonly after: Buffer;
  readonly chunks: AsyncGenerator<DocumentChunk, void, void>;
}

/** Each may hold a block of every run of a collection. */
const mostKept = 4;

/**
 * Reads collections piece by piece for callers that come back with the last key they got. Beginning anew costs a block of each run, so the few reads
 * that were used last are kept where they stand.
 */
export class ChunkReads {
  readonly #most: number;
  /** The one used last stands last. */
  #kept: Kept[] = [];

  constructor(most = mostKept) {
    this.#most = most;
  }

  /**
   * The chunks after a key (null: from the beginning), up to about `maxBytes` of content: one at least, none at the end. `owner` tells collections of
   * views apart by identity; `begin` opens the chunks after that key.
   */
  async read(
    owner: object,
    after: Buffer | null,
    maxBytes: number,
    begin: () => AsyncGenerator<DocumentChunk, void, void>,
  ): Promise<ReadChunk[]> {
    const chunks = this.#take(owner, after) ?? begin();
    const found: DocumentChunk[] = [];
    for (let bytes = 0; bytes < maxBytes; ) {
      const next = await chunks.next();
      if (next.done === true) return withLast(found);
      found.push(next.value);
      bytes += next.value.contentBytes;
    }
    const last = found.at(-1);
    if (last !== undefined) await this.#keep({ owner, after: Buffer.from(last.lastKey), chunks });
    return found;
  }

  /** Lets go of what is kept of one owner, or of all. */
  async forget(owner?: object): Promise<void> {
    const gone = this.#kept.filter((kept) => owner === undefined || kept.owner === owner);
    this.#kept = this.#kept.filter((kept) => !gone.includes(kept));
    for (const { chunks } of gone) await chunks.return();
  }

  #take(owner: object, after: Buffer | null): AsyncGenerator<DocumentChunk, void, void> | undefined {
    if (after === null) return undefined;
    const at = this.#kept.findIndex((kept) => kept.owner === owner && kept.after.equals(after));
    return at < 0 ? undefined : this.#kept.splice(at, 1)[0]?.chunks;
  }

  async #keep(kept: Kept): Promise<void> {
    this.#kept.push(kept);
    while (this.#kept.length > this.#most) await this.#kept.shift()?.chunks.return();
  }
}
