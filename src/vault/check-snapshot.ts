import { IndexCache } from '../blocks/index-cache.ts';
import { mergeDocuments } from '../blocks/merge-documents.ts';
import { AppError, toAppError } from '../runtime/errors.ts';
import { breathe } from './breathe.ts';
import type { CheckProgress, CollectionRuns, SnapshotCheck } from './ports.ts';
import { inputsOf, type RunAccess } from './run-access.ts';
import { sizeOf } from './snapshot-cost.ts';
import type { Views } from './views.ts';

/** Between two looks at whether others wait. */
const documentsAtOnce = 16;

/**
 * Reads a snapshot as a restore would, and keeps nothing: every block is checked against its hash and its place, each document is put
 * together from the runs. What is damaged in one collection does not end the others. @throws NOT_FOUND
 */
export async function checkSnapshot(
  views: Views,
  groupId: string,
  replicaSetId: string,
  snapshotId: string,
  tell: (now: CheckProgress) => void,
  signal: AbortSignal,
): Promise<SnapshotCheck> {
  const { viewId } = await views.open(groupId, replicaSetId, { snapshotId });
  try {
    const { collections, access } = views.inside(viewId);
    // Index blocks that were read before are read again, and every block is proved.
    const fresh = { ...access, cache: new IndexCache(), trustsEnvelopes: false };
    const found = { documents: 0, bytes: 0 };
    const allBytes = [...collections.values()].reduce((sum, { runs }) => sum + sizeOf(runs).contentBytes, 0);
    let namespace = '';
    const keep = (): void => {
      signal.throwIfAborted();
      views.inside(viewId);
      tell({ ...found, allBytes, namespace });
    };
    const damage: { namespace: string; why: string }[] = [];
    for (const collection of collections.values()) {
      namespace = `${collection.info.database}.${collection.info.name}`;
      try {
        await checkCollection(collection, fresh, found, keep);
      } catch (thrown) {
        signal.throwIfAborted();
        const { code, message } = toAppError(thrown);
        if (code !== 'STORE_CORRUPT' && code !== 'FORMAT_INVALID') throw thrown;
        damage.push({ namespace, why: message });
      }
    }
    return { collections: collections.size, ...found, damage };
  } finally {
    views.close(viewId);
  }
}

async function checkCollection(
  { runs }: CollectionRuns,
  access: RunAccess,
  found: { documents: number; bytes: number },
  keep: () => void,
): Promise<void> {
  let before: Buffer | undefined;
  let count = 0;
  for await (const { key, document } of mergeDocuments(inputsOf(runs, access), access)) {
    if (before !== undefined && Buffer.compare(before, key) >= 0) {
      throw new AppError('STORE_CORRUPT', `after ${count} documents the keys do not increase`);
    }
    before = Buffer.from(key);
    count++;
    found.documents++;
    found.bytes += document?.length ?? 0;
    if (count % documentsAtOnce !== 0) continue;
    keep();
    await breathe();
  }
}
