import { readBatches } from '../batch-reader.ts';
import type { PlannedCollection } from '../plan.ts';
import type { RestoreSource } from '../ports.ts';
import type { DocumentBatch } from '../raw-insert.ts';

/** What is read once and used again. More is read again: its size has no bound. */
const mostHeldBytes = 64 * 2 ** 20;

/** The chosen documents of a collection, which are read several times: before writing, to write them, and to prove them. */
export class ChosenDocuments {
  readonly #source: RestoreSource;
  readonly #planned: PlannedCollection;
  readonly #heldBytes: number;
  #held: readonly DocumentBatch[] | undefined;

  constructor(source: RestoreSource, planned: PlannedCollection, heldBytes = mostHeldBytes) {
    this.#source = source;
    this.#planned = planned;
    this.#heldBytes = heldBytes;
  }

  async *batches(signal: AbortSignal): AsyncGenerator<DocumentBatch, void, void> {
    if (this.#held !== undefined) return yield* this.#held;
    let held: DocumentBatch[] | undefined = [];
    let bytes = 0;
    for await (const batch of readBatches(this.#source, this.#planned.source.info.uuid, signal)) {
      bytes += batch.bytes.length;
      if (bytes > this.#heldBytes) held = undefined;
      held?.push(batch);
      yield batch;
    }
    this.#held = held;
  }
}
