import { AppError } from '../runtime/errors.ts';
import { sleep } from '../runtime/periodic.ts';
import { readBatches } from './batch-reader.ts';
import { createCollection, dropCollection } from './create-collection.ts';
import { type CollectionDigest, type DigestOrder, DigestWriter } from './digest.ts';
import { insertBatch } from './insert-batch.ts';
import type { PlannedCollection } from './plan.ts';
import type { RestoreSource } from './ports.ts';
import type { DocumentBatch } from './raw-insert.ts';
import type { Slots } from './slots.ts';
import type { Target } from './target.ts';
import { isPassing } from './target-error.ts';

export interface CopySettings {
  readonly source: RestoreSource;
  readonly target: Target;
  /** Inserts under way at once, of all collections together. */
  readonly slots: Slots;
  /** Documents that the target has acknowledged; negative when a collection is begun anew. */
  readonly onCopied: (documents: number, bytes: number) => void;
  /** Of a digest. */
  readonly stretchBytes?: number;
}

/** Writes all documents of a collection that was just created. Answers what they come to. */
export async function copyDocuments(planned: PlannedCollection, settings: CopySettings): Promise<CollectionDigest> {
  if (!planned.natural) return copyAtOnce(planned, settings);
  for (let tries = 1; ; tries++) {
    let copied = { documents: 0, bytes: 0 };
    const count: CopySettings['onCopied'] = (documents, bytes) => {
      copied = { documents: copied.documents + documents, bytes: copied.bytes + bytes };
      settings.onCopied(documents, bytes);
    };
    try {
      return await copyInOrder(planned, { ...settings, onCopied: count });
    } catch (thrown) {
      const { signal } = settings.target;
      const again = isPassing(thrown) || (tries > 1 && isDuplicate(thrown));
      if (tries === naturalTries || !again || signal.aborted) throw thrown;
      // How much of the last insert is there cannot be told by _ids, and order matters: from the beginning. What the cut connection had
      // sent may still be read by the server, and come after the drop: it has a moment, and else shows as a duplicate key.
      settings.onCopied(-copied.documents, -copied.bytes);
      if (!(await sleep(lateMs, signal))) signal.throwIfAborted();
      await dropCollection(settings.target, planned.database, planned.name);
      await createCollection(settings.target, planned);
    }
  }
}

const naturalTries = 12;
const lateMs = 500;

function isDuplicate(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.details['code'] === 11_000;
}

/** How the documents of a collection are compared. */
export function digestOrder({ natural, timeSeries, options, source }: PlannedCollection): DigestOrder {
  // Clustered ones have their documents in the order of `_id` and no index of that name.
  if (natural || timeSeries || options.has('clusteredIndex')) return 'natural';
  const hasIdIndex = source.info.indexes.some((index) => index.includes('_id_\0'));
  return options.has('collation') || !hasIdIndex ? 'any' : 'id';
}

async function copyAtOnce(planned: PlannedCollection, settings: CopySettings): Promise<CollectionDigest> {
  const { source, target, slots, onCopied } = settings;
  const digest = new DigestWriter(digestOrder(planned), settings.stretchBytes);
  const running = new Set<Promise<void>>();
  const failures: unknown[] = [];
  const insert = async (batch: DocumentBatch): Promise<void> => {
    try {
      await insertBatch(target, planned, batch);
      onCopied(batch.count, batch.bytes.length);
    } catch (thrown) {
      failures.push(thrown);
    } finally {
      slots.release();
    }
  };
  try {
    for await (const batch of readBatches(source, planned.source.info.uuid, target.signal)) {
      await slots.take();
      if (failures.length > 0) {
        slots.release();
        break;
      }
      const inserting = insert(batch);
      running.add(inserting);
      void inserting.then(() => running.delete(inserting));
      // While the insert is under way.
      digest.add(batch.bytes, batch.count);
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
  return digest.finish();
}

async function copyInOrder(planned: PlannedCollection, settings: CopySettings): Promise<CollectionDigest> {
  const { source, target, slots, onCopied } = settings;
  const digest = new DigestWriter('natural');
  for await (const batch of readBatches(source, planned.source.info.uuid, target.signal)) {
    digest.add(batch.bytes, batch.count);
    await slots.take();
    try {
      await insertBatch(target, planned, batch);
    } finally {
      slots.release();
    }
    onCopied(batch.count, batch.bytes.length);
  }
  return digest.finish();
}
