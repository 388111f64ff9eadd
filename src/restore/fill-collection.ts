import { AppError } from '../runtime/errors.ts';
import { type CopySettings, copyDocuments } from './copy-collection.ts';
import { createCollection, dropCollection, type Refusal } from './create-collection.ts';
import type { CollectionDigest } from './digest.ts';
import type { ExactDocument } from './exact-bson.ts';
import { buildIndexes } from './indexes.ts';
import { narrowCap } from './narrow-cap.ts';
import type { PlannedCollection } from './plan.ts';

export interface FillSettings extends CopySettings {
  /** As createIndexes takes them. */
  readonly indexes: readonly ExactDocument[];
  /** Told when all documents are there. */
  readonly onFilled: () => void;
  /** Runs work that may take long, and says so meanwhile. */
  readonly whileBuilding: <T>(work: () => Promise<T>) => Promise<T>;
}

export interface FilledCollection {
  readonly digest: CollectionDigest;
  readonly refusals: readonly Refusal[];
}

/**
 * An index of an empty collection is made at once; of one document it is a build, with tables of its own for each index and a wait for
 * every phase. In small collections that is nearly all of a restore's work. Above this the bulk build is the quicker one.
 */
const indexedFirstBytes = 2 ** 20;

/** Writes the documents of a collection that was just created, and its indexes. */
export async function fillCollection(planned: PlannedCollection, settings: FillSettings): Promise<FilledCollection> {
  if (isIndexedFirst(planned, settings)) {
    const filled = await fillIndexed(planned, settings);
    if (filled !== undefined) return filled;
    await dropCollection(settings.target, planned.database, planned.name);
    await createCollection(settings.target, planned);
  }
  const digest = await copyDocuments(planned, settings);
  const narrowed = await narrowCap(settings.target, planned);
  settings.onFilled();
  const build = (): Promise<readonly Refusal[]> => buildIndexes(settings.target, planned, settings.indexes);
  return { digest, refusals: [...narrowed, ...(await settings.whileBuilding(build))] };
}

function isIndexedFirst({ natural, timeSeries, source }: PlannedCollection, { indexes }: FillSettings): boolean {
  return indexes.length > 0 && !natural && !timeSeries && source.contentBytes <= indexedFirstBytes;
}

/** Undefined when an index does not take a document: built afterwards it is the one that is refused. */
async function fillIndexed(planned: PlannedCollection, settings: FillSettings): Promise<FilledCollection | undefined> {
  const refusals = await buildIndexes(settings.target, planned, settings.indexes);
  let copied = { documents: 0, bytes: 0 };
  const onCopied: CopySettings['onCopied'] = (documents, bytes) => {
    copied = { documents: copied.documents + documents, bytes: copied.bytes + bytes };
    settings.onCopied(documents, bytes);
  };
  try {
    const digest = await copyDocuments(planned, { ...settings, onCopied });
    settings.onFilled();
    return { digest, refusals };
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.retryable || thrown.code !== 'TARGET_REFUSED') throw thrown;
    settings.onCopied(-copied.documents, -copied.bytes);
    return undefined;
  }
}
