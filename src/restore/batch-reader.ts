import { forEachDocument } from '../query/document-block.ts';
import type { RestoreSource, SourceChunk } from './ports.ts';
import { batchLimits, type DocumentBatch } from './raw-insert.ts';

const readBytes = 8 * 2 ** 20;

/** A collection's documents in order, in batches that one insert takes. Reads one answer of the source ahead. */
export async function* readBatches(
  source: RestoreSource,
  uuid: string,
  signal: AbortSignal,
): AsyncGenerator<DocumentBatch, void, void> {
  const builder = new BatchBuilder();
  for await (const chunk of readChunks(source, uuid, signal)) yield* builder.take(chunk);
  yield* builder.finish();
}

/** All chunks of a collection, in order. */
export async function* readChunks(
  source: RestoreSource,
  uuid: string,
  signal: AbortSignal,
): AsyncGenerator<SourceChunk, void, void> {
  let coming = source.chunks(uuid, null, readBytes, signal);
  for (;;) {
    const chunks = await coming;
    const last = chunks.at(-1);
    if (last === undefined) return;
    if (last.isLast === true) return yield* chunks;
    coming = source.chunks(uuid, last.lastKey, readBytes, signal);
    // Nobody waits for it while the chunks before it are worked on; a failure is thrown by the next await.
    coming.catch(() => {});
    yield* chunks;
  }
}

class BatchBuilder {
  /** Grows: there may be ten thousand collections of one document. */
  #bytes = Buffer.alloc(0);
  #length = 0;
  #count = 0;

  take({ stored }: SourceChunk): DocumentBatch[] {
    const full: DocumentBatch[] = [];
    forEachDocument(stored, (bytes, start, end) => {
      const batch = this.#makeRoom(end - start);
      if (batch !== undefined) full.push(batch);
      this.#length += bytes.copy(this.#bytes, this.#length, start, end);
      this.#count++;
    });
    return full;
  }

  finish(): DocumentBatch[] {
    return this.#count === 0 ? [] : [this.#close()];
  }

  #makeRoom(size: number): DocumentBatch | undefined {
    const isFull = this.#length + size > batchLimits.bytes || this.#count === batchLimits.documents;
    const closed = isFull && this.#count > 0 ? this.#close() : undefined;
    if (closed !== undefined) this.#bytes = Buffer.allocUnsafe(Math.max(size, batchLimits.bytes));
    const needed = this.#length + size;
    if (needed > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(needed, Math.min(batchLimits.bytes, this.#bytes.length * 2)));
      this.#bytes.copy(grown, 0, 0, this.#length);
      this.#bytes = grown;
    }
    return closed;
  }

  #close(): DocumentBatch {
    const batch = { bytes: this.#bytes.subarray(0, this.#length), count: this.#count };
    this.#bytes = Buffer.alloc(0);
    this.#length = 0;
    this.#count = 0;
    return batch;
  }
}
