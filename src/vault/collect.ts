import { IndexCache } from '../blocks/index-cache.ts';
import { RunReader } from '../blocks/run-reader.ts';
import { unpackRefs } from './block-refs.ts';
import { breathe } from './breathe.ts';
import type { VaultMetadata } from './metadata-ports.ts';
import type { CollectResult } from './ports.ts';
import type { VaultStores } from './stores.ts';

/**
 * Frees the blocks of a group that nothing names. Roots: every run that is known (those that only views still read among them), the pieces of scans
 * that are not folded, and the blocks that an agent was told are there.
 */
export async function collectGroup(stores: VaultStores, groupId: string, signal: AbortSignal): Promise<CollectResult> {
  const { blocks, blockKey } = await stores.group(groupId);
  const options = { groupKey: blockKey, cache: new IndexCache() };
  return blocks.collect(async (markLive) => {
    // What is made from here on is pinned: the list of roots is that of this moment.
    const sets = stores.metadata.sets().filter((set) => set.groupId === groupId);
    const runs = sets.flatMap(({ replicaSetId }) => stores.metadata.runs(replicaSetId));
    for (const { replicaSetId } of sets) markScans(stores.metadata, replicaSetId, markLive);
    for (const run of runs) {
      signal.throwIfAborted();
      for await (const id of new RunReader(blocks, run, options).blockIds()) {
        markLive(id);
        await breathe();
      }
    }
  }, signal);
}

function markScans(metadata: VaultMetadata, replicaSetId: string, markLive: (id: Buffer) => void): void {
  for (const { scanId, state } of metadata.scans(replicaSetId)) {
    if (state === 'folded' || state === 'given up') continue;
    for (const id of metadata.promised(scanId)) markLive(id);
    for (const { info } of metadata.scanCollections(scanId)) {
      for (const { refs } of metadata.pieces(scanId, info.uuid)) for (const { id } of unpackRefs(refs)) markLive(id);
    }
  }
}
